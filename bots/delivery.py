"""Delivery: send what is queued, in order per chat, within the platform's limits.

One sender per bot account holds a lease; each row is marked ``sending`` and committed before
the call, so that after a death everybody knows which outcomes are unknown.

An unknown outcome is repeated on every platform: a customer left without an answer is worse
off than one who reads it twice. Where the platform has an idempotency key the repeat is free;
elsewhere it is counted in ``okno_delivery_unknown_total``.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import Table, bindparam, select, update

from bots.circuit import Circuit
from bots.due import due_rows
from bots.incoming import storable
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
from conversations.models import QUEUED, SENDING, BotAccount, Delivery, DeliveryState
from conversations.service import mark_unreachable, outbox_signal
from storage import leases
from storage.database import Database, Transaction
from storage.errors import LeaseLost
from storage.signals import Signals

log = structlog.get_logger(__name__)

DELIVERED = Counter("okno_delivery_total", "Finished deliveries", ["channel", "outcome"])
SECONDS = Histogram(
    "okno_platform_seconds", "How long a messenger takes over one message", ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
UNKNOWN = Counter("okno_delivery_unknown_total", "Repeated after an unknown outcome", ["channel"])

AT_ONCE = 50
# Of them notices: so few stand before an answer that comes while a mailing is under way.
NOTICES_AT_ONCE = 10
MAX_ATTEMPTS = 8
LONGEST_PAUSE = timedelta(minutes=5)
BROKEN_PAUSE = timedelta(seconds=30)
# So long a message waits for a platform that does not answer.
LONGEST_WAIT = timedelta(days=1)
RENEW_SECONDS = 2.0
# After an outage of the database two processes live, and the lease may go to the other one: the
# former holder stores its outcomes within two turns.
GRACE_SECONDS = 3.0
SWEEP_SECONDS = 1.0
MAX_ERROR = 500
STOP_SECONDS = 5.0


_DELIVERY = cast(Table, Delivery.__table__)
# Sent is sent, even when the row was taken for lost and queued again meanwhile.
_MARK_SENT = (
    update(_DELIVERY)
    .where(
        _DELIVERY.c.id == bindparam("key"),
        _DELIVERY.c.state.in_((QUEUED, SENDING)),
    )
    .values(
        state=DeliveryState.SENT, platform_id=bindparam("platform"), error=None,
        finished_at=bindparam("at"),
    )
)  # fmt: skip

_MARK_SENDING = (
    update(_DELIVERY)
    .where(_DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
    .values(state=DeliveryState.SENDING, attempts=_DELIVERY.c.attempts + 1)
)


def _jitter() -> float:
    """So that what failed together does not come again together."""
    return random.uniform(0.8, 1.2)  # noqa: S311 (no secret)


@dataclass(frozen=True, slots=True)
class _Done:
    parcel: Parcel
    outcome: Outcome


class DeliveryLoop:
    """Sends one bot account's queue until told to stop.

    One turn is one transaction: the outcomes of the calls that have ended, and the next rows
    to send. A conversation has at most one row on its way.
    """

    def __init__(
        self,
        database: Database,
        events: Events,
        signals: Signals,
        sender: Sender,
        *,
        account_id: int,
        holder: str,
        jitter: Callable[[], float] = _jitter,
        grace: float | None = None,
    ) -> None:
        """``grace``: so many seconds a former holder may still tell what became of its calls; by
        default none on SQLite, where it can only be dead."""
        self._database = database
        self._events = events
        self._jitter = jitter
        self._grace = (0.0 if database.is_sqlite else GRACE_SECONDS) if grace is None else grace
        self._circuit = Circuit()
        self._sender = sender
        self._account_id = account_id
        self._holder = holder
        self._lease = f"sender:{account_id}"
        self._signals = signals
        self._waiter = signals.subscribe(outbox_signal(account_id))
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._ended: list[_Done] = []
        # Of the calls those with notices.
        self._notices: set[int] = set()
        # Whether this process is the one that sends.
        self.leads = False

    async def run(self, stop: asyncio.Event) -> None:
        epoch: int | None = None
        renew_at = 0.0
        recover_at: float | None = None
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            try:
                if loop.time() >= renew_at:
                    held = await leases.acquire(self._database, self._lease, self._holder)
                    if held is not None and held != epoch:
                        recover_at = loop.time() + self._grace
                        self._circuit = Circuit(await self._failing_since())
                    epoch = held
                    self.leads = held is not None
                    renew_at = loop.time() + RENEW_SECONDS
                if epoch is not None and recover_at is not None and loop.time() >= recover_at:
                    await self._recover()
                    recover_at = None
                if await self._turn(epoch):
                    continue
            except LeaseLost:
                epoch, renew_at = None, loop.time() + RENEW_SECONDS
                self.leads = False
                log.warning("bots.lease_lost", account=self._account_id)
            except Exception:
                log.exception("bots.delivery_failed", account=self._account_id)
                await asyncio.sleep(SWEEP_SECONDS)
            await self._waiter.wait(SWEEP_SECONDS)
        await self._end()

    async def _end(self) -> None:
        if self._calls:
            _, unfinished = await asyncio.wait(self._calls.values(), timeout=STOP_SECONDS)
            for task in unfinished:
                task.cancel()
        await self._turn(None)
        await leases.release(self._database, self._lease, self._holder)
        self._signals.unsubscribe(outbox_signal(self._account_id), self._waiter)

    async def _turn(self, epoch: int | None) -> bool:
        """Without an ``epoch`` only outcomes are written. True when there may be more at once.

        Until its outcome is stored a row stays «sending» and holds back its conversation.
        """
        if not self._ended and (epoch is None or self._room() <= 0):
            return False
        ended: list[_Done] = []
        parcels: list[Parcel] = []
        full = False
        try:
            async with self._database.write_in_turn() as tx:
                ended += self._ended
                await self._mark(tx, ended)
                # Only now: the outcomes may say that the platform is not to be asked at all.
                room = self._room()
                if epoch is not None and room > 0:
                    await leases.check(tx, self._lease, self._holder, epoch)
                    parcels, full = await self._claim(tx, room)
        except LeaseLost:
            # Outcomes are facts, whoever holds the lease now.
            await self._turn(None)
            raise
        del self._ended[: len(ended)]
        for parcel in parcels:
            if parcel.notice:
                self._notices.add(parcel.delivery_id)
            self._calls[parcel.delivery_id] = asyncio.create_task(self._send(parcel))
        return full

    def _room(self) -> int:
        now = self._database.clock.now()
        return self._circuit.room(now, AT_ONCE) - len(self._calls)

    async def _failing_since(self) -> datetime | None:
        async with self._database.read() as session:
            found = select(BotAccount.failing_since).where(BotAccount.id == self._account_id)
            return (await session.execute(found)).scalar_one_or_none()

    async def _judge(self, tx: Transaction, done: Sequence[_Done]) -> None:
        """What the outcomes say of the platform itself; operators see when it fails."""
        before = self._circuit.failing_since
        for item in done:
            self._circuit.note(item.outcome, tx.now)
        since = self._circuit.failing_since
        if since == before:
            return
        await tx.session.execute(
            update(BotAccount).where(BotAccount.id == self._account_id).values(failing_since=since)
        )
        self._events.emit(tx, "channel.failing" if since else "channel.back")
        log.warning("bots.circuit", account=self._account_id, failing=since is not None)

    async def _claim(self, tx: Transaction, limit: int) -> tuple[list[Parcel], bool]:
        """What is to be sent now, marked so; and whether to look again at once."""
        rows = await due_rows(tx, self._account_id, limit)
        late = [row for row in rows if row.expires_at is not None and row.expires_at < tx.now]
        fresh = [
            Parcel(*row[:-1]) for row in rows if row.expires_at is None or row.expires_at >= tx.now
        ]
        if not self._sender.by_page:
            answers = [parcel for parcel in fresh if not parcel.notice]
            notices = [parcel for parcel in fresh if parcel.notice]
            fresh = answers + notices[: max(0, NOTICES_AT_ONCE - len(self._notices))]
        if late:
            await tx.session.execute(
                update(Delivery)
                .where(Delivery.id.in_([row.id for row in late]))
                .values(state=DeliveryState.EXPIRED, finished_at=tx.now)
            )
        if fresh and self._sender.by_page:
            await self._mark(tx, [_Done(parcel, Sent()) for parcel in fresh])
            return [], True
        if fresh:
            await tx.connection.execute(
                _MARK_SENDING, {"ids": [parcel.delivery_id for parcel in fresh]}
            )
        return fresh, bool(late)

    async def _send(self, parcel: Parcel) -> None:
        try:
            with SECONDS.labels(self._sender.channel).time():
                outcome = await self._sender.send(parcel)
        except Exception as error:
            # An adapter's own mistake: after the request or before it, nobody knows.
            log.exception("bots.send_failed", delivery=parcel.delivery_id)
            outcome = Unknown(type(error).__name__)
        finally:
            del self._calls[parcel.delivery_id]
            self._notices.discard(parcel.delivery_id)
        self._ended.append(_Done(parcel, outcome))
        self._waiter.set()

    async def _mark(self, tx: Transaction, done: Sequence[_Done]) -> None:
        await self._judge(tx, done)
        sent = [
            {"key": item.parcel.delivery_id, "platform": item.outcome.platform_id}
            for item in done
            if isinstance(item.outcome, Sent)
        ]
        if sent:
            connection = tx.connection
            await connection.execute(_MARK_SENT, [{**row, "at": tx.now} for row in sent])
        for item in done:
            if isinstance(item.outcome, Sent):
                outcome = "sent"
            else:
                outcome = await self._mark_unsent(tx, item)
            count = DELIVERED.labels(self._sender.channel, outcome).inc
            tx.after_commit(("delivered", item.parcel.delivery_id), count)
            if item.parcel.message_id is not None:
                self._events.emit(
                    tx,
                    f"message.{outcome}",
                    conversation_id=item.parcel.conversation_id,
                    message=item.parcel.message_id,
                )

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
                if await self._waits_too_long(tx, parcel):
                    state = DeliveryState.FAILED
            case TryAgain() | Unknown():
                if isinstance(outcome, Unknown) and not self._sender.idempotent:
                    count = UNKNOWN.labels(self._sender.channel).inc
                    tx.after_commit(("unknown", parcel.delivery_id), count)
                pause = min(timedelta(seconds=2**parcel.attempts), LONGEST_PAUSE) * self._jitter()
                if self._circuit.failing_since is not None:
                    # Not this message's fault: it keeps its attempts, but does not wait for ever.
                    attempts = parcel.attempts
                    if await self._waits_too_long(tx, parcel):
                        state = DeliveryState.FAILED
                elif attempts >= MAX_ATTEMPTS:
                    state = DeliveryState.FAILED
            case Rejected(unreachable=unreachable):
                state = DeliveryState.FAILED
                if unreachable:
                    await mark_unreachable(tx, parcel.conversation_id, "blocked")
        failed = state is DeliveryState.FAILED
        await tx.session.execute(
            update(Delivery)
            .where(
                Delivery.id == parcel.delivery_id,
                # Still the attempt that this outcome belongs to: a next holder of the lease may
                # have sent it since.
                Delivery.state == SENDING,
                Delivery.attempts == parcel.attempts + 1,
            )
            .values(
                state=state,
                attempts=attempts,
                not_before=tx.now + pause,
                error=storable(error)[:MAX_ERROR],
                finished_at=tx.now if failed else None,
            )
        )
        return "failed" if failed else "delayed"

    async def _waits_too_long(self, tx: Transaction, parcel: Parcel) -> bool:
        created = await tx.session.scalar(
            select(Delivery.created_at).where(Delivery.id == parcel.delivery_id)
        )
        return created is not None and tx.now - created > LONGEST_WAIT

    async def _recover(self) -> None:
        """What a dead holder was sending has an unknown outcome: send it again."""
        async with self._database.write() as tx:
            result = await tx.session.execute(
                update(Delivery)
                .where(
                    Delivery.bot_account_id == self._account_id,
                    # Twice, the second time as in the index: SQLite would read all there ever was.
                    Delivery.state == SENDING,
                    Delivery.state.in_((QUEUED, SENDING)),
                    Delivery.id.not_in(
                        [*self._calls, *(one.parcel.delivery_id for one in self._ended)]
                    ),
                )
                .values(state=DeliveryState.QUEUED, not_before=tx.now)
                .returning(Delivery.id)
            )
            count = len(result.all())
        if count and not self._sender.idempotent:
            UNKNOWN.labels(self._sender.channel).inc(count)
            log.warning("bots.repeating_unknown", account=self._account_id, count=count)
