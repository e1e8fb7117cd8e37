"""What other rooms do with conversations: lock them, queue messages to the customer, read them."""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from conversations.models import (
    LACKS,
    QUEUED,
    Author,
    BotAccount,
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Message,
    MessageKind,
)
from replies import Reply, render
from storage.database import Database, Transaction
from storage.signals import Signals

INTAKE_SIGNAL = "intake"
# The error of a delivery that was taken back before it was sent.
CALLED_BACK = "called_back"

_MESSAGE = cast(Table, Message.__table__)
# Built once: they are asked with every turn.
_LOCK = (
    select(Conversation)
    .where(Conversation.id.in_(bindparam("ids", expanding=True)))
    .order_by(Conversation.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_DELIVERY = cast(Table, Delivery.__table__)
_INSERT_DELIVERIES = insert(_DELIVERY)
# An answer waits for what was queued before it in its chat: a notice there hurries too.
_HURRY_NOTICES = (
    update(_DELIVERY)
    .where(
        _DELIVERY.c.conversation_id.in_(bindparam("ids", expanding=True)),
        _DELIVERY.c.notice,
        _DELIVERY.c.state == QUEUED,
    )
    .values(notice=False)
)


def outbox_signal(account_id: int) -> str:
    """Something was queued for this bot account."""
    return f"outbox:{account_id}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to the customer. ``parts`` are its platform messages, already rendered."""

    conversation_id: int
    author: Author
    text: str
    parts: Sequence[Mapping[str, Any]]
    data: Mapping[str, Any] = field(default_factory=dict)
    staff_id: int | None = None
    # Not sent before: what can still be called back.
    not_before: datetime | None = None
    # Nobody is waiting for it: it gives way to answers.
    notice: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """Something sent that is no message: the answer to a press, «печатает…»."""

    conversation_id: int
    kind: DeliveryKind
    payload: Mapping[str, Any]
    expires_at: datetime


async def bot_account_id(database: Database, channel: str, name: str = "main") -> int:
    """The row of a bot, made on first use."""
    statement = select(BotAccount.id).where(BotAccount.channel == channel, BotAccount.name == name)
    async with database.write() as tx:
        found = (await tx.session.execute(statement)).scalar_one_or_none()
        if found is None:
            # Processes that start together meet here: one of them makes it.
            insert_or_skip = sqlite_insert if tx.is_sqlite else postgres_insert
            await tx.session.execute(
                insert_or_skip(BotAccount)
                .values(channel=channel, name=name)
                .on_conflict_do_nothing(index_elements=["channel", "name"])
            )
            found = (await tx.session.execute(statement)).scalar_one()
    return found


def rendered(reply: Reply, conversation: Conversation) -> list[dict[str, Any]]:
    """The parts of an ``Outgoing``, as this customer's client can show them."""
    lacks = conversation.state.get(LACKS, ())
    return [part.to_json() for part in render(reply, conversation.channel, lacks)]


async def lock(tx: Transaction, ids: Iterable[int]) -> dict[int, Conversation]:
    """The conversations, locked to the end of ``tx``, always in the order of their ids."""
    rows = await tx.session.execute(_LOCK, {"ids": sorted(set(ids))})
    return {row.id: row for row in rows.scalars()}


class Outbox:
    """The queue of what is to be sent. Nothing is sent here: ``bots/delivery.py`` does that."""

    def __init__(self, events: Events, signals: Signals) -> None:
        self._events = events
        self._signals = signals

    async def queue(
        self,
        tx: Transaction,
        messages: Sequence[Outgoing],
        signals: Sequence[Signal] = (),
        *,
        locked: Mapping[int, Conversation] | None = None,
    ) -> list[int]:
        """Queue in the given order; the messages' ids. ``locked``: conversations locked before."""
        if not messages and not signals:
            return []
        if locked is None:
            concerned = {message.conversation_id for message in messages}
            concerned |= {signal.conversation_id for signal in signals}
            locked = await lock(tx, concerned)
        used: Counter[int] = Counter()
        rows: list[dict[str, Any]] = []

        def delivery(
            conversation_id: int, kind: DeliveryKind, payload: Mapping[str, Any],
            message_id: int | None, expires_at: datetime | None,
            not_before: datetime | None = None, *, notice: bool = False,
        ) -> None:  # fmt: skip
            used[conversation_id] += 1
            conversation = locked[conversation_id]
            rows.append(
                {
                    "conversation_id": conversation_id,
                    "bot_account_id": conversation.bot_account_id,
                    "message_id": message_id,
                    "seq": conversation.last_seq + used[conversation_id],
                    "kind": kind,
                    "payload": dict(payload),
                    "random_id": secrets.randbelow(2**31 - 1) + 1,
                    "notice": notice,
                    "not_before": not_before or tx.now,
                    "expires_at": expires_at,
                    "created_at": tx.now,
                }
            )

        for signal in signals:
            delivery(signal.conversation_id, signal.kind, signal.payload, None, signal.expires_at)
        ids = await self._insert_messages(tx, messages, locked)
        for message_id, message in zip(ids, messages, strict=True):
            for part in message.parts:
                delivery(
                    message.conversation_id, DeliveryKind.MESSAGE, part, message_id, None,
                    message.not_before, notice=message.notice,
                )  # fmt: skip
        answered = sorted({one.conversation_id for one in messages if not one.notice})
        if answered:
            await tx.connection.execute(_HURRY_NOTICES, {"ids": answered})
        await tx.connection.execute(_INSERT_DELIVERIES, rows)
        for conversation_id, count in used.items():
            locked[conversation_id].last_seq += count
            locked[conversation_id].last_message_at = tx.now
        for account_id in {row["bot_account_id"] for row in rows}:
            self._signals.wake(tx, outbox_signal(account_id))
        return ids

    async def send_again(self, tx: Transaction, message_id: int) -> bool:
        """Queue what was not delivered of a message, with the attempts of a new one; False when
        there is nothing. The idempotency key stays: what did arrive after all is not sent twice."""
        rows = await tx.session.execute(
            update(Delivery)
            .where(
                Delivery.message_id == message_id,
                Delivery.kind == DeliveryKind.MESSAGE,
                Delivery.state == DeliveryState.FAILED,
            )
            .values(
                state=DeliveryState.QUEUED, attempts=0, error=None, finished_at=None,
                not_before=tx.now,
            )
            .returning(Delivery.bot_account_id, Delivery.conversation_id)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        again = rows.all()
        for account_id, conversation_id in again[:1]:
            self._events.emit(
                tx, "message.queued", conversation_id=conversation_id, message=message_id
            )
            self._signals.wake(tx, outbox_signal(account_id))
        return bool(again)

    async def _insert_messages(
        self, tx: Transaction, messages: Sequence[Outgoing], locked: Mapping[int, Conversation]
    ) -> list[int]:
        if not messages:
            return []
        inserted = await tx.connection.execute(
            # SQLite numbers a list in its order by itself, and many rows are one statement then.
            insert(_MESSAGE).returning(_MESSAGE.c.id, sort_by_parameter_order=not tx.is_sqlite),
            [
                {
                    "conversation_id": message.conversation_id,
                    "bot_account_id": locked[message.conversation_id].bot_account_id,
                    "author": message.author,
                    "staff_id": message.staff_id,
                    "kind": MessageKind.TEXT,
                    "text": message.text,
                    "data": dict(message.data),
                    "sent_at": tx.now,
                    "created_at": tx.now,
                    "handled_at": tx.now,
                }
                for message in messages
            ],
        )
        ids = sorted(inserted.scalars())
        for message_id, message in zip(ids, messages, strict=True):
            self._events.emit(
                tx, "message.queued", conversation_id=message.conversation_id, message=message_id
            )
        return ids


async def record(
    tx: Transaction,
    events: Events,
    conversation: Conversation,
    text: str,
    *,
    author: Author = Author.SYSTEM,
    kind: MessageKind = MessageKind.NOTE,
    staff_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Write a line that only staff see: what happened, or a colleague's note."""
    message = Message(
        conversation_id=conversation.id,
        bot_account_id=conversation.bot_account_id,
        author=author,
        staff_id=staff_id,
        kind=kind,
        text=text,
        data=dict(data or {}),
        sent_at=tx.now,
        created_at=tx.now,
        handled_at=tx.now,
    )
    tx.session.add(message)
    await tx.session.flush()
    events.emit(tx, "message.noted", conversation_id=conversation.id, message=message.id)
    return message.id


async def hand_in(
    tx: Transaction, events: Events, conversation: Conversation, message: Message
) -> None:
    """Give the assistant something to handle that no customer wrote; the conversation is locked.

    It stands behind what the customer has written up to now.
    """
    last = await tx.session.scalar(
        select(func.max(Message.order_no)).where(Message.conversation_id == conversation.id)
    )
    message.conversation_id = conversation.id
    message.bot_account_id = conversation.bot_account_id
    message.order_no = last or 0
    message.sent_at = message.created_at = message.handle_after = tx.now
    tx.session.add(message)
    await tx.session.flush()
    if conversation.handle_at is None or conversation.handle_at > tx.now:
        conversation.handle_at = tx.now
    events.emit(tx, "message.noted", conversation_id=conversation.id, message=message.id)
    events.wake(tx, INTAKE_SIGNAL)


async def call_back(tx: Transaction, message_id: int) -> bool:
    """Take an outgoing message back before anything of it was sent; whether that was possible."""
    waiting = (Delivery.state == DeliveryState.QUEUED) & (Delivery.not_before > tx.now)
    stopped = await tx.session.execute(
        update(Delivery)
        .where(Delivery.message_id == message_id, waiting)
        .values(state=DeliveryState.EXPIRED, error=CALLED_BACK, finished_at=tx.now)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    parts = await tx.session.scalar(select(func.count()).where(Delivery.message_id == message_id))
    return 0 < len(stopped.all()) == parts


async def mark_unreachable(tx: Transaction, conversation_id: int, reason: str | None) -> None:
    """The customer can't be written to (blocked, gone); None lifts it."""
    await tx.session.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(unreachable=reason)
    )


async def history(
    session: AsyncSession, conversation_id: int, *, before: int | None = None,
    after: int | None = None, limit: int = 50,
) -> list[Message]:  # fmt: skip
    """A page of the conversation, oldest first: the last ``limit`` messages before ``before``,
    or the first after ``after``."""
    statement = select(Message).where(Message.conversation_id == conversation_id)
    if after is not None:
        statement = statement.where(Message.id > after).order_by(Message.id)
        return list((await session.execute(statement.limit(limit))).scalars())
    if before is not None:
        statement = statement.where(Message.id < before)
    rows = (await session.execute(statement.order_by(Message.id.desc()).limit(limit))).scalars()
    return list(reversed(list(rows)))
