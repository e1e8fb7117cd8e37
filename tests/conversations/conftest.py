"""Conversations of three customers in one bot account."""

import pytest

from conversations.events import Events
from conversations.models import BotAccount, Contact, Conversation
from conversations.service import Outbox
from storage.database import Database
from storage.signals import Signals


@pytest.fixture
def signals(database: Database) -> Signals:
    return Signals(database)


@pytest.fixture
def events(signals: Signals) -> Events:
    return Events(signals)


@pytest.fixture
def outbox(events: Events, signals: Signals) -> Outbox:
    return Outbox(events, signals)


@pytest.fixture
async def chats(database: Database) -> list[int]:
    """Ids of three conversations."""
    async with database.write() as tx:
        account = BotAccount(channel="telegram", name="main")
        contact = Contact(created_at=tx.now)
        tx.session.add_all([account, contact])
        await tx.session.flush()
        made = [
            Conversation(
                contact_id=contact.id,
                bot_account_id=account.id,
                channel="telegram",
                chat_id=str(chat),
                last_message_at=tx.now,
                created_at=tx.now,
            )
            for chat in (77, 78, 79)
        ]
        tx.session.add_all(made)
        await tx.session.flush()
        return [conversation.id for conversation in made]
