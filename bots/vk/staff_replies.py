"""What employees answer on VK's own page of the community's messages.

VK tells of everything that the community sends (``message_reply``), also of what we have sent:
ours is known by its ``random_id``, written down before the call. ``admin_author_id`` stands only
under what a person wrote. Source: VK API schema, callback message_reply, messages_message.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bots.incoming import Unreadable, storable
from bots.vk.incoming import event_id, plain_text
from conversations.events import Events
from conversations.models import Author, Conversation, Delivery, Message, MessageKind
from conversations.service import lock
from storage.database import Database, Transaction

NAME = "Сотрудник ВКонтакте"
WITHOUT_WORDS = "(без слов: вложение на странице ВКонтакте)"

# The operators' queue hears of it; the conversation is locked.
Answered = Callable[[Transaction, Conversation], Awaitable[None]]


class StaffReplies:
    def __init__(
        self, database: Database, events: Events, answered: Answered, account_id: int
    ) -> None:
        self._database = database
        self._events = events
        self._answered = answered
        self._account_id = account_id

    async def take(self, event: dict[str, Any]) -> bool:
        """False for what is ours, known already, or of a chat that never wrote to us. Raises
        Unreadable, and what the database raises."""
        try:
            value = event["object"]
            if not value.get("admin_author_id"):
                return False
            peer, random_id = str(int(value["peer_id"])), int(value.get("random_id") or 0)
            sent_at = datetime.fromtimestamp(value["date"], UTC)
            text = storable(plain_text(str(value.get("text") or ""))) or WITHOUT_WORDS
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise Unreadable(f"message_reply {event_id(event)}") from error
        async with self._database.write() as tx:
            found = await tx.session.scalar(
                select(Conversation.id).where(
                    Conversation.bot_account_id == self._account_id, Conversation.chat_id == peer
                )
            )
            if found is None or await self._is_ours(tx, found, random_id):
                return False
            conversation = (await lock(tx, [found]))[found]
            message_id = await self._write(tx, conversation, event_id(event), text, sent_at)
            if message_id is None:
                return False
            conversation.last_message_at = tx.now
            await self._answered(tx, conversation)
            self._events.emit(
                tx, "message.queued", conversation_id=conversation.id, message=message_id
            )
        return True

    async def _is_ours(self, tx: Transaction, conversation_id: int, random_id: int) -> bool:
        if not random_id:
            return False
        sent = await tx.session.scalar(
            select(Delivery.id).where(
                Delivery.conversation_id == conversation_id, Delivery.random_id == random_id
            )
        )
        return sent is not None

    async def _write(
        self, tx: Transaction, conversation: Conversation, key: str, text: str, sent_at: datetime
    ) -> int | None:
        insert = sqlite_insert if tx.is_sqlite else postgres_insert
        written = await tx.session.execute(
            insert(Message)
            .values(
                conversation_id=conversation.id, bot_account_id=self._account_id,
                author=Author.OPERATOR, kind=MessageKind.TEXT, text=text, data={"name": NAME},
                external_id=key, edit_version=0, order_no=0, sent_at=sent_at, created_at=tx.now,
                handled_at=tx.now,
            )
            .on_conflict_do_nothing(index_elements=["bot_account_id", "external_id"])
            .returning(Message.id)
        )  # fmt: skip
        return written.scalar_one_or_none()
