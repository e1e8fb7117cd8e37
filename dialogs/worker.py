"""The worker: claims conversations with unhandled messages, lets the assistant answer, stores it.

A claim is a short transaction; understanding and billing run with no transaction open; one more
short transaction checks that the claim still holds and writes state, replies and marks together.
If the claim was lost, the result is thrown away and the message is handled again.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import Row, Table, func, or_, select, update
from sqlalchemy.orm import aliased

from conversations.models import Author, Conversation, DeliveryKind, Message, MessageKind
from conversations.service import INTAKE_SIGNAL, Outbox, Outgoing, Signal, lock
from dialogs.assistant import Assistant
from dialogs.effects import Effects
from dialogs.turn import Context, Response
from nlu import Understanding
from replies import render
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

# Renewed while the work lasts; after a death the message waits at most this long.
CLAIM_TIME = timedelta(seconds=15)
HANDLE_SECONDS = 45.0
MAX_ATTEMPTS = 3
OUTAGE_PAUSE = timedelta(seconds=2)
SWEEP_SECONDS = 1.0
PRESS_ANSWER_TIME = timedelta(seconds=60)
STOP_SECONDS = 5.0

_CONVERSATION = cast(Table, Conversation.__table__)


@dataclass(frozen=True, slots=True)
class _Claim:
    token: str
    context: Context
    attempts: int
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class _Handled:
    claim: _Claim
    response: Response


@dataclass(frozen=True, slots=True)
class _Failed:
    """Nothing follows from the message yet: it is given back, to be tried again."""

    claim: _Claim
    outage: bool


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
        assistant: Assistant,
        effects: Effects,
        *,
        concurrency: int = 16,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._assistant = assistant
        self._effects = effects
        self._concurrency = concurrency
        self._waiter = signals.subscribe(INTAKE_SIGNAL)
        self._tasks: dict[asyncio.Task[None], _Claim] = {}
        self._ended: list[_Handled | _Failed] = []
        self._renewed_at = datetime.min.replace(tzinfo=UTC)

    async def run(self, stop: asyncio.Event) -> None:
        started = not self._database.is_sqlite
        while not stop.is_set():
            try:
                if not started:
                    # One serving process per file: whoever held a claim is dead.
                    await self._forget_claims()
                    started = True
                for claim in await self._turn(self._concurrency - len(self._tasks)):
                    task = asyncio.create_task(self._handle(claim))
                    self._tasks[task] = claim
                    task.add_done_callback(self._done)
            except Exception:
                log.exception("dialogs.turn_failed")
                await asyncio.sleep(SWEEP_SECONDS)
            await self._waiter.wait(SWEEP_SECONDS)
        await self._end()

    async def _end(self) -> None:
        """Finish what is in hand; what takes too long is left to the next process."""
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            self._ended += [_Failed(self._tasks[task], outage=True) for task in unfinished]
            for task in unfinished:
                task.cancel()
        await self._turn(0)

    def _done(self, task: "asyncio.Task[None]") -> None:
        del self._tasks[task]
        self._waiter.set()

    async def handle_all(self) -> None:
        """Handle what is due now, to the end (for the terminal chat and for tests)."""
        while claims := await self._turn(self._concurrency):
            await asyncio.gather(*(self._handle(claim) for claim in claims))

    async def _handle(self, claim: _Claim) -> None:
        context = claim.context
        try:
            if claim.attempts > MAX_ATTEMPTS:
                response = self._assistant.give_up(context)
            else:
                async with asyncio.timeout(HANDLE_SECONDS):
                    response = await self._assistant.respond(context)
        except Exception as error:
            self._ended.append(self._failed(claim, error))
        else:
            self._ended.append(_Handled(claim, response))

    def _failed(self, claim: _Claim, error: Exception) -> _Failed:
        outage = is_outage(error)
        log.error(
            "dialogs.message_failed",
            message=claim.context.message_id,
            outage=outage,
            exc_info=(type(error), error, error.__traceback__),
        )
        return _Failed(claim, outage)

    async def _turn(self, room: int) -> list[_Claim]:
        """Store what has ended and claim up to ``room`` conversations.

        What can't be stored for its own sake is given back; in an outage of the database it is
        kept in hand for the next turn.
        """
        ended = list(self._ended)
        try:
            claims = await self._write(ended, room)
            del self._ended[: len(ended)]
        except Exception as error:
            if not ended or is_outage(error):
                raise
            for one in ended:
                try:
                    await self._write([one], 0)
                except Exception as single_error:
                    await self._write([self._failed(one.claim, single_error)], 0)
                self._ended.remove(one)
            claims = []
            self._waiter.set()
        return claims

    async def _write(self, ended: Sequence[_Handled | _Failed], room: int) -> list[_Claim]:
        async with self._database.write() as tx:
            handled = [one for one in ended if isinstance(one, _Handled)]
            if handled:
                await self._finish(tx, handled)
            for one in ended:
                if isinstance(one, _Failed):
                    await self._give_back(tx, one)
            await self._renew(tx)
            return await self._claim(tx, room) if room else []

    async def _claim(self, tx: Transaction, limit: int) -> list[_Claim]:
        token = secrets.token_hex(8)
        due = (
            select(Conversation.id)
            .where(
                Conversation.handle_at <= tx.now,
                or_(Conversation.claimed_until.is_(None), Conversation.claimed_until < tx.now),
            )
            .order_by(Conversation.handle_at)
            .limit(limit)
            .with_for_update(key_share=True, skip_locked=True)
            .cte("due")
        )
        claimed = await tx.session.execute(
            update(_CONVERSATION)
            .where(_CONVERSATION.c.id.in_(select(due.c.id)))
            .values(
                claim_token=token,
                claimed_until=tx.now + CLAIM_TIME,
                attempts=_CONVERSATION.c.attempts + 1,
            )
            .returning(
                _CONVERSATION.c.id,
                _CONVERSATION.c.contact_id,
                _CONVERSATION.c.channel,
                _CONVERSATION.c.turn,
                _CONVERSATION.c.state,
                _CONVERSATION.c.attempts,
            )
        )
        rows = claimed.all()
        # A statement of its own: on PostgreSQL it must see what was committed before the lock.
        first = await self._first_messages(tx, [row.id for row in rows]) if rows else {}
        await self._nothing_due(tx, {row.id for row in rows} - first.keys())
        return [
            _Claim(token, _context(row, message, tx.now), row.attempts, message.created_at)
            for row in rows
            if (message := first.get(row.id)) is not None
        ]

    async def _first_messages(self, tx: Transaction, ids: Sequence[int]) -> dict[int, Row[Any]]:
        """Each conversation's first unhandled message in the platform's own order."""
        waiting = aliased(Message)
        first = (
            select(waiting.id)
            .where(waiting.conversation_id == Message.conversation_id, waiting.handled_at.is_(None))
            .order_by(waiting.order_no, waiting.id)
            .limit(1)
            .scalar_subquery()
        )
        rows = await tx.session.execute(
            select(
                Message.id,
                Message.conversation_id,
                Message.kind,
                Message.text,
                Message.data,
                Message.created_at,
            ).where(
                Message.conversation_id.in_(ids),
                Message.handled_at.is_(None),
                Message.id == first,
            )
        )
        return {row.conversation_id: row for row in rows}

    async def _nothing_due(self, tx: Transaction, ids: set[int]) -> None:
        if ids:
            await tx.session.execute(
                update(_CONVERSATION)
                .where(_CONVERSATION.c.id.in_(sorted(ids)))
                .values(handle_at=None, claim_token=None, claimed_until=None, attempts=0)
            )

    async def _renew(self, tx: Transaction) -> None:
        """Keep the claims of what takes long, so that nobody handles it a second time."""
        if tx.now - self._renewed_at < CLAIM_TIME / 4:
            return
        self._renewed_at = tx.now
        if self._tasks:
            tokens = {claim.token for claim in self._tasks.values()}
            await tx.session.execute(
                update(_CONVERSATION)
                .where(_CONVERSATION.c.claim_token.in_(sorted(tokens)))
                .values(claimed_until=tx.now + CLAIM_TIME)
            )

    async def _forget_claims(self) -> None:
        async with self._database.write() as tx:
            await tx.session.execute(
                update(_CONVERSATION)
                .where(_CONVERSATION.c.claim_token.is_not(None))
                .values(claim_token=None, claimed_until=None)
            )

    async def _finish(self, tx: Transaction, items: Sequence[_Handled]) -> None:
        locked = await lock(tx, (item.claim.context.conversation_id for item in items))
        good: list[_Handled] = []
        for item in items:
            claim = item.claim
            kept = locked[claim.context.conversation_id].claim_token == claim.token
            if kept:
                good.append(item)
            _count(tx, claim, "answered" if kept else "claim_lost")
        if not good:
            return
        await tx.session.execute(
            update(Message),
            [
                {
                    "id": item.claim.context.message_id,
                    "handled_at": tx.now,
                    "understanding": _understanding(item.response.understanding),
                }
                for item in good
            ],
        )
        next_due = await self._next_due(tx, [i.claim.context.conversation_id for i in good])
        messages: list[Outgoing] = []
        signals: list[Signal] = []
        for item in good:
            context = item.claim.context
            conversation = locked[context.conversation_id]
            conversation.state = item.response.state
            conversation.claim_token = None
            conversation.claimed_until = None
            conversation.attempts = 0
            conversation.handle_at = next_due.get(conversation.id)
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
                parts = [part.to_json() for part in render(reply, context.channel)]
                messages.append(
                    Outgoing(conversation.id, Author.ASSISTANT, reply.text, parts, reply.to_json())
                )
            for effect in item.response.effects:
                await self._effects.apply(tx, conversation, context, effect)
        await self._outbox.queue(tx, messages, signals, locked=locked)

    async def _next_due(self, tx: Transaction, ids: Sequence[int]) -> dict[int, datetime | None]:
        rows = await tx.session.execute(
            select(Message.conversation_id, func.min(Message.handle_after))
            .where(Message.conversation_id.in_(ids), Message.handled_at.is_(None))
            .group_by(Message.conversation_id)
        )
        return {row[0]: row[1] for row in rows}

    async def _give_back(self, tx: Transaction, failed: _Failed) -> None:
        """Try again soon; an outage of the database, billing or Rasa is not the message's fault."""
        claim, outage = failed.claim, failed.outage
        pause = OUTAGE_PAUSE if outage else timedelta(seconds=claim.attempts)
        await tx.session.execute(
            update(_CONVERSATION)
            .where(
                _CONVERSATION.c.id == claim.context.conversation_id,
                _CONVERSATION.c.claim_token == claim.token,
            )
            .values(
                claim_token=None,
                claimed_until=tx.now + pause,
                attempts=claim.attempts - 1 if outage else claim.attempts,
            )
        )
        _count(tx, claim, "outage" if outage else "failed")


def _count(tx: Transaction, claim: _Claim, outcome: str) -> None:
    def count() -> None:
        HANDLED.labels(claim.context.channel, outcome).inc()
        if outcome == "answered":
            SECONDS.observe((tx.now - claim.stored_at).total_seconds())

    tx.after_commit(("handled", claim.context.message_id), count)


def _context(row: Row[Any], message: Row[Any], now: datetime) -> Context:
    return Context(
        conversation_id=row.id,
        contact_id=row.contact_id,
        channel=row.channel,
        turn=row.turn,
        state=row.state,
        message_id=message.id,
        kind=MessageKind(message.kind),
        text=message.text,
        data=message.data,
        now=now,
    )


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
