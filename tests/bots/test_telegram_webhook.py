"""The webhook: who may knock, what is stored, and that 200 is never said before."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, select, text

from bots.intake import Intake
from bots.telegram import webhook
from bots.telegram.sender import make_bot
from bots.webhooks import MAX_BODY
from conversations.events import Events
from conversations.models import Conversation, Message, Quarantine
from conversations.service import bot_account_id
from storage.database import Database
from storage.signals import Signals
from tests.bots.stored import count
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_updates import Numbers, Person, Update, body_of

SECRET = "a-long_secret"


class Knocker:
    """Posts to the webhook as Telegram does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def post(self, body: Update | bytes, secret: str | None = SECRET) -> int:
        content = body if isinstance(body, bytes) else body_of(body)
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        response = await self._client.post(webhook.PATH, content=content, headers=headers)
        return response.status_code


@asynccontextmanager
async def served(database: Database) -> AsyncIterator[Knocker]:
    signals = Signals(database)
    intake = Intake(database, Events(signals), signals)
    account = await bot_account_id(database, "telegram")
    app = FastAPI()
    app.include_router(webhook.router(intake, account_id=account, secret=SECRET))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://okno") as client:
        yield Knocker(client)


@pytest.fixture
async def knocker(database: Database) -> AsyncIterator[Knocker]:
    async with served(database) as knocker:
        yield knocker


@pytest.fixture
def anna() -> Person:
    return Person(Numbers(), 77)


async def test_without_the_secret_nothing_is_stored(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    for secret in (None, "", "wrong", SECRET + "x", SECRET[:-1]):
        assert await knocker.post(anna.text("привет"), secret) == 401
    assert await count(database, Message) == 0
    assert await knocker.post(anna.text("привет")) == 200
    assert await count(database, Message) == 1


async def test_what_is_no_update_is_refused_and_crashes_nothing(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    for body in (b"", b"{", b"[1]", b"null", b"{}", b"\xff", b"[" * 100_000):
        assert await knocker.post(body) == 400
    assert await knocker.post(b" " * (MAX_BODY + 1)) == 413
    assert await knocker.post(anna.text("привет")) == 200
    assert [await count(database, t) for t in (Message, Quarantine)] == [1, 0]


async def test_an_unreadable_update_is_kept_as_it_came_and_holds_nobody_back(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    broken = anna.text("привет")
    del broken["message"]["date"]
    assert await knocker.post(broken) == 200
    async with database.read() as session:
        kept = (await session.execute(select(Quarantine))).scalar_one()
    assert (kept.external_id, kept.body) == (str(broken["update_id"]), body_of(broken))
    assert await count(database, Message) == 0


async def test_updates_of_no_concern_are_confirmed(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    assert await knocker.post({"update_id": 1, "an_event_of_2030": {"a": [1]}}) == 200
    group = anna.text("привет")
    group["message"]["chat"] = {"id": -1, "type": "group", "title": "дом"}
    assert await knocker.post(group) == 200
    assert [await count(database, t) for t in (Message, Quarantine)] == [0, 0]


async def test_the_same_update_ten_times_is_confirmed_and_stored_once(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    update = anna.text("привет")
    statuses = await asyncio.gather(*(knocker.post(update) for _ in range(10)))
    assert statuses == [200] * 10
    assert await count(database, Message) == 1


async def test_nul_surrogates_and_markup_are_stored_readable(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    update = anna.text("a\x00b\ud800<b>&*_")
    update["message"]["from"] = {"id": 77, "is_bot": False, "first_name": "\x00\udfff"}
    assert await knocker.post(update) == 200
    assert await knocker.post(anna.press("x\x00\ud800")) == 200
    async with database.read() as session:
        rows = list(await session.execute(select(Message.text, Message.data).order_by(Message.id)))
        name = (await session.execute(select(Conversation.display_name))).scalar_one()
    assert rows[0].text == "a\ufffdb\ufffd<b>&*_"
    assert rows[1].data["action"] == "x\ufffd\ufffd"
    assert name is not None


async def test_nothing_is_confirmed_before_it_is_durable(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    committed = asyncio.Event()

    @event.listens_for(database.engine.sync_engine, "commit")
    def note(_connection: object) -> None:
        committed.set()

    assert await knocker.post(anna.text("привет")) == 200
    assert committed.is_set()


async def test_a_full_sqlite_file_confirms_nothing_until_there_is_room(
    sqlite_url: str,
) -> None:
    database = Database(sqlite_url)
    async with served(database) as knocker:
        anna = Person(Numbers(), 77)
        async with database.engine.connect() as connection:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count={pages}"))
        update = anna.text("ъ" * 20_000)
        assert await knocker.post(update) == 503
        assert [await count(database, t) for t in (Message, Quarantine)] == [0, 0]
        async with database.engine.connect() as connection:
            await connection.execute(text("PRAGMA max_page_count=1000000"))
        assert await knocker.post(update) == 200
        assert await count(database, Message) == 1
    await database.close()


async def test_an_unreachable_postgres_confirms_nothing_until_it_is_back(
    postgres_url: str, postgres_server: str
) -> None:
    database = Database(postgres_url)
    admin = await asyncpg.connect(postgres_server)
    name = re.search(r"/(test_\w+)", postgres_url)
    assert name is not None
    async with served(database) as knocker:
        anna = Person(Numbers(), 77)
        await admin.execute(f"ALTER DATABASE {name[1]} ALLOW_CONNECTIONS false")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name[1]
        )
        updates = [anna.text(str(n)) for n in range(3)]
        for update in updates:
            assert await knocker.post(update) == 503
        await admin.execute(f"ALTER DATABASE {name[1]} ALLOW_CONNECTIONS true")
        for update in updates:
            assert await knocker.post(update) == 200
        assert [await count(database, t) for t in (Message, Quarantine)] == [3, 0]
    await database.close()
    await admin.close()


async def test_the_webhook_is_registered_with_its_secret(telegram: FakeTelegram) -> None:
    bot = make_bot(TOKEN, telegram.url)
    await webhook.register(bot, "https://okno.example/", SECRET)
    await bot.session.close()
    assert telegram.webhook["url"] == "https://okno.example/webhooks/telegram"
    assert telegram.webhook["secret_token"] == SECRET
    assert "callback_query" in telegram.webhook["allowed_updates"]
