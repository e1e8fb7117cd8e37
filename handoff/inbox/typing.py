"""«Печатает…» to the customer whose operator writes an answer."""

from datetime import datetime, timedelta

from sqlalchemy import select

from conversations.models import Author, Conversation, Message
from conversations.typing import tell_typing
from handoff.models import Handoff, HandoffState
from storage.database import Database
from storage.signals import Signals

# Messengers show it for 5 to 10 seconds (Bot API, sendChatAction; VK, messages.setActivity).
EVERY = timedelta(seconds=4)
# Who has not written for so long does not sit and wait.
STALE = timedelta(hours=1)


class Typing:
    """Told at most every few seconds for a conversation, and only while the operator has it, the
    customer can be reached and wrote a short while ago. Chats of groups are never stored."""

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals
        self._told: dict[int, datetime] = {}

    async def typed(self, handoff_id: int, person_id: int) -> bool:
        """Whether the customer is told."""
        now = self._database.clock.now()
        self._told = {key: at for key, at in self._told.items() if now - at < EVERY}
        if handoff_id in self._told:
            return False
        self._told[handoff_id] = now
        wrote = (
            select(Message.created_at)
            .where(Message.conversation_id == Conversation.id, Message.author == Author.CUSTOMER)
            .order_by(Message.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        async with self._database.read() as session:
            row = (
                await session.execute(
                    select(
                        Conversation.id, Conversation.bot_account_id, Conversation.chat_id,
                        wrote.label("wrote_at"),
                    )
                    .join(Handoff, Handoff.conversation_id == Conversation.id)
                    .where(
                        Handoff.id == handoff_id,
                        Handoff.state == HandoffState.TAKEN,
                        Handoff.operator_id == person_id,
                        Conversation.unreachable.is_(None),
                    )
                )
            ).one_or_none()  # fmt: skip
        if row is None or row.wrote_at is None or now - row.wrote_at > STALE:
            return False
        await tell_typing(self._signals, row.id, row.bot_account_id, row.chat_id)
        return True
