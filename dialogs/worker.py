"""The worker: claims conversations with unhandled messages, lets the assistant answer, stores it.

A claim is a short transaction; understanding and billing run with no transaction open; one more
short transaction checks that the claim still holds and writes state, replies and marks together.
If the claim was lost, the result is thrown away and the message is handled again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import cast

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import Table, bindparam, update

from conversations.models import Author, Conversation, DeliveryKind, Message
from conversations.service import INTAKE_SIGNAL, Outbox, Outgoing, Signal, lock, rendered
from dialogs import claims
from dialogs.beside_operator import Answering
from dialogs.claims import CLAIM_TIME, MOST_TOGETHER, Claim, Unhandled
from dialogs.effects import Effects
from dialogs.turn import Context, Effect, Response
from nlu import Understanding
from storage.database import Database, Transaction
from storage.outage import is_outage
from storage.signals import Signals

log = structlog.get_logger(__name__)

HANDLED = Counter("okno_messages_handled_total", "Handled messages", ["channel", "outcome"])
SECONDS = Histogram(
    "okno_message_seconds",
    "From a message's store to its answer's",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300),
)

UNDERSTOOD = Counter(
    "okno_understood_total", "Messages read, by whether it is sure of what is meant",
    ["channel", "outcome"],
)  # fmt: skip

HANDLE_SECONDS = 45.0
MAX_ATTEMPTS = 3
SWEEP_SECONDS = 1.0
PRESS_ANSWER_TIME = timedelta(seconds=60)
STOP_SECONDS = 5.0

_MESSAGE = cast(Table, Message.__table__)
_ONE = update(_MESSAGE).where(_MESSAGE.c.id == bindparam("key"))
_MARK_HANDLED = _ONE.values(handled_at=bindparam("at"), understanding=bindparam("read_as"))
_POSTPONE = _ONE.values(handle_after=bindparam("until"))


@dataclass(frozen=True, slots=True)
class _Handled:
    """What follows from ``messages``, read as one."""

    claim: Claim
    messages: Sequence[Unhandled]
    response: Response


@dataclass(frozen=True, slots=True)
class _Postponed:
    """More may follow: ``messages`` are read again with it, or as they are at ``until``."""

    claim: Claim
    messages: Sequence[Unhandled]
    until: datetime


@dataclass(frozen=True, slots=True)
class _Failed:
    """Nothing follows from the messages yet: they are given back, to be tried again."""

    claim: Claim
    outage: bool


_Ended = _Handled | _Postponed | _Failed


class Worker:
    """Handles up to ``concurrency`` conversations at a time, each one's messages in order.

    One turn is one transaction: what follows from the messages that have been handled, and the
    claims on the next.
    """

    def __init__(
        self,
        database: Database,
        signals: Signals,
        outbox: Outbox,
        assistant: Answering,
        effects: Effects,
        *,
        wait: timedelta = timedelta(0),
        sure: float = 0.0,
        concurrency: int = 32,
    ) -> None:
        """``wait``: how long a message that looks unfinished waits for what follows. ``sure``: from
        which confidence on a message counts as understood."""
        self._database = database
        self._outbox = outbox
        self._assistant = assistant
        self._effects = effects
        self._wait = wait
        self._sure = sure
        self._concurrency = concurrency
        self._waiter = signals.subscribe(INTAKE_SIGNAL)
        self._tasks: dict[asyncio.Task[None], Claim] = {}
        self._ended: list[_Ended] = []
        # When what waits is due: only to wake in time, the database has the truth.
        self._alarms: list[datetime] = []
        self._renewed_at = datetime.min.replace(tzinfo=UTC)

    async def run(self, stop: asyncio.Event) -> None:
        started = not self._database.is_sqlite
        while not stop.is_set():
            try:
                if not started:
                    # One serving process per file: whoever held a claim is dead.
                    async with self._database.write() as tx:
                        await claims.forget(tx)
                    started = True
                for claim in await self._turn():
                    task = asyncio.create_task(self._handle(claim))
                    self._tasks[task] = claim
                    task.add_done_callback(self._done)
            except Exception:
                log.exception("dialogs.turn_failed")
                await asyncio.sleep(SWEEP_SECONDS)
            await self._waiter.wait(self._pause())
        await self._end()

    def _pause(self) -> float:
        """Seconds until something that waits is due, at most until the next sweep."""
        now = self._database.clock.now()
        while self._alarms and self._alarms[0] <= now:
            heappop(self._alarms)
        if not self._alarms:
            return SWEEP_SECONDS
        return min(SWEEP_SECONDS, (self._alarms[0] - now).total_seconds())

    async def _end(self) -> None:
        """Finish what is in hand; what takes too long is left to the next process."""
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            self._ended += [_Failed(self._tasks[task], outage=True) for task in unfinished]
            for task in unfinished:
                task.cancel()
        await self._turn(claiming=False)

    def _done(self, task: "asyncio.Task[None]") -> None:
        del self._tasks[task]
        self._waiter.set()

    async def handle_all(self) -> None:
        """Handle what is due now, to the end (for the terminal chat and for tests)."""
        while claimed := await self._turn():
            await asyncio.gather(*(self._handle(claim) for claim in claimed))

    async def _handle(self, claim: Claim) -> None:
        try:
            if claim.attempts > MAX_ATTEMPTS:
                messages = claim.messages[: claim.together]
                response = self._assistant.give_up(claim.context(messages))
                ended: _Ended = _Handled(claim, messages, response)
            else:
                async with asyncio.timeout(HANDLE_SECONDS):
                    ended = await self._read(claim)
        except Exception as error:
            ended = self._failed(claim, error)
        self._ended.append(ended)

    async def _read(self, claim: Claim) -> _Handled | _Postponed:
        """The first message, with as many of the next ones as belong to it."""
        count = claim.together
        while True:
            messages = claim.messages[:count]
            until = messages[-1].stored_at + self._wait
            follows = bool(self._wait) and claim.text_follows(count)
            complete = count == MOST_TOGETHER or count < len(claim.messages) or until <= claim.now
            context = claim.context(messages, may_wait=follows or not complete)
            response = await self._assistant.respond(context)
            if not response.waits:
                return _Handled(claim, messages, response)
            if not follows:
                return _Postponed(claim, messages, until)
            count += 1

    def _failed(self, claim: Claim, error: Exception) -> _Failed:
        outage = is_outage(error)
        log.error(
            "dialogs.message_failed",
            message=claim.messages[0].id,
            outage=outage,
            exc_info=(type(error), error, error.__traceback__),
        )
        return _Failed(claim, outage)

    async def _turn(self, *, claiming: bool = True) -> list[Claim]:
        """Store what has ended and, ``claiming``, take as many conversations as there is room for.

        What can't be stored for its own sake is given back; in an outage of the database it is
        kept in hand for the next turn.
        """
        if claiming and self._is_full() and not self._ended and not self._renewal_is_due():
            return []  # every message that comes wakes us
        ended: list[_Ended] = []
        try:
            async with self._database.write_in_turn() as tx:
                # Only now: what ended while this waited its turn goes along.
                ended += self._ended
                claimed = await self._store(tx, ended, claiming=claiming)
            del self._ended[: len(ended)]
        except Exception as error:
            if not ended or is_outage(error):
                raise
            for one in ended:
                try:
                    await self._store_one(one)
                except Exception as single_error:
                    await self._store_one(self._failed(one.claim, single_error))
                self._ended.remove(one)
            claimed = []
            self._waiter.set()
        return claimed

    def _is_full(self) -> bool:
        return len(self._tasks) >= self._concurrency

    def _renewal_is_due(self) -> bool:
        return self._database.clock.now() - self._renewed_at >= CLAIM_TIME / 4

    async def _store_one(self, one: _Ended) -> None:
        async with self._database.write() as tx:
            await self._store(tx, [one], claiming=False)

    async def _store(
        self, tx: Transaction, ended: Sequence[_Ended], *, claiming: bool
    ) -> list[Claim]:
        read = [one for one in ended if not isinstance(one, _Failed)]
        if read:
            await self._finish(tx, read)
        for one in ended:
            if isinstance(one, _Failed):
                await claims.give_back(tx, one.claim, outage=one.outage)
                _count(tx, one, "outage" if one.outage else "failed")
        if self._renewal_is_due():
            self._renewed_at = tx.now
            await claims.renew(tx, self._tasks.values())
        if not claiming or self._is_full():
            return []
        await tx.flush()
        return await claims.claim(tx, self._concurrency - len(self._tasks))

    async def _finish(self, tx: Transaction, read: Sequence[_Handled | _Postponed]) -> None:
        locked = await lock(tx, (one.claim.conversation_id for one in read))
        kept: list[_Handled | _Postponed] = []
        for one in read:
            if locked[one.claim.conversation_id].claim_token == one.claim.token:
                kept.append(one)
            else:
                _count(tx, one, "claim_lost")
        if not kept:
            return
        handled = [one for one in kept if isinstance(one, _Handled)]
        await self._mark(tx, handled, [one for one in kept if isinstance(one, _Postponed)])
        next_due = await claims.next_due(tx, [one.claim.conversation_id for one in kept])
        for one in kept:
            conversation = locked[one.claim.conversation_id]
            conversation.claim_token = None
            conversation.claimed_until = None
            conversation.attempts = 0
            conversation.handle_at = next_due.get(conversation.id)
        messages: list[Outgoing] = []
        signals: list[Signal] = []
        effects: list[tuple[Conversation, Context, Effect]] = []
        for item in handled:
            conversation = locked[item.claim.conversation_id]
            context = item.claim.context(item.messages)
            conversation.state = item.response.state
            _count(tx, item, "answered")
            self._count_understood(tx, item)
            if context.data.get("press_id"):
                signals.append(
                    Signal(
                        conversation.id,
                        DeliveryKind.PRESS_ANSWER,
                        {"press_id": context.data["press_id"]},
                        tx.now + PRESS_ANSWER_TIME,
                    )
                )
            for reply in item.response.replies:
                parts = rendered(reply, conversation)
                messages.append(
                    Outgoing(
                        conversation.id, Author.ASSISTANT, reply.text, parts, reply.to_json(),
                        # Thousands of these after an outage give way to who writes now.
                        notice=item.claim.is_late,
                    )
                )  # fmt: skip
            effects += [(conversation, context, effect) for effect in item.response.effects]
        if effects:
            await self._effects.apply(tx, effects)
        await self._outbox.queue(tx, messages, signals, locked=locked)

    async def _mark(
        self, tx: Transaction, handled: Sequence[_Handled], postponed: Sequence[_Postponed]
    ) -> None:
        if handled:
            await tx.connection.execute(
                _MARK_HANDLED,
                [
                    {
                        "key": message.id,
                        "at": tx.now,
                        # Of several messages read as one, the last made it what it is.
                        "read_as": _understanding(one.response.understanding)
                        if message is one.messages[-1]
                        else None,
                    }
                    for one in handled
                    for message in one.messages
                ],
            )
        if postponed:
            await tx.connection.execute(
                _POSTPONE,
                [
                    {"key": message.id, "until": one.until}
                    for one in postponed
                    for message in one.messages
                ],
            )
        for one in postponed:
            _count(tx, one, "waiting")
            heappush(self._alarms, one.until)

    def _count_understood(self, tx: Transaction, one: _Handled) -> None:
        found = one.response.understanding
        if found is None or not found.intent:
            return
        outcome = "sure" if found.confidence >= self._sure else "unsure"
        count = UNDERSTOOD.labels(one.claim.channel, outcome).inc
        tx.after_commit(("understood", one.claim.messages[0].id), count)


def _count(tx: Transaction, one: _Ended, outcome: str) -> None:
    messages = () if isinstance(one, _Failed) else one.messages

    def count() -> None:
        HANDLED.labels(one.claim.channel, outcome).inc(len(messages) or 1)
        if outcome == "answered":
            SECONDS.observe((tx.now - messages[-1].stored_at).total_seconds())

    tx.after_commit(("handled", one.claim.messages[0].id), count)


def _understanding(found: Understanding | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "intent": found.intent,
        "confidence": round(found.confidence, 4),
        "ranking": [[one.intent, round(one.confidence, 4)] for one in found.ranking[:3]],
        "entities": [
            {"entity": e.entity, "value": e.value, "role": e.role, "start": e.start, "end": e.end}
            for e in found.entities
        ],
        "model": found.model_id,
    }
