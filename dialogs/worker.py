"""The worker: claims conversations with unhandled messages, lets the assistant answer, stores it.

A claim is a short transaction; understanding and billing run with no transaction open; one more
short transaction checks that the claim still holds and writes state, replies and marks together.
If the claim was lost, the result is thrown away and the message is handled again.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import func, or_, select, update

from conversations.models import Author, Conversation, DeliveryKind, Message, MessageKind
from conversations.service import INTAKE_SIGNAL, Outbox, Outgoing, Signal, lock
from dialogs.assistant import Assistant
from dialogs.effects import Effects
from dialogs.turn import Context, Response
from nlu import Understanding
from replies import render
from storage.batching import Batcher
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

CLAIM_TIME = timedelta(seconds=60)
HANDLE_SECONDS = 45.0
MAX_ATTEMPTS = 3
OUTAGE_PAUSE = timedelta(seconds=2)
SWEEP_SECONDS = 1.0
PRESS_ANSWER_TIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Claim:
    token: str
    context: Context
    attempts: int


@dataclass(frozen=True, slots=True)
class _Finished:
    claim: _Claim
    response: Response


class Worker:
    """Handles up to ``concurrency`` conversations at a time, each one's messages in order."""

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
        self._tasks: set[asyncio.Task[None]] = set()
        self._finishes: Batcher[_Finished, bool] = Batcher(database, self._finish)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            free = self._concurrency - len(self._tasks)
            try:
                claims = await self._claim(free) if free else []
            except Exception:
                log.exception("dialogs.claim_failed")
                claims = []
                await asyncio.sleep(SWEEP_SECONDS)
            for claim in claims:
                task = asyncio.create_task(self._handle(claim))
                self._tasks.add(task)
                task.add_done_callback(self._done)
            if not claims:
                await self._waiter.wait(SWEEP_SECONDS)
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._finishes.close()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._waiter.set()

    async def handle_all(self) -> None:
        """Handle what is due now, to the end (for the terminal chat and for tests)."""
        while claims := await self._claim(self._concurrency):
            await asyncio.gather(*(self._handle(claim) for claim in claims))

    async def _claim(self, limit: int) -> list[_Claim]:
        async with self._database.write() as tx:
            due = (
                await tx.session.execute(
                    select(Conversation)
                    .where(
                        Conversation.handle_at <= tx.now,
                        or_(
                            Conversation.claimed_until.is_(None),
                            Conversation.claimed_until < tx.now,
                        ),
                    )
                    .order_by(Conversation.handle_at)
                    .limit(limit)
                    .with_for_update(key_share=True, skip_locked=True)
                )
            ).scalars().all()  # fmt: skip
            if not due:
                return []
            first = await self._first_messages(tx, [conversation.id for conversation in due])
            claims = []
            for conversation in due:
                message = first.get(conversation.id)
                if message is None:
                    conversation.handle_at = None
                    continue
                conversation.claim_token = secrets.token_hex(8)
                conversation.claimed_until = tx.now + CLAIM_TIME
                conversation.attempts += 1
                claims.append(_claimed(conversation, message, tx))
        return claims

    async def _first_messages(self, tx: Transaction, ids: Sequence[int]) -> dict[int, Message]:
        """Each conversation's first unhandled message in the platform's own order."""
        place = (
            func.row_number()
            .over(partition_by=Message.conversation_id, order_by=(Message.order_no, Message.id))
            .label("place")
        )
        waiting = (
            select(Message.id, place)
            .where(Message.conversation_id.in_(ids), Message.handled_at.is_(None))
            .subquery()
        )
        rows = await tx.session.execute(
            select(Message).join(waiting, waiting.c.id == Message.id).where(waiting.c.place == 1)
        )
        return {message.conversation_id: message for message in rows.scalars()}

    async def _handle(self, claim: _Claim) -> None:
        channel = claim.context.channel
        try:
            if claim.attempts > MAX_ATTEMPTS:
                response = self._assistant.give_up(claim.context)
            else:
                async with asyncio.timeout(HANDLE_SECONDS):
                    response = await self._assistant.respond(claim.context)
            kept = await self._finishes.submit(_Finished(claim, response))
            HANDLED.labels(channel, "answered" if kept else "claim_lost").inc()
        except Exception as error:
            outage = is_outage(error)
            log.exception("dialogs.message_failed", message=claim.context.message_id, outage=outage)
            HANDLED.labels(channel, "outage" if outage else "failed").inc()
            try:
                await self._give_back(claim, outage=outage)
            except Exception:
                log.exception("dialogs.claim_kept", conversation=claim.context.conversation_id)

    async def _finish(self, tx: Transaction, items: Sequence[_Finished]) -> list[bool]:
        locked = await lock(tx, (item.claim.context.conversation_id for item in items))
        kept = [
            locked[item.claim.context.conversation_id].claim_token == item.claim.token
            for item in items
        ]
        good = [item for item, holds in zip(items, kept, strict=True) if holds]
        if not good:
            return kept
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
        return kept

    async def _next_due(self, tx: Transaction, ids: Sequence[int]) -> dict[int, datetime | None]:
        rows = await tx.session.execute(
            select(Message.conversation_id, func.min(Message.handle_after))
            .where(Message.conversation_id.in_(ids), Message.handled_at.is_(None))
            .group_by(Message.conversation_id)
        )
        return {row[0]: row[1] for row in rows}

    async def _give_back(self, claim: _Claim, *, outage: bool) -> None:
        """Try again soon; an outage of the database, billing or Rasa is not the message's fault."""
        async with self._database.write() as tx:
            pause = OUTAGE_PAUSE if outage else timedelta(seconds=claim.attempts)
            await tx.session.execute(
                update(Conversation)
                .where(
                    Conversation.id == claim.context.conversation_id,
                    Conversation.claim_token == claim.token,
                )
                .values(
                    claim_token=None,
                    claimed_until=tx.now + pause,
                    attempts=claim.attempts - 1 if outage else claim.attempts,
                )
            )


def _claimed(conversation: Conversation, message: Message, tx: Transaction) -> _Claim:
    assert conversation.claim_token is not None  # noqa: S101 (set by the caller)
    context = Context(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel=conversation.channel,
        turn=conversation.turn,
        state=conversation.state,
        message_id=message.id,
        kind=MessageKind(message.kind),
        text=message.text,
        data=message.data,
        now=tx.now,
    )
    return _Claim(conversation.claim_token, context, conversation.attempts)


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
