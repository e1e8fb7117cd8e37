"""Reads and mends the queue out, as operators see it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update

from conversations import restored
from conversations.events import Events
from conversations.models import (
    FAILED,
    BotAccount,
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Message,
)
from conversations.service import outbox_signal
from storage.database import Database
from storage.signals import Signals

MOST = 100


@dataclass(frozen=True, slots=True)
class Outage:
    """A messenger that has not answered ``since``, or not known our token; ``waiting``: messages to
    customers. ``bot``: its name where it is a further one of the messenger, "" for the first."""

    channel: str
    bot: str
    since: datetime
    waiting: int
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Undelivered:
    delivery_id: int
    channel: str
    name: str | None
    text: str
    error: str
    failed_at: datetime | None
    reachable: bool


class Undeliverables:
    def __init__(self, database: Database, events: Events, signals: Signals) -> None:
        self._database = database
        self._events = events
        self._signals = signals

    async def outages(self) -> list[Outage]:
        waiting = (
            select(func.count())
            .where(
                Delivery.bot_account_id == BotAccount.id,
                Delivery.kind == DeliveryKind.MESSAGE,
                Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)),
            )
            .scalar_subquery()
        )
        statement = (
            select(
                BotAccount.channel,
                BotAccount.name,
                func.coalesce(BotAccount.refused_since, BotAccount.failing_since),
                waiting,
                BotAccount.refused_since.is_not(None),
            )
            .where(
                or_(BotAccount.refused_since.is_not(None), BotAccount.failing_since.is_not(None))
            )
            .order_by(BotAccount.id)
        )
        async with self._database.read() as session:
            rows = await session.execute(statement)
            return [
                Outage(channel, "" if bot == "main" else bot, since, count, bool(refused))
                for channel, bot, since, count, refused in rows
            ]

    async def count(self) -> int:
        async with self._database.read() as session:
            found = select(func.count()).select_from(Delivery).where(*_FAILED)
            return (await session.execute(found)).scalar_one()

    async def waits_since_restore(self) -> bool:
        async with self._database.read() as session:
            return await restored.is_anything_held(session)

    async def last(self) -> list[Undelivered]:
        """The newest first, at most ``MOST``."""
        statement = (
            select(
                Delivery.id,
                Conversation.channel,
                Conversation.display_name,
                Message.text,
                Delivery.error,
                Delivery.finished_at,
                Conversation.unreachable.is_(None),
            )
            .join(Conversation, Conversation.id == Delivery.conversation_id)
            .join(Message, Message.id == Delivery.message_id)
            .where(*_FAILED)
            .order_by(Delivery.id.desc())
            .limit(MOST)
        )
        async with self._database.read() as session:
            rows = (await session.execute(statement)).all()
        return [
            Undelivered(id_, channel, name, text, error or "", at, bool(reachable))
            for id_, channel, name, text, error, at, reachable in rows
        ]

    async def retry(self, delivery_id: int) -> bool:
        """Send it once more, with the attempts of a new one. False when it is no longer here.

        The idempotency key stays: what did arrive after all is not sent twice.
        """
        return await self._change(
            delivery_id, DeliveryState.QUEUED, attempts=0, error=None, finished_at=None
        )

    async def drop(self, delivery_id: int) -> bool:
        """Nobody will send it; it leaves the list. False when it is no longer here."""
        return await self._change(delivery_id, DeliveryState.EXPIRED)

    async def _change(self, delivery_id: int, state: DeliveryState, **values: object) -> bool:
        async with self._database.write() as tx:
            if state is DeliveryState.QUEUED:
                values["not_before"] = tx.now
            changed = await tx.session.execute(
                update(Delivery)
                .where(Delivery.id == delivery_id, *_FAILED)
                .values(state=state, **values)
                .returning(Delivery.bot_account_id, Delivery.conversation_id, Delivery.message_id)
            )
            row = changed.one_or_none()
            if row is None:
                return False
            kind = "message.queued" if state is DeliveryState.QUEUED else "message.expired"
            self._events.emit(tx, kind, conversation_id=row.conversation_id, message=row.message_id)
            self._signals.wake(tx, outbox_signal(row.bot_account_id))
            return True


_FAILED = (
    Delivery.state == FAILED,
    Delivery.kind == DeliveryKind.MESSAGE,
    # These wait for the administrator (``restoring``).
    func.coalesce(Delivery.error, "") != restored.HELD,
)
