"""What the customer thinks of the operators' help: asked once a stay, 1 to 5 [5]."""

from sqlalchemy import ColumnElement, insert, select, update

from conversations.models import Conversation
from handoff.models import Handoff, Rating
from handoff.steps import Operator, Steps
from replies import Button
from storage.database import Transaction

QUESTION = "Оцените, пожалуйста, помощь оператора: 1 — плохо, 5 — отлично."
ACTION = "rate"
LONGEST_COMMENT = 1_000


def action(handoff_id: int, score: int) -> str:
    """What the button carries; read by the dialogs."""
    return f"{ACTION}:{handoff_id}:{score}"


class Ratings:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def ask(self, handoff_id: int, who: Operator) -> bool:
        """Ask for a rating; False when it was asked before."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await tx.session.get(Handoff, handoff_id)
            assert stay is not None  # noqa: S101 (it was just locked)
            asked = await self.ask_in(tx, conversation, stay)
            if asked:
                note = "{name}: попросили оценку"
                await self._steps.tell_colleagues(tx, conversation, who, note)
        return asked

    async def ask_in(self, tx: Transaction, conversation: Conversation, stay: Handoff) -> bool:
        """The same inside the transaction of another act."""
        known = await tx.session.scalar(
            select(Rating.handoff_id).where(Rating.handoff_id == stay.id)
        )
        if known is not None or conversation.unreachable is not None:
            return False
        await tx.session.execute(
            insert(Rating).values(
                handoff_id=stay.id, operator_id=stay.operator_id, asked_at=tx.now, comment=""
            )
        )
        buttons = [Button(str(score), action(stay.id, score)) for score in range(1, 6)]
        await self._steps.tell_customer(tx, conversation, QUESTION, *buttons)
        # Also for who types «5 из 5»: the buttons on the screen, as the dialogs keep them.
        on_screen = [[button.label, button.action] for button in buttons]
        conversation.state = {**conversation.state, "buttons": on_screen}
        return True

    async def rate(
        self, tx: Transaction, conversation: Conversation, handoff_id: int, score: int
    ) -> None:
        """The customer pressed a number; the last press counts. A foreign stay changes nothing."""
        rated = await tx.session.execute(
            update(Rating)
            .where(Rating.handoff_id == handoff_id, self._is_of(conversation))
            .values(score=score, rated_at=tx.now)
            .returning(Rating.handoff_id)
            .execution_options(synchronize_session=False)
        )
        if rated.scalar_one_or_none() is not None:
            self._emit(tx, conversation, handoff_id)

    async def comment(
        self, tx: Transaction, conversation: Conversation, handoff_id: int, text: str
    ) -> None:
        await tx.session.execute(
            update(Rating)
            .where(Rating.handoff_id == handoff_id, self._is_of(conversation))
            .values(comment=text[:LONGEST_COMMENT])
            .execution_options(synchronize_session=False)
        )
        self._emit(tx, conversation, handoff_id)

    def _is_of(self, conversation: Conversation) -> ColumnElement[bool]:
        return Rating.handoff_id.in_(
            select(Handoff.id).where(Handoff.conversation_id == conversation.id)
        )

    def _emit(self, tx: Transaction, conversation: Conversation, handoff_id: int) -> None:
        self._steps.events.emit(
            tx, "handoff.rated", conversation_id=conversation.id, handoff=handoff_id
        )
