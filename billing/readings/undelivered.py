"""Readings that have not reached the company's billing system, and what an employee does then.

He sends one again when the cause is gone, or closes it when he has settled it otherwise (entered
it by hand, agreed with the customer). What happened is kept step by step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from billing.errors import DeliverySettled, ReasonMissing
from billing.models import Reading, ReadingStatus
from billing.readings.delivery_models import (
    DeliveryOfReading,
    ReadingDelivery,
    ReadingDeliveryStep,
    StepKind,
)
from conversations.events import Events
from staff import audit
from staff.models import Person
from storage.database import Database, Transaction

EVENT = "reading.settled"
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class DeliveryStep:
    """``by``: the employee who acted, "" for billing itself; ``note``: why, as it was said."""

    kind: StepKind
    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Where the way of a reading ended for now. ``next_at``: the next try, None once billing has
    refused it; ``reason`` in billing's words."""

    reason: str
    attempts: int
    next_at: datetime | None
    steps: tuple[DeliveryStep, ...]


def undelivered() -> ColumnElement[bool]:
    """Of Reading joined with ReadingDelivery: refused, or late. Late only once it has been tried
    in vain: what is on its way needs nobody; and only what is still in force."""
    return and_(
        Reading.status == ReadingStatus.ACCEPTED,
        or_(
            ReadingDelivery.state == DeliveryOfReading.REFUSED,
            and_(ReadingDelivery.state == DeliveryOfReading.WAITING, ReadingDelivery.attempts > 0),
        ),
    )


async def troubles(session: AsyncSession, reading_ids: Sequence[int]) -> dict[int, Trouble]:
    """Of the readings that are on their way or were refused."""
    rows = await session.execute(
        select(ReadingDeliveryStep, Person.display_name)
        .outerjoin(Person, Person.id == ReadingDeliveryStep.staff_id)
        .where(ReadingDeliveryStep.reading_id.in_(reading_ids))
        .order_by(ReadingDeliveryStep.id)
    )
    steps: dict[int, list[DeliveryStep]] = {}
    for step, name in rows:
        kept = DeliveryStep(StepKind(step.kind), step.at, name or "", step.note)
        steps.setdefault(step.reading_id, []).append(kept)
    deliveries = await session.scalars(
        select(ReadingDelivery).where(ReadingDelivery.reading_id.in_(reading_ids))
    )
    return {
        row.reading_id: Trouble(
            reason=row.reason or "",
            attempts=row.attempts,
            next_at=row.next_at if row.state == DeliveryOfReading.WAITING else None,
            steps=tuple(steps.get(row.reading_id, ())),
        )
        for row in deliveries
    }


class Settling:
    """Each is one transaction: the way of the reading, its step, the audit entry, the event."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    async def retry(self, reading_id: int, by: int) -> str:
        """Send it at once. What came of it, for the page; raises DeliverySettled."""
        async with self._database.write() as tx:
            again = {
                "state": DeliveryOfReading.WAITING, "next_at": tx.now, "attempts": 0,
                "reason": None, "finished_at": None,
            }  # fmt: skip
            await self._settle(tx, reading_id, by, StepKind.RETRIED, "", again)
        return "Отправляем ещё раз."

    async def close(self, reading_id: int, by: int, reason: str) -> str:
        """Not sent any more. As ``retry``; raises ReasonMissing too."""
        note = " ".join(reason.split())[:LONGEST_REASON]
        if not note:
            raise ReasonMissing
        async with self._database.write() as tx:
            closed = {"state": DeliveryOfReading.DROPPED, "finished_at": tx.now}
            await self._settle(tx, reading_id, by, StepKind.CLOSED, note, closed)
        return "Закрыто: в биллинг отправлять не будем."

    async def _settle(
        self,
        tx: Transaction,
        reading_id: int,
        by: int,
        kind: StepKind,
        note: str,
        values: dict[str, object],
    ) -> None:
        settled = await tx.session.execute(
            update(ReadingDelivery)
            .where(
                ReadingDelivery.reading_id == reading_id,
                ReadingDelivery.reading_id == Reading.id,
                undelivered(),
            )
            .values(**values)
            .returning(ReadingDelivery.reading_id)
            .execution_options(synchronize_session=False)
        )
        if settled.one_or_none() is None:
            raise DeliverySettled(reading_id)
        tx.session.add(
            ReadingDeliveryStep(reading_id=reading_id, kind=kind, at=tx.now, staff_id=by, note=note)
        )
        await tx.session.flush()
        audit.record(
            tx, by, "reading.retry" if kind is StepKind.RETRIED else "reading.close",
            object_kind="reading", object_id=reading_id,
        )  # fmt: skip
        conversation_id = await tx.session.scalar(
            select(Reading.conversation_id).where(Reading.id == reading_id)
        )
        self._events.emit(tx, EVENT, conversation_id=conversation_id, reading=reading_id)
