"""An operator lends his conversation to the assistant for one thing: to ask who the customer is,
to take a reading, to show a bill. The conversation stays his, his clocks run on.
"""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Author, Conversation, Message, MessageKind, Turn
from conversations.service import hand_in, record
from handoff.errors import CustomerGone, NotInThisChannel
from handoff.steps import Operator, Steps
from staff import audit
from storage.database import Transaction


class Lent(StrEnum):
    IDENTITY = "identity"
    READING = "reading"
    BILL = "bill"
    PAYMENT = "payment"
    NOTHING = "nothing"  # the assistant stops


NOTES = {
    Lent.IDENTITY: "{name}: бот подтверждает личность клиента",
    Lent.READING: "{name}: бот принимает показания",
    Lent.BILL: "{name}: бот показывает квитанцию",
    Lent.PAYMENT: "{name}: бот готовит QR-код для оплаты",
    Lent.NOTHING: "{name}: бот остановлен",
}
DONE = {
    Lent.IDENTITY: "Личность клиента подтверждена ботом",
    Lent.READING: "Бот закончил с показаниями",
    Lent.BILL: "Бот показал квитанцию",
    Lent.PAYMENT: "Бот подготовил оплату",
}
NOT_DONE = {
    Lent.IDENTITY: "Бот не смог подтвердить личность",
    Lent.READING: "Бот не принял показания",
    Lent.BILL: "Бот не показал квитанцию",
    Lent.PAYMENT: "Бот не подготовил оплату",
}


class Lending:
    def __init__(self, steps: Steps, public_only: Collection[str]) -> None:
        """``public_only``: channels that may not carry what is about an account."""
        self._steps = steps
        self._public_only = frozenset(public_only)

    async def lend(self, handoff_id: int, who: Operator, what: Lent) -> None:
        """The assistant takes it up in its turn, after what the customer wrote before. What is
        under way already is not begun again.

        Raises HandoffUnknown, NotYours, NotWaiting, CustomerGone, NotInThisChannel.
        """
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            await self._steps.change(tx, handoff_id, who, operator_id=who.id)
            if conversation.unreachable is not None:
                raise CustomerGone(conversation.unreachable)
            if conversation.channel in self._public_only:
                raise NotInThisChannel
            running = current(conversation) or Lent.NOTHING
            if running is what or await _pressed(tx.session, conversation.id):
                return
            message = Message(
                author=Author.SYSTEM,
                staff_id=who.id,
                kind=MessageKind.LENT,
                text=NOTES[what].format(name=who.name),
                data={"what": what, "name": who.name},
            )
            await hand_in(tx, self._steps.events, conversation, message)
            audit.record(
                tx, who.id, f"handoff.lent_{what}", object_kind="handoff", object_id=handoff_id
            )
            self._steps.emit(tx, "handoff.lent", conversation, handoff_id, who)

    async def ended(
        self, tx: Transaction, conversation: Conversation, what: Lent, *, done: bool
    ) -> None:
        """The assistant is through with it, or the customer wanted something else."""
        note = (DONE if done else NOT_DONE)[what]
        await record(tx, self._steps.events, conversation, note)
        self._steps.events.emit(tx, "handoff.lent", conversation_id=conversation.id)


async def under_way(session: AsyncSession, conversation: Conversation) -> Lent | None:
    """As ``current``, with what was pressed just now and is not begun yet."""
    pressed = await session.scalar(
        select(Message.data).where(
            Message.conversation_id == conversation.id,
            Message.kind == MessageKind.LENT,
            Message.handled_at.is_(None),
        )
    )
    if pressed is None:
        return current(conversation)
    what = Lent(pressed["what"])
    return None if what is Lent.NOTHING else what


def current(conversation: Conversation) -> Lent | None:
    """What the assistant does in an operator's conversation at the moment."""
    if conversation.turn != Turn.OPERATOR:
        return None
    what = str(conversation.state.get("lent") or "")
    return Lent(what) if what in DONE else None


async def _pressed(session: AsyncSession, conversation_id: int) -> bool:
    """Whether the assistant has not come to the last press yet: a double one asks nothing new."""
    found = await session.scalar(
        select(
            exists().where(
                Message.conversation_id == conversation_id,
                Message.kind == MessageKind.LENT,
                Message.handled_at.is_(None),
            )
        )
    )
    return bool(found)
