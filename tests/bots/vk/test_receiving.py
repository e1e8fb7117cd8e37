"""Long poll and Callback API: nothing is confirmed before it is stored; who may knock."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event as sql_event
from sqlalchemy import select
from vkbottle.http import aiohttp as vkbottle_http

from bots import leased
from bots.incoming import Incoming
from bots.intake import Intake
from bots.position import position
from bots.vk import api as vk_api
from bots.vk import seen as vk_seen
from bots.vk import webhook
from bots.vk.api import VkApi
from bots.vk.names import Names
from bots.vk.polling import VkPolling
from bots.vk.receiving import Receiver
from bots.vk.seen import Seen
from conversations.models import (
    Author,
    Conversation,
    Delivery,
    DeliveryState,
    Message,
    Quarantine,
)
from conversations.service import Outbox, Outgoing
from storage.database import Database
from tests.bots.failing import failing
from tests.bots.polls import Polling
from tests.bots.stored import count, texts
from tests.fakes.telegram_failures import html_page
from tests.fakes.vk import CONFIRMATION, SECRET, TOKEN, FakeVk, refused
from tests.fakes.vk_events import GROUP_ID, Event, Numbers, Person, body_of
from tests.fakes.waiting import until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vk_api, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(leased, "PAUSE_SECONDS", 0.01)


Poll = Callable[..., Polling]
Receiving = Callable[[Intake], Receiver]


@pytest.fixture
async def poll(
    database: Database, intake: Intake, api: VkApi, receiving: Receiving, account: int
) -> AsyncIterator[Poll]:
    running: list[Polling] = []

    def start(holder: str = "a", through: Intake = intake, api: VkApi = api) -> Polling:
        running.append(
            Polling(
                VkPolling(
                    database, receiving(through), api,
                    account_id=account, group_id=GROUP_ID, holder=holder,
                )
            )
        )  # fmt: skip
        return running[-1]

    yield start
    for one in running:
        await one.die()


def polled(vk: FakeVk, ts: int) -> Callable[[], bool]:
    """Asked for what comes after ``ts``: everything before is confirmed."""
    return lambda: ts in vk.polled


async def test_what_comes_is_stored_and_then_confirmed(
    database: Database, vk: FakeVk, poll: Poll, account: int
) -> None:
    poll()
    await until(polled(vk, 1), "it polls")
    for n in range(3):
        vk.customer().says(f"{n}")
    await until(polled(vk, 4), "everything is confirmed")
    assert await texts(database) == ["0", "1", "2"]
    assert await position(database, account) == 4


async def test_whatever_json_is_installed_half_a_pair_of_surrogates_stops_nothing(
    database: Database, vk: FakeVk, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """vkbottle takes orjson where it is there, and that refuses what VK sends."""

    class Strict:
        @staticmethod
        def loads(text: str) -> object:
            raise ValueError("surrogates not allowed")

    monkeypatch.setattr(vkbottle_http, "json_module", Strict)
    strict_api = VkApi(TOKEN, vk.url)
    poll(api=strict_api)
    await until(polled(vk, 1), "it polls")
    vk.customer().says("цена \ud83d?")
    await until(polled(vk, 2), "it is confirmed")
    assert (await texts(database))[0].startswith("цена ")
    await strict_api.close()


async def test_what_came_while_we_were_down_is_not_skipped(
    database: Database, vk: FakeVk, poll: Poll
) -> None:
    first = poll()
    await until(polled(vk, 1), "it polls")
    await first.stop()
    vk.customer().says("пока бот спал")
    poll()
    await until(polled(vk, 2), "it is confirmed")
    assert await texts(database) == ["пока бот спал"]


async def test_while_the_database_is_away_nothing_is_confirmed(
    database: Database, vk: FakeVk, poll: Poll, intake: Intake
) -> None:
    down = failing(intake)
    poll(through=down)
    await until(polled(vk, 1), "it polls")
    vk.customer().says("привет")
    await until(lambda: vk.polled.count(1) >= 4, "it is asked for again")
    assert 2 not in vk.polled
    down.away = False
    await until(polled(vk, 2), "it is confirmed")
    assert await texts(database) == ["привет"]


class DyingIntake(Intake):
    async def accept(self, incoming: Incoming, raw: bytes = b"") -> bool:
        await super().accept(incoming, raw)
        await asyncio.Event().wait()
        raise AssertionError


async def test_death_between_store_and_ts_brings_the_event_again_and_stores_it_once(
    database: Database, vk: FakeVk, poll: Poll, intake: Intake
) -> None:
    first = poll(through=DyingIntake(database, intake._events, intake._signals))
    await until(polled(vk, 1), "it polls")
    vk.customer().says("привет")

    async def stored() -> bool:
        return await count(database, Message) == 1

    await until(stored, "it is stored")
    await first.die()
    poll()
    await until(polled(vk, 2), "it is confirmed")
    assert await texts(database) == ["привет"]


async def test_a_key_that_has_run_out_and_a_lost_history(
    database: Database, vk: FakeVk, poll: Poll, account: int
) -> None:
    poll()
    await until(polled(vk, 1), "it polls")
    vk.forget_key()
    vk.customer().says("раз")
    await until(polled(vk, 2), "with a new key")
    assert await texts(database) == ["раз"]
    vk.first_ts = 100
    vk.forget_key()
    await until(polled(vk, 101), "from where VK still knows")
    vk.customer().says("два")
    await until(polled(vk, 102), "it goes on")
    assert await texts(database) == ["раз", "два"]


async def test_faults_of_the_platform_are_waited_out(
    database: Database, vk: FakeVk, poll: Poll
) -> None:
    vk.fail(refused("groups.getLongPollServer", 10), html_page("groups.getLongPollServer"),
            html_page("a_check"))  # fmt: skip
    poll()
    await until(lambda: vk.polled.count(1) >= 2, "it polls")
    vk.customer().says("привет")
    await until(polled(vk, 2), "it is confirmed")
    assert await texts(database) == ["привет"]


async def test_an_event_against_the_schema_is_kept_aside(
    database: Database, vk: FakeVk, poll: Poll
) -> None:
    poll()
    await until(polled(vk, 1), "it polls")
    broken = vk.customer().message("нечитаемое")
    del broken["object"]["message"]["peer_id"]
    vk.push(broken)
    vk.push({"type": "an_event_of_2030", "object": {}, "group_id": GROUP_ID, "event_id": "x"})
    vk.customer().says("привет\ud800")
    await until(polled(vk, 4), "everything is confirmed")
    assert await texts(database) == ["привет\ufffd"]
    assert await count(database, Quarantine) == 1


async def test_only_the_holder_of_the_lease_polls(
    database: Database, vk: FakeVk, poll: Poll
) -> None:
    first = poll("a")
    await until(polled(vk, 1), "the first polls")
    second = poll("b")
    vk.customer().says("раз")
    await until(polled(vk, 2), "stored")
    assert len(vk.called("groups.getLongPollServer")) == 1
    await first.stop()
    await until(lambda: len(vk.called("groups.getLongPollServer")) == 2, "the second takes over")
    await second.stop()


async def test_the_name_is_found_out_afterwards(
    database: Database, vk: FakeVk, poll: Poll, names: Names
) -> None:
    stop = asyncio.Event()
    asking = asyncio.create_task(names.run(stop))
    vk.fail(refused("users.get", 10))
    poll()
    await until(polled(vk, 1), "it polls")
    vk.customer().says("раз")

    async def named() -> bool:
        async with database.read() as session:
            name = (await session.execute(select(Conversation.display_name))).scalar_one_or_none()
        return name == "Анна77 Петрова"

    await until(polled(vk, 2), "stored, without waiting for the name")
    vk.customer().says("два")
    await until(named, "the name is there")
    vk.customer().says("три")
    await until(polled(vk, 4), "one more")
    assert await named(), "it is not forgotten with the next message"
    stop.set()
    await asking


# --- Callback API ------------------------------------------------------------------------------


class Knocker:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def post(self, body: Event | bytes, secret: str | None = SECRET) -> tuple[int, str]:
        content = body if isinstance(body, bytes) else body_of(body, secret)
        response = await self._client.post(webhook.PATH, content=content)
        return response.status_code, response.text


@asynccontextmanager
async def served(receiver: Receiver) -> AsyncIterator[Knocker]:
    app = FastAPI()
    app.include_router(
        webhook.router(
            receiver, group_id=GROUP_ID, secret=SECRET, confirmation=CONFIRMATION
        )
    )  # fmt: skip
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://okno") as client:
        yield Knocker(client)


@pytest.fixture
async def knocker(intake: Intake, receiving: Receiving) -> AsyncIterator[Knocker]:
    async with served(receiving(intake)) as knocker:
        yield knocker


@pytest.fixture
def anna() -> Person:
    return Person(Numbers(), 77)


async def test_the_address_is_confirmed_for_our_group_only(knocker: Knocker) -> None:
    ours = {"type": "confirmation", "group_id": GROUP_ID}
    assert await knocker.post(ours, None) == (200, CONFIRMATION)
    status, said = await knocker.post({"type": "confirmation", "group_id": 8}, None)
    assert status == 403
    assert CONFIRMATION not in said


async def test_without_the_secret_or_for_another_group_nothing_is_stored(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    for secret in (None, "", "wrong", SECRET + "x", "\ud800"):
        assert (await knocker.post(anna.message("привет"), secret))[0] == 403
    assert (await knocker.post(anna.message("привет") | {"group_id": 8}))[0] == 403
    assert (await knocker.post(json.dumps(anna.message("x") | {"secret": 5}).encode()))[0] == 403
    assert await count(database, Message) == 0
    assert await knocker.post(anna.message("привет")) == (200, "ok")
    assert await count(database, Message) == 1


async def test_a_repeat_is_confirmed_and_stored_once(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    event = anna.message("привет")
    answers = await asyncio.gather(*(knocker.post(event) for _ in range(10)))
    assert answers == [(200, "ok")] * 10
    assert await count(database, Message) == 1


async def test_what_came_is_marked_as_read(
    knocker: Knocker, anna: Person, vk: FakeVk, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vk_seen, "PAUSE_SECONDS", 0.01)
    vk.fail(refused("messages.markAsRead", 15))
    for _ in range(3):
        await knocker.post(anna.message("привет"))
    await knocker.post(Person(Numbers(), 78).message("привет"))
    stop = asyncio.Event()
    running = asyncio.create_task(seen.run(stop))
    await until(lambda: len(vk.called("messages.markAsRead")) == 2, "one call for a chat")
    stop.set()
    await running
    calls = vk.called("messages.markAsRead")
    assert [(call.params["peer_id"], call.accepted) for call in calls] == [
        ("77", False), ("78", True),
    ]  # fmt: skip


async def test_an_employees_answer_is_stored_and_a_broken_one_kept_aside(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    await knocker.post(anna.message("привет"))
    assert await knocker.post(anna.answered_by(501, "Здравствуйте")) == (200, "ok")
    assert await texts(database) == ["привет", "Здравствуйте"]
    broken = anna.event("message_reply", {"admin_author_id": 501})
    assert await knocker.post(broken) == (200, "ok")
    assert await count(database, Quarantine) == 1


async def test_unknown_and_unreadable_events_are_confirmed(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    assert await knocker.post(anna.event("an_event_of_2030", {})) == (200, "ok")
    broken = anna.message("x")
    del broken["object"]["message"]["from_id"]
    assert await knocker.post(broken) == (200, "ok")
    async with database.read() as session:
        kept = (await session.execute(select(Quarantine))).scalar_one()
    assert json.loads(kept.body) == broken, "as it came, but without the secret"
    assert await count(database, Message) == 0


async def test_what_is_no_event_is_refused(database: Database, knocker: Knocker) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        assert (await knocker.post(body))[0] == 400
    for body in (b"[1]", b"null", b"{}"):
        assert (await knocker.post(body))[0] == 403
    assert (await knocker.post(b" " * 1_000_001))[0] == 413
    nameless = json.dumps({"type": "x", "group_id": GROUP_ID, "secret": SECRET}).encode()
    assert (await knocker.post(nameless))[0] == 400


async def test_ok_is_not_said_before_it_is_durable(
    database: Database, knocker: Knocker, anna: Person
) -> None:
    committed = asyncio.Event()

    @sql_event.listens_for(database.engine.sync_engine, "commit")
    def note(_connection: object) -> None:
        committed.set()

    assert await knocker.post(anna.message("привет")) == (200, "ok")
    assert committed.is_set()


async def test_while_the_database_is_away_vk_is_told_to_come_again(
    database: Database, intake: Intake, receiving: Receiving, anna: Person
) -> None:
    down = failing(intake)
    async with served(receiving(down)) as knocker:
        event = anna.message("привет")
        assert (await knocker.post(event))[0] == 503
        down.away = False
        assert await knocker.post(event) == (200, "ok")
    assert await texts(database) == ["привет"]


async def test_how_far_the_customer_has_read(
    database: Database, knocker: Knocker, outbox: Outbox, anna: Person
) -> None:
    assert await knocker.post(anna.message("где счёт")) == (200, "ok")
    async with database.write() as tx:
        conversation = await tx.session.scalar(select(Conversation.id))
        assert conversation is not None
        texts_ = [Outgoing(conversation, Author.OPERATOR, text, [{"text": text}]) for text in "абв"]
        await outbox.queue(tx, texts_)
        for number, row in enumerate((await tx.session.execute(select(Delivery))).scalars(), 101):
            row.state, row.platform_id = DeliveryState.SENT, str(number)

    async def read() -> list[str]:
        async with database.read() as session:
            rows = await session.execute(
                select(Delivery.platform_id).where(Delivery.seen_at.is_not(None))
            )
            return sorted(rows.scalars())

    for event, expected in (
        (anna.read(102, reader=-GROUP_ID), []),  # we have read what the customer wrote
        (anna.read(102), ["101", "102"]),
        (anna.read(102), ["101", "102"]),
        (Person(Numbers(), 78).read(103), ["101", "102"]),
        (anna.read(990), ["101", "102", "103"]),
    ):
        assert await knocker.post(event) == (200, "ok")
        assert await read() == expected
    broken = anna.read(1)
    del broken["object"]["peer_id"]
    assert await knocker.post(broken) == (200, "ok")
    assert await count(database, Quarantine) == 1
