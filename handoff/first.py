"""An operator writes first into a conversation that is closed: an answer found later, a call that
did not come about. It is a new stay with the operators, his own from the beginning.
"""

from datetime import datetime

from sqlalchemy import func, select

from conversations.models import Author, Conversation, Message, Turn
from handoff.desk import OperatorDesk
from handoff.errors import CustomerGone, NotYours, StillOpen, WindowOver
from handoff.inbox.names import folded
from handoff.models import Handoff, HandoffState, OperatorLine
from handoff.steps import Operator, Steps, open_stay
from replies.channels import CAPABILITIES
from staff import audit
from storage.database import Transaction

# Why the stay began; no customer asked for it.
REASON = "first"


class First:
    def __init__(self, steps: Steps, desk: OperatorDesk) -> None:
        self._steps = steps
        self._desk = desk

    async def write(self, handoff_id: int, who: Operator, text: str, *, client_key: str) -> int:
        """Send ``text`` and begin a stay for the answers to it; its id. No answer was owed, so no
        clock has anything to count. The same ``client_key`` again gives the same stay.

        Raises HandoffUnknown, StillOpen (there is an open stay of his), NotYours (of somebody
        else's, or one that waits), CustomerGone, WindowOver (the platform takes nothing so long
        after the customer's last message), and what ``OperatorDesk.answer`` raises of the text.
        """
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            written = await tx.session.scalar(
                select(OperatorLine.handoff_id).where(OperatorLine.client_key == client_key)
            )
            if written is not None:
                return written
            found = await open_stay(tx, conversation.id)
            if found is not None and found.operator_id == who.id:
                raise StillOpen
            if found is not None:
                raise NotYours(found.operator_id)
            if conversation.unreachable is not None:
                raise CustomerGone(conversation.unreachable)
            await _check_window(tx, conversation)
            before = await tx.session.get_one(Handoff, handoff_id)
            stay = Handoff(
                conversation_id=conversation.id,
                group_id=before.group_id,
                reason=REASON,
                summary={},
                state=HandoffState.TAKEN,
                operator_id=who.id,
                taken_at=tx.now,
                name_folded=before.name_folded or folded(conversation.display_name),
                requested_at=tx.now,
                first_due_at=tx.now,
            )
            tx.session.add(stay)
            await tx.session.flush()
            conversation.turn = Turn.OPERATOR
            await self._desk.answer_in(tx, conversation, stay.id, who, text, client_key)
            audit.record(
                tx, who.id, "handoff.written_first", object_kind="handoff", object_id=stay.id
            )
            self._steps.emit(tx, "handoff.taken", conversation, stay.id, who)
            return stay.id


async def _check_window(tx: Transaction, conversation: Conversation) -> None:
    session = CAPABILITIES[conversation.channel].session
    if session is None:
        return
    last: datetime | None = await tx.session.scalar(
        select(func.max(Message.created_at)).where(
            Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER
        )
    )
    if last is None or last + session <= tx.now:
        raise WindowOver(session)
