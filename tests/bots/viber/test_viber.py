"""Viber: who may knock, the welcome, what comes, what goes out, what its answers mean."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bots import leased, registration
from bots.incoming import Incoming
from bots.intake import Intake
from bots.outcome import AccountBroken, Outcome, Rejected, Sent, SlowDown, TryAgain, Unknown
from bots.pace import Pace
from bots.registration import Registration
from bots.reports import Reports
from bots.viber import webhook
from bots.viber.incoming import parse_event
from bots.viber.sender import ViberApi, ViberSender
from conversations.events import since
from conversations.models import (
    Delivery,
    DeliveryState,
    Message,
    MessageKind,
    Quarantine,
)
from conversations.service import Outbox
from media.store import MediaStore
from replies import Button, File, FileKind, Part, Reply, render
from replies.channels import Markup
from storage.database import Database
from tests.bots.delivery_bench import Bench
from tests.bots.failing import failing
from tests.bots.parcels import parcel
from tests.bots.stored import count
from tests.conftest import FakeClock
from tests.fakes.telegram_failures import Failure, html_page, reset_after_accept
from tests.fakes.viber import TOKEN, FakeViber, refused
from tests.fakes.waiting import until

CUSTOMER = "01234567890A="
WELCOME = Part("Здравствуйте!", Markup.PLAIN, [[Button("Оплата", "menu:money")]])


@pytest.fixture
def viber() -> Iterator[FakeViber]:
    with FakeViber() as server:
        yield server


@pytest.fixture
def channel() -> str:
    return "viber"


@pytest.fixture
async def api(viber: FakeViber) -> AsyncIterator[ViberApi]:
    api = ViberApi(TOKEN, f"{viber.url}/pa")
    yield api
    await api.close()


@pytest.fixture
def sender(api: ViberApi, media: MediaStore) -> ViberSender:
    return ViberSender(
        api, media, Pace(1000), name="Энергосбыт",
        file_url=lambda digest, name: f"https://okno.example/media/{digest}/{name}",
    )  # fmt: skip


class Knocker:
    def __init__(self, client: httpx.AsyncClient, fake: FakeViber) -> None:
        self._client = client
        self._fake = fake

    async def post(self, event: object, signature: str | None = None) -> httpx.Response:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        shown = self._fake.sign(body) if signature is None else signature
        headers = {"X-Viber-Content-Signature": shown}
        return await self._client.post(webhook.PATH, content=body, headers=headers)


def app_of(intake: Intake, database: Database, account: int) -> FastAPI:
    app = FastAPI()
    app.include_router(
        webhook.router(
            intake,
            Reports(database, intake._events, account),
            account_id=account,
            token=TOKEN,
            name="Энергосбыт",
            welcome=WELCOME,
        )
    )
    return app


@pytest.fixture
async def knocker(
    intake: Intake, database: Database, account: int, viber: FakeViber
) -> AsyncIterator[Knocker]:
    transport = httpx.ASGITransport(app_of(intake, database, account))
    async with httpx.AsyncClient(transport=transport, base_url="http://okno") as client:
        yield Knocker(client, viber)


async def test_without_the_signature_nothing_is_stored(
    database: Database, knocker: Knocker, viber: FakeViber
) -> None:
    message = viber.customer().message(type="text", text="привет")
    good = viber.sign(json.dumps(message).encode())
    for signature in ("", "0" * 64, good[:-1], good.upper() + "x"):
        assert (await knocker.post(message, signature)).status_code == 403
    assert await count(database, Message) == 0
    for _ in range(3):
        assert (await knocker.post(message)).status_code == 200
    assert await count(database, Message) == 1


async def test_the_welcome_is_the_answer_and_nothing_is_stored(
    database: Database, knocker: Knocker, viber: FakeViber
) -> None:
    started = viber.event("conversation_started", type="open", context="pay", subscribed=False,
                          user=viber.customer().user)  # fmt: skip
    welcome = (await knocker.post(started)).json()
    assert welcome["text"] == "Здравствуйте!"
    assert welcome["keyboard"]["Buttons"][0]["Text"] == "Оплата"
    assert json.loads(welcome["tracking_data"])["context"] == "pay"
    assert await count(database, Message) == 0


async def test_what_is_no_event_and_what_follows_no_rule(
    database: Database, knocker: Knocker, viber: FakeViber
) -> None:
    for body in (b"", b"{", b"[1]", b"{}", b"[" * 100_000):
        assert (await knocker.post(body)).status_code == 400
    assert (await knocker.post(viber.event("an_event_of_2030"))).status_code == 200
    assert (await knocker.post(viber.event("message", sender={}))).status_code == 200
    assert [await count(database, t) for t in (Message, Quarantine)] == [0, 1]


async def test_while_the_database_is_away_viber_is_told_to_come_again(
    database: Database, intake: Intake, account: int, viber: FakeViber
) -> None:
    down = failing(intake)
    transport = httpx.ASGITransport(app_of(down, database, account))
    async with httpx.AsyncClient(transport=transport, base_url="http://okno") as client:
        message = viber.customer().message(type="text", text="привет")
        assert (await Knocker(client, viber).post(message)).status_code == 503


def test_what_comes(viber: FakeViber) -> None:
    anna = viber.customer()

    def seen(**message: object) -> Incoming:
        incoming = parse_event(anna.message(**message), 1)
        assert incoming is not None
        return incoming

    text = seen(type="text", text="привет")
    assert (text.kind, text.text, text.sender_name) == (MessageKind.TEXT, "привет", "Анна")
    picture = seen(type="picture", media="https://dl.example/a.jpg", text="счётчик", size=5)
    assert picture.data["type"] == "photo"
    assert picture.data["files"][0]["url"] == "https://dl.example/a.jpg"
    contact = seen(type="contact", contact={"phone_number": "79161234567"})
    told = {"phone": "79161234567", "own": False, "claimed": True}
    assert contact.data == told, "nothing proves it"
    tracking = json.dumps({"labels": {"menu:money": "Оплата"}, "context": "pay"})
    press = seen(type="text", text="okno/menu:money", tracking_data=tracking)
    assert (press.kind, press.text, press.data) == (
        MessageKind.PRESS, "Оплата", {"action": "menu:money"},
    )  # fmt: skip
    assert seen(type="text", text="я", tracking_data=tracking).data == {"ref": "pay"}
    assert seen(type="text", text="я", tracking_data="[" * 9000).data == {}
    left = parse_event(viber.event("unsubscribed", user_id="x"), 1)
    assert left is not None
    assert left.kind is MessageKind.STOPPED
    assert parse_event(viber.event("delivered", user_id="x"), 1) is None


async def test_what_is_told_of_a_message_afterwards(
    database: Database, clock: object, intake: Intake, outbox: Outbox, account: int,
    knocker: Knocker, viber: FakeViber,
) -> None:  # fmt: skip
    bench = Bench(database, clock, intake._events, intake._signals, outbox, intake, account)  # type: ignore[arg-type]
    await bench.queue(await bench.chat("a"), "привет")
    async with database.write() as tx:
        (row,) = (await tx.session.execute(select(Delivery))).scalars()
        row.state, row.platform_id = DeliveryState.SENT, "4711"
    assert isinstance(clock, FakeClock)
    marks = []
    for kind in ("delivered", "seen", "seen"):
        clock.advance(minutes=1)
        told = viber.event(kind, user_id="a") | {"message_token": 4711}
        assert (await knocker.post(told)).status_code == 200
        (row,) = await bench.rows()
        marks.append((row.delivered_at, row.seen_at))
    assert marks == [(clock.now() - timedelta(minutes=2), None)] + 2 * [
        (clock.now() - timedelta(minutes=2), clock.now() - timedelta(minutes=1))
    ]
    failed = viber.event("failed", user_id="a", desc="validation") | {"message_token": 4711}
    assert (await knocker.post(failed)).status_code == 200
    (row,) = await bench.rows()
    assert (row.state, row.error) == (DeliveryState.FAILED, "Viber: validation")
    async with database.read() as session:
        told_pages = [change.kind for change in await since(session, 0)][-3:]
    assert told_pages == ["message.delivered", "message.seen", "message.failed"]


async def test_the_webhook_is_set_once_we_listen(
    database: Database, api: ViberApi, account: int, viber: FakeViber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(registration, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(leased, "PAUSE_SECONDS", 0.01)
    stop = asyncio.Event()
    keeper = Registration(
        database, lambda: webhook.register(api, viber.url),
        channel="viber", account_id=account, holder="a", period=3600,
    )  # fmt: skip
    running = asyncio.create_task(keeper.run(stop))
    await until(lambda: len(viber.called("set_webhook")) >= 2, "refused, and tried again")
    assert not viber.webhook
    stop.set()
    await running


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (refused("send_message", 12), SlowDown(600.0)),
        (refused("send_message", 2), AccountBroken("Viber 2")),
        (refused("send_message", 10), AccountBroken("Viber 10")),
        (refused("send_message", 24), AccountBroken("Viber 24")),
        (refused("send_message", 5), Rejected("Viber 5", unreachable=True)),
        (refused("send_message", 99), TryAgain("Viber 99")),
        (html_page("send_message"), Unknown("NotUnderstood")),
        (reset_after_accept("send_message"), Unknown("RemoteProtocolError")),
    ],
)
async def test_the_meaning_of_answers(
    viber: FakeViber, sender: ViberSender, failure: Failure, outcome: Outcome
) -> None:
    viber.customer().message()
    viber.fail(failure)
    assert await sender.send(parcel(CUSTOMER)) == outcome
    assert len(viber.called("send_message")) == 1


async def test_who_left_and_who_never_came(viber: FakeViber, sender: ViberSender) -> None:
    viber.customer()
    assert await sender.send(parcel(CUSTOMER)) == Rejected("Viber 6", unreachable=True)
    assert await sender.send(parcel("nobody")) == Rejected("Viber 5", unreachable=True)


async def test_what_viber_calls_wrong_is_sent_once_more_plain(
    viber: FakeViber, sender: ViberSender
) -> None:
    anna = viber.customer()
    anna.message()
    viber.fail(refused("send_message", 13))
    part = Part("Что?", Markup.PLAIN, [[Button("Долг", "a")]])
    assert isinstance(await sender.send(parcel(CUSTOMER, part)), Sent)
    assert anna.reads == ["Что?\n\n1. Долг"]


async def test_the_phone_is_asked_for_where_a_claim_is_enough(
    viber: FakeViber, sender: ViberSender
) -> None:
    anna = viber.customer()
    anna.message()
    proof, claim = Button("Подтвердить", contact=True), Button("Мой", contact=True, claim=True)
    (part,) = render(Reply("Номер?", (proof, claim, Button("Нет", "no"))), "viber")
    assert isinstance(await sender.send(parcel(CUSTOMER, part)), Sent)
    keys = anna.sees[0]["keyboard"]["Buttons"]
    assert [(key["ActionType"], key["Text"]) for key in keys] == [
        ("share-phone", "Мой"), ("reply", "Нет"),
    ]  # fmt: skip
    viber.fail(refused("send_message", 13))
    assert isinstance(await sender.send(parcel(CUSTOMER, part)), Sent), "a client too old for it"
    assert anna.reads[1] == "Номер?\n\n1. Нет"
    assert "min_api_version" not in anna.sees[1]
    event = anna.message(type="text", text="перезвоните")
    for version, lacks in ((2, ["phone_button"]), (3, []), (None, ["phone_button"])):
        event["sender"]["api_version"] = version
        told = parse_event(event, 1)
        assert told is not None
        assert told.data.get("lacks", []) == lacks
    (part,) = render(Reply("Номер?", (proof, claim, Button("Нет", "no"))), "viber", lacks)
    assert [button.label for row in part.rows for button in row] == ["Нет"]


async def test_pictures_and_documents_go_as_links(
    viber: FakeViber, sender: ViberSender, media: MediaStore
) -> None:
    anna = viber.customer()
    anna.message()
    picture = File(FileKind.PICTURE, await media.put(b"\x89PNG\r\n\x1a\n1"), "qr.png", "QR")
    paper = File(FileKind.DOCUMENT, await media.put(b"%PDF-1.7"), "Справка.pdf", "Справка")
    for files in ((picture,), (paper,), (picture, paper)):
        for part in render(Reply("К оплате", (Button("Меню <1>", "menu"),), files), "viber"):
            assert isinstance(await sender.send(parcel(CUSTOMER, part)), Sent)
    assert [message["type"] for message in anna.sees] == [
        "picture", "text", "file", "picture", "file",
    ]  # fmt: skip
    assert anna.sees[2]["size"] == 8
    assert all(call.accepted for call in viber.called("send_message"))
