"""Each messenger as the tests of all of them see it: what its customer does, whom we answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from bots.fetching import Locate, told_link
from bots.intake import Intake
from bots.max import sender as max_sender
from bots.max import webhook as max_webhook
from bots.max.api import MaxApi
from bots.ok import sender as ok_sender
from bots.ok import webhook as ok_webhook
from bots.outcome import Sender
from bots.pace import Pace
from bots.reports import Reports
from bots.telegram import files as telegram_files
from bots.telegram import sender as telegram_sender
from bots.telegram import webhook as telegram_webhook
from bots.viber import sender as viber_sender
from bots.viber import webhook as viber_webhook
from bots.vk import webhook as vk_webhook
from bots.vk.api import VkApi
from bots.vk.names import Names
from bots.vk.receiving import Receiver
from bots.vk.seen import Seen
from bots.vk.sender import VkSender
from bots.vk.staff_replies import StaffReplies
from conversations.events import Events
from media.store import MediaStore
from replies import Part
from replies.channels import Markup
from storage.database import Database
from tests.fakes import max as fake_max
from tests.fakes import ok as fake_ok
from tests.fakes import telegram as fake_telegram
from tests.fakes import viber as fake_viber
from tests.fakes import vk as fake_vk
from tests.fakes.telegram_failures import Failure, html_page, reset_after_accept, too_many
from tests.fakes.telegram_failures import refused as telegram_refused
from tests.fakes.vk_events import GROUP_ID

SECRET = "a-secret-of-the-tests"
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class House:
    """Ours, for one messenger."""

    database: Database
    intake: Intake
    events: Events
    media: MediaStore
    account: int


@dataclass(slots=True)
class Side:
    """``text`` and ``photo`` make events of the customer's, ``press`` one of a button whose message
    is gone; ``changed`` puts a name and a moment into an event. ``reads``: what the customer sees.

    ``failures``: by class, once for the next message.
    """

    fake: Any
    chat_id: str
    routes: APIRouter
    path: str
    sender: Sender
    text: Callable[[str], Event]
    photo: Callable[[bytes], Event]
    press: Callable[[str], Event]
    changed: Callable[[Event, str, datetime], None]
    reads: Callable[[], list[str]]
    failures: Mapping[str, Callable[[], Failure]]
    # Seconds after which what was slowed down is tried again.
    slow: int
    headers: Callable[[bytes], Mapping[str, str]] = field(default=lambda _body: {})
    locate: Locate = told_link
    close: Callable[[], Any] | None = None


def telegram(house: House, fake: fake_telegram.FakeTelegram) -> Side:
    anna = fake.customer()
    bot = telegram_sender.make_bot(fake_telegram.TOKEN, fake.url)

    def photo(content: bytes) -> Event:
        fake.files["photo"] = content
        return anna.message(
            photo=[{"file_id": "photo", "file_unique_id": "u", "width": 9, "height": 9}]
        )

    def changed(event: Event, name: str, at: datetime) -> None:
        event["message"]["from"] = anna.user | {"first_name": name}
        event["message"]["date"] = int(at.timestamp())

    send = "sendMessage"
    return Side(
        fake, str(anna.chat_id),
        telegram_webhook.router(house.intake, account_id=house.account, secret=SECRET),
        telegram_webhook.PATH,
        telegram_sender.TelegramSender(bot, house.media, per_second=1000),
        anna.text, photo, anna.press, changed, lambda: anna.reads,
        {
            "flood": lambda: too_many(send, 7),
            "blocked": lambda: telegram_refused(send, 403, "Forbidden: blocked by the user"),
            "too long": lambda: telegram_refused(send, 400, "Bad Request: message is too long"),
            "server": lambda: telegram_refused(send, 502, "Bad Gateway"),
            "garbage": lambda: html_page(send),
            "no answer": lambda: reset_after_accept(send),
            "token": lambda: telegram_refused(send, 401, "Unauthorized"),
        },
        slow=7,
        headers=lambda _body: {"X-Telegram-Bot-Api-Secret-Token": SECRET},
        locate=telegram_files.locator(bot),
        close=bot.session.close,
    )  # fmt: skip


def viber(house: House, fake: fake_viber.FakeViber) -> Side:
    anna = fake.customer()
    anna.subscribed = True
    api = viber_sender.ViberApi(fake_viber.TOKEN, f"{fake.url}/pa")

    def photo(content: bytes) -> Event:
        return anna.message(type="picture", media=fake.file("photo.jpg", content), text="")

    def changed(event: Event, name: str, at: datetime) -> None:
        event["sender"] = anna.user | {"name": name}
        event["timestamp"] = int(at.timestamp() * 1000)

    def refused(status: int) -> Callable[[], Failure]:
        return lambda: fake_viber.refused("send_message", status)

    return Side(
        fake, anna.user_id,
        viber_webhook.router(
            house.intake, Reports(house.database, house.events, house.account),
            account_id=house.account, token=fake_viber.TOKEN, name="Энергосбыт",
            welcome=Part("Здравствуйте!", Markup.PLAIN),
        ),
        viber_webhook.PATH,
        viber_sender.ViberSender(
            api, house.media, Pace(1000), name="Энергосбыт",
            file_url=lambda digest, name: f"https://okno.example/{digest}/{name}",
        ),
        lambda text: anna.message(type="text", text=text), photo,
        lambda action: anna.message(type="text", text=f"okno/{action}"), changed,
        lambda: anna.reads,
        {
            "flood": refused(12), "blocked": refused(6), "too long": refused(3),
            "server": refused(99), "garbage": lambda: html_page("send_message", status=200),
            "no answer": lambda: reset_after_accept("send_message"), "token": refused(2),
        },
        slow=600,
        headers=lambda body: {"X-Viber-Content-Signature": fake.sign(body)},
        close=api.close,
    )  # fmt: skip


def max_(house: House, fake: fake_max.FakeMax) -> Side:
    anna = fake.customer()
    api = MaxApi(fake_max.TOKEN, fake.url)

    def photo(content: bytes) -> Event:
        payload = {"photo_id": 1, "token": "t", "url": fake.file("photo", content)}
        return anna.message(None, attachments=[{"type": "image", "payload": payload}])

    def press(action: str) -> Event:
        return anna.press(anna.message("Что?")["message"], action)

    def changed(event: Event, name: str, at: datetime) -> None:
        event["message"]["sender"] = anna.user | {"first_name": name, "last_name": ""}
        event["timestamp"] = event["message"]["timestamp"] = int(at.timestamp() * 1000)

    def refused(status: int, code: str) -> Callable[[], Failure]:
        return lambda: fake_max.refused("POST messages", status, code)

    return Side(
        fake, str(anna.chat_id),
        max_webhook.router(
            house.intake, account_id=house.account, token=fake_max.TOKEN, secret=SECRET
        ),
        max_webhook.PATH,
        max_sender.MaxSender(api, house.media, Pace(1000)),
        anna.message, photo, press, changed, lambda: anna.reads,
        {
            "flood": refused(429, "too.many.requests"), "blocked": refused(403, "chat.denied"),
            "too long": refused(400, "proto.payload"), "server": refused(503, "unavailable"),
            "garbage": lambda: html_page("POST messages", status=200),
            "no answer": lambda: reset_after_accept("POST messages"),
            "token": refused(401, "verify.token"),
        },
        slow=5,
        headers=lambda _body: {"X-Max-Bot-Api-Secret": SECRET},
        close=api.close,
    )  # fmt: skip


def ok(house: House, fake: fake_ok.FakeOk) -> Side:
    anna = fake.customer()
    api = ok_sender.OkApi(fake_ok.TOKEN, f"{fake.url}/graph")

    def photo(content: bytes) -> Event:
        payload = {"url": fake.file("photo", content)}
        return anna.message(attachments=[{"type": "IMAGE", "payload": payload}])

    def changed(event: Event, name: str, at: datetime) -> None:
        event["sender"]["name"] = name
        event["timestamp"] = int(at.timestamp() * 1000)

    def refused(code: int) -> Callable[[], Failure]:
        return lambda: fake_ok.refused("POST me/messages", code)

    return Side(
        fake, anna.chat_id,
        ok_webhook.router(house.intake, account_id=house.account, secret=SECRET),
        f"{ok_webhook.PATH}/{SECRET}",
        ok_sender.OkSender(api, house.media, Pace(1000)),
        anna.message, photo, anna.press, changed, lambda: anna.reads,
        {
            "flood": refused(8), "blocked": refused(10), "too long": refused(100),
            "server": refused(2), "garbage": lambda: html_page("POST me/messages", status=200),
            "no answer": lambda: reset_after_accept("POST me/messages"), "token": refused(102),
        },
        slow=30,
        close=api.close,
    )  # fmt: skip


def vk(house: House, fake: fake_vk.FakeVk) -> Side:
    anna = fake.customer()
    api = VkApi(fake_vk.TOKEN, fake.url)

    async def answered(tx: object, conversation: object) -> None:
        raise AssertionError("nobody answers on VK's page here")

    receiver = Receiver(
        house.intake, Names(house.database, api, house.account),
        StaffReplies(house.database, house.events, answered, house.account), Seen(api),
        Reports(house.database, house.events, house.account), account_id=house.account,
    )  # fmt: skip

    def photo(content: bytes) -> Event:
        sizes = [{"type": "x", "url": fake.file("photo.jpg", content), "width": 9, "height": 9}]
        return anna.message(attachments=[{"type": "photo", "photo": {"id": 1, "sizes": sizes}}])

    def changed(event: Event, name: str, at: datetime) -> None:
        event["object"]["message"]["date"] = int(at.timestamp())

    def refused(code: int) -> Callable[[], Failure]:
        return lambda: fake_vk.refused("messages.send", code)

    return Side(
        fake, str(anna.user_id),
        vk_webhook.router(receiver, group_id=GROUP_ID, secret=SECRET, confirmation="c"),
        vk_webhook.PATH,
        VkSender(api, house.media, Pace(1000)),
        anna.message, photo, lambda action: anna.press({"action": action}), changed,
        lambda: anna.reads,
        {
            "flood": refused(9), "blocked": refused(901), "too long": refused(914),
            "server": refused(10), "garbage": lambda: html_page("messages.send", status=200),
            "no answer": lambda: reset_after_accept("messages.send"), "token": refused(5),
        },
        slow=300,
        close=api.close,
    )  # fmt: skip


SIDES: Mapping[str, tuple[Callable[[], Any], Callable[[House, Any], Side]]] = {
    "telegram": (fake_telegram.FakeTelegram, telegram), "vk": (fake_vk.FakeVk, vk),
    "viber": (fake_viber.FakeViber, viber), "max": (fake_max.FakeMax, max_),
    "ok": (fake_ok.FakeOk, ok),
}  # fmt: skip


def body_of(channel: str, event: Event) -> bytes:
    secret = {"secret": SECRET} if channel == "vk" else {}
    return json.dumps(event | secret).encode()
