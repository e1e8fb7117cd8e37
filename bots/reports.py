"""What a platform says of a message afterwards: arrived, read, not delivered after all."""

from sqlalchemy import ColumnElement, select

from bots.incoming import storable
from conversations.events import Events
from conversations.marks import mark_delivered, mark_failed, mark_seen
from conversations.models import Conversation, Delivery, DeliveryState
from storage.database import Database

MAX_ERROR = 500
# A customer reads what was written lately; older marks stay as they are.
MOST = 200


class Reports:
    """Each method: whether it was news. A report of what we have not sent is none."""

    def __init__(self, database: Database, events: Events, account_id: int) -> None:
        self._database = database
        self._events = events
        self._account_id = account_id

    async def failed(self, platform_id: str, why: str) -> bool:
        async with self._database.write() as tx:
            told = storable(why)[:MAX_ERROR]
            return await mark_failed(tx, self._events, told, *self._of(platform_id))

    async def delivered(self, platform_id: str) -> bool:
        async with self._database.write() as tx:
            return await mark_delivered(tx, self._events, *self._of(platform_id))

    async def seen(self, platform_id: str) -> bool:
        async with self._database.write() as tx:
            return await mark_seen(tx, self._events, *self._of(platform_id))

    async def seen_up_to(self, chat_id: str, number: int) -> bool:
        """All of the chat up to the platform's message ``number``."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(Delivery.id, Delivery.platform_id)
                .join(Conversation, Conversation.id == Delivery.conversation_id)
                .where(
                    Conversation.bot_account_id == self._account_id,
                    Conversation.chat_id == chat_id,
                    Delivery.state == DeliveryState.SENT,
                    Delivery.seen_at.is_(None),
                    Delivery.platform_id.is_not(None),
                )
                .order_by(Delivery.seq.desc())
                .limit(MOST)
            )
            read = [id_ for id_, key in rows if key and key.isdecimal() and int(key) <= number]
        if not read:
            return False
        async with self._database.write() as tx:
            return await mark_seen(tx, self._events, Delivery.id.in_(read))

    def _of(self, platform_id: str) -> tuple[ColumnElement[bool], ...]:
        return Delivery.bot_account_id == self._account_id, Delivery.platform_id == platform_id
