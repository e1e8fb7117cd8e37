"""Store, then confirm: repeats, bad text, order, first contact from two sides."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bots.incoming import Incoming, storable_name
from bots.intake import Intake
from conversations import events as live
from conversations.events import Events
from conversations.models import Contact, Conversation, Message, MessageKind, Quarantine
from storage.database import Database
from storage.signals import Signals


@pytest.fixture
def intake(database: Database) -> Intake:
    signals = Signals(database)
    return Intake(database, Events(signals), signals)


def text(account: int, number: int, body: str = "привет", chat: str = "77") -> Incoming:
    return Incoming(
        bot_account_id=account,
        channel="telegram",
        chat_id=chat,
        external_id=f"u{chat}-{number}",
        kind=MessageKind.TEXT,
        sent_at=datetime(2026, 11, 18, 9, tzinfo=UTC),
        text=body,
        sender_name="Анна",
        platform_no=number,
        order_no=number,
    )


async def _count(database: Database, table: type) -> int:
    async with database.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_the_same_update_ten_times_is_one_message(
    database: Database, intake: Intake, account: int
) -> None:
    stored = await asyncio.gather(*(intake.accept(text(account, 1)) for _ in range(10)))
    assert sorted(stored) == [False] * 9 + [True]
    assert await intake.accept(text(account, 1)) is False
    assert await _count(database, Message) == 1
    assert await _count(database, Conversation) == 1


async def test_first_contact_through_two_processes_opens_one_conversation(
    database: Database, account: int
) -> None:
    signals = Signals(database)
    two = [Intake(database, Events(signals), signals) for _ in range(2)]
    await asyncio.gather(
        *(two[n % 2].accept(text(account, n, chat=f"c{n % 5}")) for n in range(20))
    )
    assert await _count(database, Message) == 20
    assert await _count(database, Conversation) == 5


async def test_unstorable_characters_are_replaced(
    database: Database, intake: Intake, account: int
) -> None:
    broken = Incoming(
        bot_account_id=account,
        channel="telegram",
        chat_id="77",
        external_id="u1",
        kind=MessageKind.PRESS,
        sent_at=datetime(2026, 11, 18, tzinfo=UTC),
        text="a\x00b\ud800",
        data={"action": "x\x00", "deep": ["\udfff"]},
        sender_name="\x00" + "я" * 1000,
    )
    assert await intake.accept(broken)
    async with database.read() as session:
        message = (await session.execute(select(Message))).scalar_one()
        conversation = (await session.execute(select(Conversation))).scalar_one()
    assert message.text == "a\ufffdb\ufffd"
    assert message.data == {"action": "x\ufffd", "deep": ["\ufffd"]}
    assert conversation.display_name is not None
    assert len(conversation.display_name) == 200


async def test_a_bad_event_goes_to_quarantine_and_harms_no_other(
    database: Database, intake: Intake, account: int
) -> None:
    bad = Incoming(
        bot_account_id=account,
        channel="telegram",
        chat_id="77",
        external_id="bad",
        kind=MessageKind.TEXT,
        sent_at=datetime(2026, 11, 18, tzinfo=UTC),
        platform_no=2**70,
    )
    outcomes = await asyncio.gather(
        *(intake.accept(item, b"raw") for item in (text(account, 1), bad, text(account, 2)))
    )
    assert outcomes == [True, False, True]
    async with database.read() as session:
        kept = (await session.execute(select(Quarantine))).scalar_one()
    assert (kept.external_id, kept.body) == ("bad", b"raw")


async def test_a_stored_message_is_due_and_announced(
    database: Database, intake: Intake, account: int
) -> None:
    await intake.accept(text(account, 1))
    async with database.read() as session:
        conversation = (await session.execute(select(Conversation))).scalar_one()
        changes = await live.since(session, 0)
    assert conversation.handle_at == database.clock.now()
    assert [(c.kind, c.conversation_id) for c in changes] == [("message.received", conversation.id)]


async def test_blocking_the_bot_is_marked_and_lifted_by_the_next_message(
    database: Database, intake: Intake, account: int
) -> None:
    stopped = Incoming(
        bot_account_id=account,
        channel="telegram",
        chat_id="77",
        external_id="u5",
        kind=MessageKind.STOPPED,
        sent_at=datetime(2026, 11, 18, tzinfo=UTC),
    )
    await intake.accept(stopped)
    async with database.read() as session:
        conversation = (await session.execute(select(Conversation))).scalar_one()
        assert (conversation.unreachable, conversation.handle_at) == ("blocked", None)
    await intake.accept(text(account, 6))
    async with database.read() as session:
        conversation = (await session.execute(select(Conversation))).scalar_one()
        assert conversation.unreachable is None
    assert await _count(database, Contact) == 1


async def test_an_album_is_answered_once_and_its_caption_always(
    database: Database, intake: Intake, account: int
) -> None:
    def part(number: int, caption: str = "", album: str = "a") -> Incoming:
        data = {"type": "photo", "album": album}
        return replace(text(account, number, caption), kind=MessageKind.ATTACHMENT, data=data)

    await asyncio.gather(*(intake.accept(part(number)) for number in (1, 2, 3)))
    await intake.accept(part(4, "показания 123"))
    await intake.accept(part(5, album="b"))
    async with database.read() as session:
        rows = await session.execute(
            select(Message.platform_no)
            .where(Message.handled_at.is_(None))
            .order_by(Message.platform_no)
        )
        assert list(rows.scalars()) == [1, 4, 5]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Анна \u202eавонавИ\u202c", "Анна авонавИ"),
        ("\u200b\u2060А\u200bн\u00adна\ufeff", "Анна"),
        ("строка\r\nвторая\tтретья", "строка вторая третья"),
        ("👩\u200d👧 Мама", "👩\u200d👧 Мама"),
        ("شركة", "شركة"),
        ("\u200b\u200d\u2066", None),
    ],
)
def test_a_name_neither_turns_nor_hides_the_text_around_it(name: str, kept: str | None) -> None:
    assert storable_name(name) == kept
