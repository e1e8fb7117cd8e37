"""Readings handed over to the company's billing system: after the time of undoing, with retries.

They are stored here first, so an outage of billing loses none and delays only this.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from billing.errors import GatewayDown
from billing.gateway import (
    BillingGateway,
    DeliveredReading,
    OutgoingReading,
    ReadingVerdict,
)
from billing.models import Account, Meter, Reading, ReadingStatus
from billing.queries import reading_number, values_of
from billing.readings.delivery_models import (
    DeliveryOfReading,
    ReadingDelivery,
    ReadingDeliveryStep,
    StepKind,
)
from billing.views import UNDO_WINDOW
from storage import leases
from storage.database import Database, Transaction

log = structlog.get_logger(__name__)

DELIVERED = Counter("okno_readings_delivered_total", "Readings handed to billing", ["outcome"])
for _outcome in DeliveryOfReading:
    # From zero on: an increase is seen only of what was told before.
    DELIVERED.labels(_outcome.value)

LEASE = "readings"
BATCH = 100
PERIOD_SECONDS = 5.0
LONGEST_PAUSE = timedelta(minutes=15)
# Numbers of readings may be committed out of order: so far back we look for late ones.
OVERLAP = 1_000


class ReadingCourier:
    """Runs where jobs run; the lease keeps it single."""

    def __init__(self, database: Database, gateway: BillingGateway, *, holder: str) -> None:
        self._database = database
        self._gateway = gateway
        self._holder = holder

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if await leases.acquire(self._database, LEASE, self._holder) is not None:
                    while await self.deliver_due() == BATCH:
                        pass
            except Exception:
                log.exception("billing.courier_failed")
            try:
                async with asyncio.timeout(PERIOD_SECONDS):
                    await stop.wait()
            except TimeoutError:
                pass
        await leases.release(self._database, LEASE, self._holder)

    async def deliver_due(self) -> int:
        """Hand over one batch; how many were due."""
        async with self._database.write() as tx:
            await _enqueue(tx)
            await _drop(tx)
        due = await self._due()
        if not due:
            return 0
        try:
            # Billing may answer late or not at all: no transaction is open meanwhile.
            results = await self._gateway.deliver([one for _, one in due])
        except GatewayDown as error:
            async with self._database.write() as tx:
                await _postpone(tx, [reading_id for reading_id, _ in due], str(error))
            return 0
        async with self._database.write() as tx:
            await _mark(tx, due, results)
        return len(due)

    async def _due(self) -> list[tuple[int, OutgoingReading]]:
        now = self._database.clock.now()
        async with self._database.read() as session:
            rows = await session.execute(
                select(Reading, Meter.number, Account.number)
                .join(ReadingDelivery, ReadingDelivery.reading_id == Reading.id)
                .join(Meter, Meter.id == Reading.meter_id)
                .join(Account, Account.id == Meter.account_id)
                .where(
                    ReadingDelivery.state == DeliveryOfReading.WAITING,
                    ReadingDelivery.next_at <= now,
                    Reading.status == ReadingStatus.ACCEPTED,
                    Reading.received_at <= now - UNDO_WINDOW,
                )
                .order_by(Reading.id)
                .limit(BATCH)
            )
            return [(row[0].id, _outgoing(row[0], row[1], row[2])) for row in rows]


async def _enqueue(tx: Transaction) -> None:
    """Readings that came in through us and are not on their way yet."""
    last = await tx.session.scalar(select(func.max(ReadingDelivery.reading_id))) or 0
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    at_once = literal(tx.now, ReadingDelivery.next_at.type)
    fresh = select(Reading.id, literal(DeliveryOfReading.WAITING), at_once, literal(0)).where(
        Reading.id > last - OVERLAP,
        # A customer's own, or one that an employee has corrected; not what billing told us.
        or_(Reading.source_message_id.is_not(None), Reading.decided_by.is_not(None)),
        Reading.status.in_((ReadingStatus.ACCEPTED, ReadingStatus.REVIEW)),
    )  # fmt: skip
    await tx.session.execute(
        insert(ReadingDelivery)
        .from_select(["reading_id", "state", "next_at", "attempts"], fresh)
        .on_conflict_do_nothing(index_elements=["reading_id"])
    )


async def _drop(tx: Transaction) -> None:
    """What was taken back or refused here never goes; its successor does."""
    gone = select(Reading.id).where(
        Reading.status.in_((ReadingStatus.UNDONE, ReadingStatus.REPLACED, ReadingStatus.REFUSED))
    )
    await tx.session.execute(
        update(ReadingDelivery)
        .where(
            ReadingDelivery.state == DeliveryOfReading.WAITING,
            ReadingDelivery.reading_id.in_(gone),
        )
        .values(state=DeliveryOfReading.DROPPED, finished_at=tx.now)
    )


async def _postpone(tx: Transaction, ids: Sequence[int], reason: str) -> None:
    rows = await tx.session.scalars(
        select(ReadingDelivery).where(ReadingDelivery.reading_id.in_(ids))
    )
    for row in rows:
        if row.attempts == 0:
            _note(tx, row.reading_id, StepKind.NO_ANSWER, reason)
        row.next_at = tx.now + min(timedelta(seconds=5) * 2 ** min(row.attempts, 10), LONGEST_PAUSE)
        row.attempts += 1
        row.reason = reason


async def _mark(
    tx: Transaction,
    due: Sequence[tuple[int, OutgoingReading]],
    results: Sequence[DeliveredReading],
) -> None:
    """A reading that billing's answer does not name is tried again."""
    by_number = {one.number: one for one in results}
    silent = [reading_id for reading_id, one in due if one.number not in by_number]
    await _postpone(tx, silent, "billing's answer does not name it")
    for reading_id, one in due:
        result = by_number.get(one.number)
        if result is None:
            continue
        accepted = result.verdict is ReadingVerdict.ACCEPTED
        state = DeliveryOfReading.DELIVERED if accepted else DeliveryOfReading.REFUSED
        await tx.session.execute(
            update(ReadingDelivery)
            .where(ReadingDelivery.reading_id == reading_id)
            .values(state=state, reason=result.reason[:500] or None, finished_at=tx.now)
        )
        if not accepted:
            _note(tx, reading_id, StepKind.REFUSED, result.reason[:500])
        tx.after_commit(("delivered", reading_id), DELIVERED.labels(state.value).inc)


def _note(tx: Transaction, reading_id: int, kind: StepKind, note: str) -> None:
    tx.session.add(ReadingDeliveryStep(reading_id=reading_id, kind=kind, at=tx.now, note=note))


def _outgoing(reading: Reading, meter: str, account: str) -> OutgoingReading:
    return OutgoingReading(
        number=reading_number(reading.id),
        account=account,
        meter=meter,
        values=values_of(reading.t1, reading.t2, reading.t3),
        taken_on=reading.taken_on,
        period=reading.period,
        received_at=reading.received_at,
        channel=reading.channel,
    )
