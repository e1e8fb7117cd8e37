"""The steps that every act of an operator is made of: lock, change, tell colleagues, end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from conversations.events import Events
from conversations.models import Author, Conversation, Turn
from conversations.service import Outbox, Outgoing, lock, record, rendered
from handoff.errors import HandoffUnknown, NotWaiting, NotYours
from handoff.models import CloseReason, Handoff, HandoffState
from handoff.working_time.clocks import Clocks
from replies import Button, Reply
from storage.database import Database, Transaction

# After the operators' last word what the assistant is not sure of goes back to the same one.
RETURNS_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts: the person's id, and the name that customers see."""

    id: int
    name: str


class Steps:
    def __init__(self, database: Database, outbox: Outbox, events: Events, clocks: Clocks) -> None:
        self.database = database
        self.outbox = outbox
        self.events = events
        self.clocks = clocks

    async def lock(self, tx: Transaction, handoff_id: int) -> Conversation:
        """The stay's conversation, locked. Raises HandoffUnknown."""
        conversation_id = await tx.session.scalar(
            select(Handoff.conversation_id).where(Handoff.id == handoff_id)
        )
        if conversation_id is None:
            raise HandoffUnknown(handoff_id)
        return (await lock(tx, [conversation_id]))[conversation_id]

    async def change(
        self, tx: Transaction, handoff_id: int, who: Operator, **values: Any
    ) -> Handoff:
        """Change a stay that this operator has. Raises NotYours, NotWaiting."""
        changed = await tx.session.execute(
            update(Handoff)
            .where(
                Handoff.id == handoff_id,
                Handoff.state == HandoffState.TAKEN,
                Handoff.operator_id == who.id,
            )
            .values(**values)
            .returning(Handoff)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        stay = changed.scalar_one_or_none()
        if stay is not None:
            return stay
        await must_have(tx, handoff_id, who)
        raise NotWaiting

    async def tell_colleagues(
        self, tx: Transaction, conversation: Conversation, who: Operator, note: str
    ) -> None:
        """A line in the conversation that only staff see; ``{name}`` is who acts."""
        await record(tx, self.events, conversation, note.format(name=who.name), staff_id=who.id)

    async def tell_customer(
        self, tx: Transaction, conversation: Conversation, text: str, *buttons: Button
    ) -> None:
        """One line from the assistant, unless there is nobody to read it."""
        if conversation.unreachable is not None:
            return
        reply = Reply(text, buttons)
        parts = rendered(reply, conversation)
        outgoing = Outgoing(conversation.id, Author.ASSISTANT, text, parts, reply.to_json())
        await self.outbox.queue(tx, [outgoing], locked={conversation.id: conversation})

    def emit(
        self, tx: Transaction, kind: str, conversation: Conversation, handoff_id: int, who: Operator
    ) -> None:
        self.events.emit(
            tx, kind, conversation_id=conversation.id, handoff=handoff_id, operator=who.id
        )

    async def end_stay(
        self, tx: Transaction, conversation: Conversation, stay: Handoff, reason: CloseReason
    ) -> None:
        """Close ``stay`` of the locked conversation; the assistant has the turn again."""
        stay.state = HandoffState.CLOSED
        stay.closed_at = tx.now
        stay.close_reason = reason
        stay.snoozed_at = stay.wake_at = stay.promised_at = None
        await self.clocks.end(tx, stay, reason)
        conversation.turn = Turn.ASSISTANT
        served = reason in (CloseReason.OPERATOR, CloseReason.IDLE) and stay.operator_id is not None
        until = (tx.now + RETURNS_WITHIN).isoformat() if served else ""
        conversation.state = {**conversation.state, "operator_until": until, "lent": ""}
        kind = "handoff.returned" if reason is CloseReason.RETURNED else "handoff.closed"
        self.events.emit(tx, kind, conversation_id=conversation.id, handoff=stay.id, reason=reason)


async def open_stay(tx: Transaction, conversation_id: int) -> Handoff | None:
    """The conversation's open stay with the operators, fresh from the database."""
    rows = await tx.session.execute(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.state != HandoffState.CLOSED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.scalar_one_or_none()


async def stay_of_job(
    tx: Transaction, payload: Mapping[str, Any]
) -> tuple[Conversation, Handoff] | None:
    """The stay that due work is about, ``{"handoff": id}``, with its conversation locked; None when
    it is closed, or another one is open since."""
    conversation_id = await tx.session.scalar(
        select(Handoff.conversation_id).where(Handoff.id == payload["handoff"])
    )
    if conversation_id is None:
        return None
    conversation = (await lock(tx, [conversation_id]))[conversation_id]
    stay = await open_stay(tx, conversation_id)
    return (conversation, stay) if stay is not None and stay.id == payload["handoff"] else None


async def must_have(tx: Transaction, handoff_id: int, who: Operator) -> None:
    """Raises NotWaiting for a closed stay and NotYours for one that this operator has not."""
    found = await tx.session.execute(
        select(Handoff.state, Handoff.operator_id).where(Handoff.id == handoff_id)
    )
    state, holder = found.one()
    if state == HandoffState.CLOSED:
        raise NotWaiting
    if holder != who.id:
        raise NotYours(holder)
