"""Odnoklassniki: the secret address, what comes, what goes out, the subscription."""

import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bots.incoming import Incoming
from bots.intake import Intake
from bots.ok import webhook
from bots.ok.incoming import parse_event
from bots.ok.sender import OkApi, OkSender
from bots.outcome import AccountBroken, Outcome, Parcel, Rejected, Sent, SlowDown, TryAgain, Unknown
from bots.pace import Pace
from conversations.models import DeliveryKind, Message, MessageKind, Quarantine
from media.store import MediaStore
from replies import Button, File, FileKind, Part, Reply, render
from replies.channels import Markup
from storage.database import Database
from tests.bots.parcels import parcel
from tests.fakes.ok import TOKEN, Event, FakeOk, refused
from tests.fakes.telegram_failures import Failure, html_page, reset_after_accept

SECRET = "an-unguessable-part-of-the-address"
CHAT = f"chat:C{77:x}"


@pytest.fixture
def ok() -> Iterator[FakeOk]:
    with FakeOk() as server:
        yield server


@pytest.fixture
def channel() -> str:
    return "ok"


@pytest.fixture
async def api(ok: FakeOk) -> AsyncIterator[OkApi]:
    api = OkApi(TOKEN, f"{ok.url}/graph")
    yield api
    await api.close()


@pytest.fixture
def sender(api: OkApi, media: MediaStore) -> OkSender:
    return OkSender(api, media, Pace(1000))


def seen(event: Event) -> Incoming:
    incoming = parse_event(event, 1)
    assert incoming is not None
    return incoming


def test_what_comes(ok: FakeOk) -> None:
    anna = ok.customer()
    event = anna.message("привет")
    text = seen(event)
    assert (text.kind, text.text, text.sender_name) == (MessageKind.TEXT, "привет", "Анна П")
    assert (text.chat_id, text.platform_no) == (CHAT, event["message"]["seq"])
    old = {key: value for key, value in event.items() if key != "webhookType"}
    assert seen(old) == text
    press = seen(anna.press("menu:1"))
    assert (press.kind, press.data) == (MessageKind.PRESS, {"action": "menu:1"})
    photo = seen(anna.message(attachments=[{"type": "IMAGE", "payload": {"url": "u"}}]))
    assert photo.data == {"type": "photo", "files": [{"type": "photo", "url": "u"}]}
    contact = anna.message(attachments=[{"type": "CONTACT", "payload": {"phone": "+7916"}}])
    told = {"phone": "+7916", "own": False, "claimed": True}
    assert seen(contact).data == told, "nothing proves it"
    assert parse_event({**event, "webhookType": "AN_EVENT_OF_2030"}, 1) is None
    assert parse_event(anna.message('{"ty": "chatCreated"}'), 1) is None, "not his words"
    assert seen(anna.message('{"показания": 12345}')).text == '{"показания": 12345}'


async def test_the_webhook(database: Database, intake: Intake, account: int, ok: FakeOk) -> None:
    app = FastAPI()
    app.include_router(webhook.router(intake, account_id=account, secret=SECRET))
    event = ok.customer().message("привет")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://okno"
    ) as client:

        async def post(body: object, secret: str = SECRET) -> int:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            return (await client.post(f"{webhook.PATH}/{secret}", content=content)).status_code

        for secret in ("x", SECRET[:-1], SECRET + "x"):
            assert await post(event, secret) == 404
        for body in (b"", b"{", b"[1]", b"{}", b"[" * 100_000):
            assert await post(body) == 400
        assert [await post(event) for _ in range(3)] == [200] * 3
        broken = ok.customer().message("x")
        del broken["recipient"]
        assert await post(broken) == 200
    async with database.read() as session:
        for table in (Message, Quarantine):
            found = await session.execute(select(func.count()).select_from(table))
            assert found.scalar_one() == 1


async def test_the_subscription_is_kept_and_an_older_address_dropped(
    api: OkApi, ok: FakeOk
) -> None:
    base = f"https://okno.example{webhook.PATH}"
    ok.subscriptions[:] = [f"{base}/older", "https://another-service.example"]
    for _ in range(2):
        await webhook.keep_subscribed(api, "https://okno.example", SECRET)
    assert sorted(ok.subscriptions) == ["https://another-service.example", f"{base}/{SECRET}"]
    ok.fail(refused("GET me/subscriptions", 102))
    with pytest.raises(webhook.NotRegistered):
        await webhook.keep_subscribed(api, "https://okno.example", SECRET)


def not_allowed() -> Failure:
    return Failure("POST me/messages", body={"success": [False], "chat_ids": [None]})


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (refused("POST me/messages", 8), SlowDown(30.0)),
        (refused("POST me/messages", 102), AccountBroken("OK 102")),
        (refused("POST me/messages", 10), Rejected("OK 10", unreachable=True)),
        (not_allowed(), Rejected("not allowed by the customer", unreachable=True)),
        (refused("POST me/messages", 2), TryAgain("OK 2")),
        (html_page("POST me/messages"), Unknown("NotUnderstood")),
        (reset_after_accept("POST me/messages"), Unknown("RemoteProtocolError")),
    ],
)
async def test_the_meaning_of_answers(
    ok: FakeOk, sender: OkSender, failure: Failure, outcome: Outcome
) -> None:
    ok.customer()
    ok.fail(failure)
    assert await sender.send(parcel(CHAT)) == outcome
    assert len(ok.called("POST me/messages")) == 1


async def test_buttons_and_files(ok: FakeOk, sender: OkSender, media: MediaStore) -> None:
    anna = ok.customer()
    picture = File(FileKind.PICTURE, await media.put(b"\x89PNG\r\n\x1a\n1"), "qr.png", "QR")
    phone = Button("Мой номер", contact=True, claim=True)
    buttons = (Button("Меню", "menu"), Button("Сайт", url="https://a.example"), phone)
    (part,) = render(Reply("К оплате", buttons, (picture,)), "ok")
    assert isinstance(await sender.send(parcel(CHAT, part)), Sent)
    image, board = anna.sees[0]["attachments"]
    assert (image["type"], board["type"]) == ("IMAGE", "INLINE_KEYBOARD")
    kinds = [key["type"] for row in board["payload"]["keyboard"]["buttons"] for key in row]
    assert kinds == ["CALLBACK", "LINK", "REQUEST_CONTACT"]
    ok.fail(refused("POST me/messages", 100))
    assert isinstance(await sender.send(parcel(CHAT, Part("Что?", Markup.PLAIN, part.rows))), Sent)
    assert anna.reads[1] == "Что?\n\n1. Меню\nСайт: https://a.example"


async def test_a_press_needs_no_answer_of_its_own(ok: FakeOk, sender: OkSender) -> None:
    press = Parcel(1, 1, None, CHAT, DeliveryKind.PRESS_ANSWER, {"press_id": "x"}, 5, 0)
    assert await sender.send(press) == Sent()
    assert not ok.calls
