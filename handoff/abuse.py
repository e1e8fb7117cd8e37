"""Swearing and threats: first a warning, then, for a time, no operator [11].

The assistant answers as before, and danger to life reaches a human in any case.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Conversation
from conversations.service import lock
from handoff.errors import NotWarned
from handoff.models import CloseReason, ContactStop
from handoff.steps import Operator, Steps
from handoff.working_time.calendar import WorkingHours
from staff import audit
from storage.database import Transaction

STOP_FOR = timedelta(hours=24)
# A warning of long ago is none.
WARNING_HOLDS = timedelta(days=30)

WARNING = (
    "Мы хотим помочь, но не можем вести разговор с оскорблениями. "
    "Пожалуйста, напишите о вопросе спокойно, иначе оператор прекратит разговор."
)
STOPPED = (
    "Оператор прекратил разговор из-за оскорблений. Связаться с оператором снова можно будет "
    "{until}. На вопросы, как и раньше, отвечает бот; при опасности для жизни звоните 112."
)
WARNED_NOTE = "{name}: предупреждение за оскорбления"
STOPPED_NOTE = "{name}: разговор прекращён за оскорбления"
LIFTED_NOTE = "{name}: ограничение снято"


@dataclass(frozen=True, slots=True)
class Standing:
    """``warned``: a warning that still holds; ``stopped_until``: while no operator answers."""

    warned: bool = False
    stopped_until: datetime | None = None


async def standing(session: AsyncSession, contact_id: int, now: datetime) -> Standing:
    row = await _last(session, contact_id)
    if row is None or row.lifted_at is not None or row.warned_at < now - WARNING_HOLDS:
        return Standing()
    stopped = row.stopped_until is not None and row.stopped_until > now
    return Standing(warned=True, stopped_until=row.stopped_until if stopped else None)


class Abuse:
    """Each method is one transaction. All raise HandoffUnknown."""

    def __init__(self, steps: Steps, hours: WorkingHours) -> None:
        self._steps = steps
        self._hours = hours

    def _stopped_text(self, until: datetime, now: datetime) -> str:
        return STOPPED.format(until=self._hours.clock_time(until, now).replace("до", "после", 1))

    async def warn(self, handoff_id: int, who: Operator) -> None:
        """Raises NotYours, NotWaiting."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            await self._steps.change(tx, handoff_id, who, last_operator_at=tx.now)
            tx.session.add(
                ContactStop(
                    contact_id=conversation.contact_id,
                    handoff_id=handoff_id,
                    warned_at=tx.now,
                    warned_by=who.id,
                )
            )
            await self._steps.tell_customer(tx, conversation, WARNING)
            await self._done(tx, conversation, handoff_id, who, WARNED_NOTE, "abuse.warned")

    async def stop(self, handoff_id: int, who: Operator) -> None:
        """End the conversation and take no new one for a day. Raises NotYours, NotWaiting,
        NotWarned."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, last_operator_at=tx.now)
            now_stands = await standing(tx.session, conversation.contact_id, tx.now)
            row = await _last(tx.session, conversation.contact_id)
            if row is None or not now_stands.warned:
                raise NotWarned
            row.stopped_until = tx.now + STOP_FOR
            row.stopped_by = who.id
            text = self._stopped_text(row.stopped_until, tx.now)
            await _tell_assistant(
                tx, conversation.contact_id, [row.stopped_until.isoformat(), text]
            )
            await self._steps.end_stay(tx, conversation, stay, CloseReason.STOPPED)
            await self._steps.tell_customer(tx, conversation, text)
            await self._done(tx, conversation, handoff_id, who, STOPPED_NOTE, "abuse.stopped")

    async def lift(self, handoff_id: int, who: Operator) -> None:
        """The supervisor's word: the customer may ask for an operator again."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            row = await _last(tx.session, conversation.contact_id)
            if row is None or row.lifted_at is not None:
                return
            await _tell_assistant(tx, conversation.contact_id, [])
            row.lifted_at = tx.now
            row.lifted_by = who.id
            await self._done(tx, conversation, handoff_id, who, LIFTED_NOTE, "abuse.lifted")

    async def _done(
        self,
        tx: Transaction,
        conversation: Conversation,
        handoff_id: int,
        who: Operator,
        note: str,
        action: str,
    ) -> None:
        await self._steps.tell_colleagues(tx, conversation, who, note)
        audit.record(tx, who.id, action, object_kind="contact", object_id=conversation.contact_id)
        self._steps.emit(tx, "handoff.abuse", conversation, handoff_id, who)


async def _tell_assistant(tx: Transaction, contact_id: int, stopped: list[str]) -> None:
    """In every conversation of the contact the dialog knows until when, and what to say."""
    ids = await tx.session.execute(
        select(Conversation.id).where(Conversation.contact_id == contact_id)
    )
    for conversation in (await lock(tx, ids.scalars())).values():
        conversation.state = {**conversation.state, "stopped": stopped}


async def _last(session: AsyncSession, contact_id: int) -> ContactStop | None:
    rows = await session.execute(
        select(ContactStop)
        .where(ContactStop.contact_id == contact_id)
        .order_by(ContactStop.id.desc())
        .limit(1)
    )
    return rows.scalar_one_or_none()
