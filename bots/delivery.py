"""Delivery: send what is queued, in order per chat, within the platform's limits.

One sender per bot account holds a lease; each row is marked ``sending`` and committed before
the call, so that after a death everybody knows which outcomes are unknown.

An unknown outcome is repeated on every platform: a customer left without an answer is worse
off than one who reads it twice. Where the platform has an idempotency key the repeat is free;
elsewhere it is counted in ``okno_delivery_unknown_total``.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import structlog
from prometheus_client import Counter
from sqlalchemy import Table, and_, bindparam, exists, select, update
from sqlalchemy.orm import aliased

from bots.outcome import (
    AccountBroken,
    Outcome,
    Parcel,
    Rejected,
    Sender,
    Sent,
    SlowDown,
    TryAgain,
    Unknown,
)
from conversations.events import Events
from conversations.models import Conversation, Delivery, DeliveryState
from conversations.service import OUTBOX_SIGNAL, mark_unreachable
from storage import leases
from storage.batching import Batcher
from storage.database import Database, Transaction
from storage.errors import LeaseLost
from storage.signals import Signals

log = structlog.get_logger(__name__)

DELIVERED = Counter("okno_delivery_total", "Finished deliveries", ["channel", "outcome"])
UNKNOWN = Counter("okno_delivery_unknown_total", "Repeated after an unknown outcome", ["channel"])

AT_ONCE = 50
MAX_ATTEMPTS = 8
LONGEST_PAUSE = timedelta(minutes=5)
BROKEN_PAUSE = timedelta(seconds=30)
RENEW_SECONDS = 3.0
SWEEP_SECONDS = 1.0
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Done:
    parcel: Parcel
    outcome: Outcome


class DeliveryLoop:
    """Sends one bot account's queue until told to stop."""

    def __init__(
        self,
        database: Database,
        events: Events,
        signals: Signals,
        sender: Sender,
        *,
        account_id: int,
        holder: str,
    ) -> None:
        self._database = database
        self._events = events
        self._sender = sender
        self._account_id = account_id
        self._holder = holder
        self._lease = f"sender:{account_id}"
        self._signals = signals
        self._waiter = signals.subscribe(OUTBOX_SIGNAL)
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._marks: Batcher[_Done, None] = Batcher(database, self._mark)

    async def run(self, stop: asyncio.Event) -> None:
        epoch: int | None = None
        renew_at = 0.0
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            try:
                if loop.time() >= renew_at:
                    held = await leases.acquire(self._database, self._lease, self._holder)
                    if held is not None and held != epoch:
                        await self._recover()
                    epoch = held
                    renew_at = loop.time() + RENEW_SECONDS
                if epoch is not None and await self._send_due(epoch):
                    continue
            except LeaseLost:
                epoch, renew_at = None, loop.time() + RENEW_SECONDS
                log.warning("bots.lease_lost", account=self._account_id)
            except Exception:
                log.exception("bots.delivery_failed", account=self._account_id)
                await asyncio.sleep(SWEEP_SECONDS)
            await self._waiter.wait(SWEEP_SECONDS)
        if self._in_flight:
            await asyncio.wait(self._in_flight.values(), timeout=STOP_SECONDS)
        await self._marks.close()
        await leases.release(self._database, self._lease, self._holder)
        self._signals.unsubscribe(OUTBOX_SIGNAL, self._waiter)

    async def _send_due(self, epoch: int) -> bool:
        """Start what is due; True when there may be more at once."""
        room = AT_ONCE - len(self._in_flight)
        if room <= 0:
            return False
        parcels = await self._claim(epoch, room)
        for parcel in parcels:
            if self._sender.by_page:
                continue
            task = asyncio.create_task(self._send(parcel))
            self._in_flight[parcel.conversation_id] = task
        return self._sender.by_page and bool(parcels)

    async def _claim(self, epoch: int, limit: int) -> list[Parcel]:
        earlier = aliased(Delivery)
        due = (
            select(Delivery, Conversation.chat_id)
            .join(Conversation, Conversation.id == Delivery.conversation_id)
            .where(
                Delivery.bot_account_id == self._account_id,
                Delivery.state == DeliveryState.QUEUED,
                Delivery.not_before <= self._database.clock.now(),
                Delivery.conversation_id.not_in(list(self._in_flight)),
                ~exists().where(
                    and_(
                        earlier.conversation_id == Delivery.conversation_id,
                        earlier.seq < Delivery.seq,
                        earlier.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)),
                    )
                ),
            )
            .order_by(Delivery.id)
            .limit(limit)
        )
        async with self._database.read() as session:
            rows = (await session.execute(due)).tuples().all()
        if not rows:
            return []
        parcels = [
            Parcel(
                delivery_id=row.id,
                conversation_id=row.conversation_id,
                message_id=row.message_id,
                chat_id=chat_id,
                kind=row.kind,
                payload=row.payload,
                random_id=row.random_id,
                attempts=row.attempts,
            )
            for row, chat_id in rows
        ]
        now = self._database.clock.now()
        late = {row.id for row, _ in rows if row.expires_at is not None and row.expires_at < now}
        fresh = [parcel for parcel in parcels if parcel.delivery_id not in late]
        async with self._database.write() as tx:
            await leases.check(tx, self._lease, self._holder, epoch)
            if late:
                await self._set(tx, late, DeliveryState.EXPIRED)
            if fresh and self._sender.by_page:
                await self._mark(tx, [_Done(parcel, Sent()) for parcel in fresh])
            elif fresh:
                await tx.session.execute(
                    update(Delivery)
                    .where(Delivery.id.in_([parcel.delivery_id for parcel in fresh]))
                    .values(state=DeliveryState.SENDING, attempts=Delivery.attempts + 1)
                )
        return fresh

    async def _set(self, tx: Transaction, ids: set[int], state: DeliveryState) -> None:
        await tx.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(sorted(ids)))
            .values(state=state, finished_at=tx.now)
        )

    async def _send(self, parcel: Parcel) -> None:
        try:
            try:
                outcome = await self._sender.send(parcel)
            except Exception as error:
                # An adapter's own mistake: after the request or before it, nobody knows.
                log.exception("bots.send_failed", delivery=parcel.delivery_id)
                outcome = Unknown(type(error).__name__)
            await self._marks.submit(_Done(parcel, outcome))
        except Exception:
            # The row stays «sending»; the next holder of the lease treats it as unknown.
            log.exception("bots.mark_failed", delivery=parcel.delivery_id)
        finally:
            del self._in_flight[parcel.conversation_id]
            self._waiter.set()

    async def _mark(self, tx: Transaction, done: Sequence[_Done]) -> list[None]:
        sent = [item for item in done if isinstance(item.outcome, Sent)]
        if sent:
            connection = await tx.session.connection()
            table = cast(Table, Delivery.__table__)
            await connection.execute(
                update(table)
                .where(table.c.id == bindparam("key"))
                .values(
                    state=DeliveryState.SENT,
                    platform_id=bindparam("platform"),
                    error=None,
                    finished_at=tx.now,
                ),
                [
                    {"key": item.parcel.delivery_id, "platform": item.outcome.platform_id}
                    for item in sent
                    if isinstance(item.outcome, Sent)
                ],
            )
        for item in done:
            if isinstance(item.outcome, Sent):
                outcome = "sent"
            else:
                outcome = await self._mark_unsent(tx, item)
            DELIVERED.labels(self._sender.channel, outcome).inc()
            if item.parcel.message_id is not None:
                self._events.emit(
                    tx,
                    f"message.{outcome}",
                    conversation_id=item.parcel.conversation_id,
                    message=item.parcel.message_id,
                )
        return [None] * len(done)

    async def _mark_unsent(self, tx: Transaction, item: _Done) -> str:
        parcel, outcome = item.parcel, item.outcome
        state, attempts, pause = DeliveryState.QUEUED, parcel.attempts + 1, timedelta()
        error = getattr(outcome, "error", "slow down")
        match outcome:
            case SlowDown(seconds=seconds):
                attempts, pause = parcel.attempts, timedelta(seconds=seconds)
            case AccountBroken():
                attempts, pause = parcel.attempts, BROKEN_PAUSE
                log.error("bots.account_broken", account=self._account_id, error=error)
            case TryAgain() | Unknown():
                if isinstance(outcome, Unknown) and not self._sender.idempotent:
                    UNKNOWN.labels(self._sender.channel).inc()
                pause = min(timedelta(seconds=2**parcel.attempts), LONGEST_PAUSE)
                if attempts >= MAX_ATTEMPTS:
                    state = DeliveryState.FAILED
            case Rejected(unreachable=unreachable):
                state = DeliveryState.FAILED
                if unreachable:
                    await mark_unreachable(tx, parcel.conversation_id, "blocked")
        failed = state is DeliveryState.FAILED
        await tx.session.execute(
            update(Delivery)
            .where(Delivery.id == parcel.delivery_id)
            .values(
                state=state,
                attempts=attempts,
                not_before=tx.now + pause,
                error=error,
                finished_at=tx.now if failed else None,
            )
        )
        return "failed" if failed else "delayed"

    async def _recover(self) -> None:
        """What a dead holder was sending has an unknown outcome: send it again."""
        async with self._database.write() as tx:
            result = await tx.session.execute(
                update(Delivery)
                .where(
                    Delivery.bot_account_id == self._account_id,
                    Delivery.state == DeliveryState.SENDING,
                    Delivery.conversation_id.not_in(list(self._in_flight)),
                )
                .values(state=DeliveryState.QUEUED, not_before=tx.now)
                .returning(Delivery.id)
            )
            count = len(result.all())
        if count and not self._sender.idempotent:
            UNKNOWN.labels(self._sender.channel).inc(count)
            log.warning("bots.repeating_unknown", account=self._account_id, count=count)
