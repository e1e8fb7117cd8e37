"""A customer's file from the event to the store: through aiogram, with repeats and refusals."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram import Bot
from sqlalchemy import select

from bots import fetching
from bots.fetching import Fetching, FileSource
from bots.incoming import Incoming
from bots.intake import Intake
from bots.telegram.files import locator
from bots.telegram.incoming import parse_update, read_object
from bots.telegram.sender import make_bot
from conversations.events import Events
from conversations.models import Event, Message, MessageKind
from media import attachments
from media.addresses import Rules
from media.errors import NotReached
from media.fetching import Fetcher
from media.models import Attachment
from media.store import MediaStore
from storage.database import Database
from storage.signals import Signals
from tests.conftest import FakeClock
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.media.test_media import picture

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    bot = make_bot(TOKEN, telegram.url)
    yield bot
    await bot.session.close()


@pytest.fixture
def work(
    database: Database, events: Events, signals: Signals, media: MediaStore, account: int,
    telegram: FakeTelegram, bot: Bot,
) -> Fetching:  # fmt: skip
    fetcher = Fetcher(Rules((), telegram.url))
    source = FileSource("telegram", fetcher, locator(bot))
    return Fetching(database, events, signals, media, {account: source})


async def rows(database: Database) -> list[Attachment]:
    async with database.read() as session:
        return list((await session.execute(select(Attachment).order_by(Attachment.id))).scalars())


async def test_a_photo_and_a_paper_are_kept_once(
    database: Database, intake: Intake, account: int, telegram: FakeTelegram, work: Fetching,
    media: MediaStore,
) -> None:  # fmt: skip
    anna = telegram.customer()
    told = parse_update(read_object(anna.sends_photo(picture(), "счётчик")), account, NOW)
    assert told is not None
    assert await intake.accept(told)
    assert not await intake.accept(told)
    telegram.files["paper"] = b"%PDF-1.7 a paper"
    paper = {"file_id": "paper", "file_unique_id": "u", "file_name": "чек.exe"}
    told = parse_update(read_object(anna.message(document=paper)), account, NOW)
    assert told is not None
    await intake.accept(told)
    async with database.read() as session:
        data = (await session.execute(select(Message.data).order_by(Message.id))).scalars().first()
    assert data == {"type": "photo", "files": [{"type": "photo", "size": len(picture())}]}
    assert await work.fetch_due() == 2
    assert await work.fetch_due() == 0
    photo, document = await rows(database)
    assert (photo.state, photo.content_type, photo.source) == ("kept", "image/png", {})
    assert (photo.width, photo.height) == (8, 8)
    assert await media.read(photo.digest or "") == picture()
    assert (await media.read(photo.preview or ""))[:3] == b"\xff\xd8\xff"
    assert (document.state, document.preview) == ("kept", None)
    async with database.read() as session:
        found = await attachments.of_messages(session, [document.message_id])
        kinds = list((await session.execute(select(Event.kind).order_by(Event.id))).scalars())
    assert found[document.message_id][0].name == "чек.exe.pdf"
    assert kinds.count("message.attached") == 2


def with_file(account: int, number: int, **file: Any) -> Incoming:
    return Incoming(
        account, "telegram", "77", f"u{number}", MessageKind.ATTACHMENT, NOW, platform_no=number,
        data={"type": "document", "files": [{"type": "document", **file}]},
    )  # fmt: skip


async def test_what_does_not_come_is_tried_again_and_then_left_to_the_operator(
    database: Database, intake: Intake, account: int, work: Fetching, clock: FakeClock,
    telegram: FakeTelegram, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    telegram.files["big"] = b"%PDF-" + bytes(20 * 2**20)
    telegram.files["page"] = b"<html><script>alert(1)</script>"
    await intake.accept(with_file(account, 1, file_id="nowhere"))
    await intake.accept(with_file(account, 2, file_id="big"))
    await intake.accept(with_file(account, 3, file_id="page"))
    await intake.accept(with_file(account, 4, file_id="told", size=20 * 2**20 + 1))
    await work.fetch_due()
    found = await rows(database)
    assert [row.state for row in found] == ["failed"] * 4
    assert [row.problem for row in found] == ["gone", "too_large", "type", "too_large"]

    async def away(_source: object) -> str:
        raise NotReached("unreachable")

    source = FileSource("telegram", Fetcher(Rules()), away)
    silent = Fetching(database, work._events, work._signals, work._store, {account: source})
    await intake.accept(with_file(account, 5, file_id="later"))
    for pause in fetching.PAUSES:
        assert await silent.fetch_due() == 1
        assert await silent.fetch_due() == 0
        clock.advance(seconds=pause.total_seconds())
    assert (await rows(database))[-1].state == "waiting"
    await silent.fetch_due()
    last = (await rows(database))[-1]
    assert (last.state, last.problem, last.attempts) == ("failed", "unreachable", 6)

    telegram.files["later"] = picture()
    async with database.write() as tx:
        assert await attachments.again(tx, last.id)
    await work.fetch_due()
    assert (await rows(database))[-1].state == "kept"
    async with database.write() as tx:
        assert not await attachments.again(tx, last.id)
    assert TOKEN not in caplog.text


async def test_what_a_dead_process_was_fetching_is_fetched_by_the_next(
    database: Database, intake: Intake, account: int, work: Fetching, clock: FakeClock,
    telegram: FakeTelegram,
) -> None:  # fmt: skip
    telegram.files["a"] = picture()
    await intake.accept(with_file(account, 1, file_id="a"))
    (taken,) = await work._take()
    assert await work.fetch_due() == 0
    clock.advance(seconds=fetching.CLAIM.total_seconds())
    assert await work.fetch_due() == 1
    # The first one comes back to life: its word no longer counts.
    source = work._sources[account]
    await work._not_there(taken, source, NotReached("slow"))
    assert (await rows(database))[0].state == "kept"


async def test_a_host_that_is_not_allowed_is_named(
    database: Database, intake: Intake, account: int, work: Fetching, clock: FakeClock
) -> None:
    source = FileSource("vk", Fetcher(Rules(("*.userapi.com",), "https://api.vk.ru")))
    vk = Fetching(database, work._events, work._signals, work._store, {account: source})
    await intake.accept(with_file(account, 1, url="https://elsewhere.example/a.jpg"))
    await vk.fetch_due()
    async with database.read() as session:
        assert await attachments.refused_hosts(session, clock.now()) == {"elsewhere.example": 1}
