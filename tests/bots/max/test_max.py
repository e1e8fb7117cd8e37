"""MAX: who may knock, what comes and whose contact it is, polling, what goes out."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bots import leased
from bots.incoming import Incoming
from bots.intake import Intake
from bots.max import polling, webhook
from bots.max import sender as sending
from bots.max.api import MaxApi
from bots.max.incoming import parse_update
from bots.max.polling import MaxPolling
from bots.max.sender import MaxSender
from bots.outcome import AccountBroken, Outcome, Parcel, Rejected, Sent, SlowDown, TryAgain, Unknown
from bots.pace import Pace
from conversations.models import DeliveryKind, Message, MessageKind, Quarantine
from media.store import MediaStore
from replies import Button, File, FileKind, Part, Reply, render
from replies.channels import Markup
from storage.database import Database
from tests.bots.failing import failing
from tests.bots.parcels import parcel
from tests.bots.stored import texts
from tests.fakes.max import TOKEN, FakeMax, Update, refused
from tests.fakes.telegram_failures import Failure, html_page, reset_after_accept
from tests.fakes.waiting import until

SECRET = "a-long_secret"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(leased, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(sending, "NOT_READY_PAUSES", (0.01, 0.01))


@pytest.fixture
def max_() -> Iterator[FakeMax]:
    with FakeMax() as server:
        yield server


@pytest.fixture
def channel() -> str:
    return "max"


@pytest.fixture
async def api(max_: FakeMax) -> AsyncIterator[MaxApi]:
    api = MaxApi(TOKEN, max_.url)
    yield api
    await api.close()


@pytest.fixture
def sender(api: MaxApi, media: MediaStore) -> MaxSender:
    return MaxSender(api, media, Pace(1000))


def seen(update: Update) -> Incoming:
    incoming = parse_update(update, 1, TOKEN)
    assert incoming is not None
    return incoming


def test_what_comes(max_: FakeMax) -> None:
    anna = max_.customer()
    text = seen(anna.message("привет"))
    assert (text.kind, text.text, text.sender_name) == (MessageKind.TEXT, "привет", "Анна П")
    assert (text.chat_id, text.platform_no) == ("1077", text.order_no)
    photo = seen(anna.message(None, attachments=[{"type": "image", "payload": {"url": "u"}}]))
    assert photo.data == {"type": "photo", "files": [{"type": "photo", "url": "u"}]}
    forward = anna.message(None)
    forward["message"]["link"] = {"type": "forward", "message": {"text": "чужие слова"}}
    assert seen(forward).text == "чужие слова"
    forward["message"]["body"]["text"] = "что это?"
    assert seen(forward).data == {"reply_to": "чужие слова"}
    shown = [{"type": "image", "payload": {"url": "u"}}, {"type": "inline_keyboard"}]
    forward["message"]["link"]["message"]["attachments"] = shown
    assert seen(forward).data == {**photo.data, "reply_to": "чужие слова"}
    assert seen(anna.message("/start pay")).data == {"command": "start", "payload": "pay"}
    group = anna.message("привет")
    group["message"]["recipient"]["chat_type"] = "chat"
    assert parse_update(group, 1, TOKEN) is None
    assert parse_update(max_.update("an_event_of_2030", chat_id=1), 1, TOKEN) is None
    assert parse_update(anna.press(None, "a"), 1, TOKEN) is None


def test_only_the_senders_own_signed_contact_proves_a_phone(max_: FakeMax) -> None:
    anna = max_.customer()
    assert seen(anna.contact()).data == {"phone": "+79161234567", "own": True}
    assert not seen(anna.contact(owner=78)).data["own"]
    unsigned = seen(anna.contact(signed=False)).data
    assert (unsigned["own"], unsigned["claimed"]) == (False, True), "his words alone"
    changed = anna.contact()
    payload = changed["message"]["body"]["attachments"][0]["payload"]
    payload["vcf_info"] = payload["vcf_info"].replace("+7916", "+7917")
    assert not seen(changed).data["own"]


async def test_polling_confirms_only_what_is_stored(
    database: Database, intake: Intake, api: MaxApi, account: int, max_: FakeMax
) -> None:
    anna = max_.customer()
    max_.subscriptions["https://stranger.example"] = {"secret": "s"}
    stop = asyncio.Event()
    poller = MaxPolling(database, intake, api, TOKEN, account_id=account, holder="a")
    running = asyncio.create_task(poller.run(stop))
    await until(lambda: bool(max_.called("GET updates")), "it polls")
    assert max_.subscriptions == {}, "a subscription excludes polling"
    max_.fail(html_page("GET updates"))
    broken = anna.message("нечитаемое")
    del broken["message"]["sender"]
    max_.push(broken)
    anna.says("раз")
    await until(lambda: max_.confirmed >= 2, "it is confirmed")
    assert await texts(database) == ["раз"]
    stop.set()
    await running
    anna.says("пока бот спал")
    taken_back = anna.says("и это")
    anna.removes(taken_back)
    anna.removes(max_.customer().message("ничего не было"))
    stop = asyncio.Event()
    running = asyncio.create_task(poller.run(stop))
    await until(lambda: max_.confirmed >= 6, "it goes on from its marker")
    assert await texts(database) == ["раз", "пока бот спал", "и это", "и это"]
    async with database.read() as session:
        last = await session.execute(
            select(Message.kind, Message.handled_at).order_by(Message.id.desc()).limit(1)
        )
        kind, handled_at = last.one()
    assert kind == MessageKind.REMOVED
    assert handled_at is not None, "staff see it, the assistant has nothing to answer"
    stop.set()
    await running


async def test_the_webhook(database: Database, intake: Intake, account: int, max_: FakeMax) -> None:
    down = failing(intake)
    app = FastAPI()
    app.include_router(webhook.router(down, account_id=account, token=TOKEN, secret=SECRET))
    update = max_.customer().message("привет")

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://okno"
    ) as client:

        async def post(body: object, secret: str = SECRET) -> int:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {"X-Max-Bot-Api-Secret": secret}
            return (await client.post(webhook.PATH, content=content, headers=headers)).status_code

        for secret in ("", "wrong", SECRET + "x"):
            assert await post(update, secret) == 403
        for body in (b"", b"{", b"[1]", b"{}", b"[" * 100_000):
            assert await post(body) == 400
        assert await post(update) == 503, "come again"
        down.away = False
        assert [await post(update) for _ in range(3)] == [200] * 3
        broken = max_.customer().message("x")
        del broken["message"]["recipient"]
        assert await post(broken) == 200
    assert await texts(database) == ["привет"]
    async with database.read() as session:
        kept = await session.execute(select(func.count()).select_from(Quarantine))
        assert kept.scalar_one() == 1


async def test_a_dropped_subscription_is_renewed_and_strangers_removed(
    api: MaxApi, max_: FakeMax
) -> None:
    ours = f"https://okno.example{webhook.PATH}"
    max_.subscriptions["https://stranger.example"] = {"secret": "s"}
    for _ in range(2):
        await webhook.keep_subscribed(api, "https://okno.example", SECRET)
        assert list(max_.subscriptions) == [ours]
    assert len(max_.called("POST subscriptions")) == 1
    max_.subscriptions[ours]["update_types"] = ["message_created"]
    await webhook.keep_subscribed(api, "https://okno.example", SECRET)
    assert "message_removed" in max_.subscriptions[ours]["update_types"], "an older release's"
    max_.subscriptions.clear()
    await webhook.keep_subscribed(api, "https://okno.example", SECRET)
    assert max_.subscriptions[ours]["secret"] == SECRET


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (refused("POST messages", 429), SlowDown(5.0)),
        (refused("POST messages", 401, "verify.token"), AccountBroken("MAX 401 verify.token")),
        (
            refused("POST messages", 403, "chat.denied"),
            Rejected("MAX 403 chat.denied", unreachable=True),
        ),
        (refused("POST messages", 503, "x"), TryAgain("MAX 503 x")),
        (html_page("POST messages"), TryAgain("MAX 502 ")),
        (html_page("POST messages", status=200), Unknown("NotUnderstood")),
        (reset_after_accept("POST messages"), Unknown("RemoteProtocolError")),
    ],
)
async def test_the_meaning_of_answers(
    max_: FakeMax, sender: MaxSender, failure: Failure, outcome: Outcome
) -> None:
    max_.customer()
    max_.fail(failure)
    assert await sender.send(parcel(1077)) == outcome
    assert len(max_.called("POST messages")) == 1


async def test_a_customer_who_stopped_the_bot(max_: FakeMax, sender: MaxSender) -> None:
    max_.customer().stopped = True
    outcome = await sender.send(parcel(1077))
    assert isinstance(outcome, Rejected)
    assert outcome.unreachable


async def test_files_wait_until_max_is_ready(
    max_: FakeMax, sender: MaxSender, media: MediaStore
) -> None:
    anna = max_.customer()
    max_.not_ready = 2
    picture = File(FileKind.PICTURE, await media.put(b"\x89PNG\r\n\x1a\n1"), "qr.png", "QR")
    paper = File(FileKind.DOCUMENT, await media.put(b"%PDF-1.7"), "Справка.pdf", "Справка")
    for part in render(Reply("К оплате", (Button("Меню", "menu"),), (picture, paper)), "max"):
        assert isinstance(await sender.send(parcel(1077, part)), Sent)
    kinds = [[a["type"] for a in message["body"]["attachments"]] for message in anna.sees]
    assert kinds == [["image"], ["file", "inline_keyboard"]]


async def test_formatting_is_maxs_own_and_its_words_survive_a_refusal(
    max_: FakeMax, sender: MaxSender
) -> None:
    anna = max_.customer()
    text = "**Долг** 1 < 2 & [сайт](https://a.example/?a=1&b=2)"
    (part,) = render(Reply(text, (Button("Да", "yes"),)), "max")
    assert isinstance(await sender.send(parcel(1077, part)), Sent)
    body = anna.sees[0]["body"]
    assert (body["format"], body["text"]) == (
        "html",
        '<b>Долг</b> 1 &lt; 2 &amp; <a href="https://a.example/?a=1&amp;b=2">сайт</a>',
    )
    max_.fail(refused("POST messages", 400, "proto.payload"))
    assert isinstance(await sender.send(parcel(1077, part)), Sent)
    body = anna.sees[1]["body"]
    assert (body.get("format"), body["text"]) == (None, "Долг 1 < 2 & сайт\n\n1. Да")


async def test_a_press_and_the_request_for_a_contact(max_: FakeMax, sender: MaxSender) -> None:
    anna = max_.customer()
    rows = [[Button("Мой телефон", contact=True)], [Button("Тарифы", "t")]]
    assert isinstance(await sender.send(parcel(1077, Part("Что?", Markup.PLAIN, rows))), Sent)
    press = seen(anna.press(anna.sees[0], "t"))
    assert press.text == "Тарифы"
    answer = Parcel(2, 1, None, "1077", DeliveryKind.PRESS_ANSWER, dict(press.data), 5, 0)
    assert await sender.send(answer) == Sent()
    assert max_.notifications == ["Тарифы"]
