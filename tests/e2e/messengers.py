"""Each messenger as a conversation sees it: a customer who writes, presses and reads."""

import html
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from tests.fakes.max import TOKEN as MAX_TOKEN
from tests.fakes.max import FakeMax
from tests.fakes.ok import TOKEN as OK_TOKEN
from tests.fakes.ok import FakeOk
from tests.fakes.telegram import TOKEN as TELEGRAM_TOKEN
from tests.fakes.telegram import FakeTelegram
from tests.fakes.viber import TOKEN as VIBER_TOKEN
from tests.fakes.viber import FakeViber
from tests.fakes.vk import CONFIRMATION, FakeVk
from tests.fakes.vk import SECRET as VK_SECRET
from tests.fakes.vk import TOKEN as VK_TOKEN
from tests.fakes.vk_events import GROUP_ID


class Customer(Protocol):
    def says(self, text: str) -> Any: ...

    def sends_photo(self, content: bytes) -> Any: ...

    @property
    def reads(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Messenger:
    """``presses`` a button that is on the screen, by its label; ``refused``: how many calls broke
    the platform's rules."""

    customer: Customer
    starts: Callable[[], Any]
    presses: Callable[[str], Any]
    environment: Mapping[str, str]
    refused: Callable[[], int]
    # The first poll has begun, or the webhook is known.
    ready: Callable[[], bool]


@contextmanager
def telegram(okno_url: str, *, webhook: bool) -> Iterator[Messenger]:
    with FakeTelegram() as fake:
        anna = fake.customer()

        def presses(label: str) -> None:
            for message in reversed(anna.sees):
                for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                    for button in row:
                        if button["text"] == label:
                            anna.presses(button["callback_data"], message)
                            return
            raise AssertionError(f"no button {label}")

        environment = {"OKNO_TELEGRAM_TOKEN": TELEGRAM_TOKEN, "OKNO_TELEGRAM_API_URL": fake.url}
        if webhook:
            environment |= {"OKNO_PUBLIC_URL": okno_url, "OKNO_TELEGRAM_WEBHOOK_SECRET": "s" * 20}
        yield Messenger(
            anna,
            lambda: anna.says("/start"),
            presses,
            environment,
            lambda: sum(not c.accepted for c in fake.calls if c.method.startswith("send")),
            lambda: bool(fake.webhook or fake.called("getUpdates")),
        )


@contextmanager
def vk(okno_url: str, *, webhook: bool) -> Iterator[Messenger]:
    with FakeVk() as fake:
        anna = fake.customer()
        environment = {
            "OKNO_VK_TOKEN": VK_TOKEN, "OKNO_VK_GROUP_ID": str(GROUP_ID),
            "OKNO_VK_API_URL": fake.url,
        }  # fmt: skip
        if webhook:
            fake.callback = f"{okno_url}/webhooks/vk"
            environment |= {
                "OKNO_PUBLIC_URL": okno_url, "OKNO_VK_SECRET": VK_SECRET,
                "OKNO_VK_CONFIRMATION": CONFIRMATION,
            }  # fmt: skip
        yield Messenger(
            anna,
            lambda: fake.push(anna.start()),
            anna.presses,
            environment,
            lambda: sum(not call.accepted for call in fake.calls if call.method != "a_check"),
            lambda: webhook or bool(fake.polled),
        )


@contextmanager
def viber(okno_url: str, *, webhook: bool) -> Iterator[Messenger]:
    assert webhook, "Viber has no polling"
    with FakeViber() as fake:
        anna = fake.customer()
        environment = {
            "OKNO_VIBER_TOKEN": VIBER_TOKEN, "OKNO_VIBER_API_URL": f"{fake.url}/pa",
            "OKNO_PUBLIC_URL": okno_url,
        }  # fmt: skip
        yield Messenger(
            anna, anna.opens, anna.presses, environment,
            lambda: sum(not c.accepted for c in fake.calls if c.method == "send_message"),
            lambda: bool(fake.webhook),
        )  # fmt: skip


@contextmanager
def max_messenger(okno_url: str, *, webhook: bool) -> Iterator[Messenger]:
    with FakeMax() as fake:
        anna = fake.customer()
        environment = {"OKNO_MAX_TOKEN": MAX_TOKEN, "OKNO_MAX_API_URL": fake.url}
        if webhook:
            environment |= {"OKNO_PUBLIC_URL": okno_url, "OKNO_MAX_SECRET": "s" * 20}
        yield Messenger(
            anna, anna.starts, anna.presses, environment,
            lambda: sum(not c.accepted for c in fake.calls if c.method.startswith("POST")),
            lambda: bool(fake.subscriptions if webhook else fake.called("GET updates")),
        )  # fmt: skip


@contextmanager
def ok(okno_url: str, *, webhook: bool) -> Iterator[Messenger]:
    assert webhook, "no polling of Odnoklassniki is confirmed"
    with FakeOk() as fake:
        anna = fake.customer()
        environment = {
            "OKNO_OK_TOKEN": OK_TOKEN, "OKNO_OK_API_URL": f"{fake.url}/graph",
            "OKNO_OK_PATH_SECRET": "an-unguessable-part-of-the-path", "OKNO_PUBLIC_URL": okno_url,
            "OKNO_OK_CHAT_SECONDS": "0",
        }  # fmt: skip
        yield Messenger(
            anna, anna.starts, anna.presses, environment,
            lambda: sum(not call.accepted for call in fake.calls),
            lambda: bool(fake.subscriptions),
        )  # fmt: skip


class Visitor:
    """Somebody with the chat page open, as its script talks to us."""

    def __init__(self, okno_url: str) -> None:
        headers = {"x-okno-chat": "1", "sec-fetch-site": "same-origin"}
        self.http = httpx.Client(base_url=okno_url, headers=headers, timeout=30)
        self.refused = 0
        self._ask_at = 0.0
        self._shown: list[dict[str, Any]] = []

    def comes(self) -> None:
        self._sent(self.http.post("/chat/visitor", json={}))
        self.says("Здравствуйте")

    def says(self, text: str) -> None:
        self._post({"text": text})

    def sends_photo(self, content: bytes) -> None:
        query = {"key": str(uuid.uuid4()), "name": "meter.png"}
        self._sent(self.http.post("/chat/files", params=query, content=content))

    def presses(self, label: str) -> None:
        for message in reversed(self._messages()):
            for part in message.get("parts", ()):
                for button in (one for row in part["rows"] for one in row):
                    if button["label"] == label:
                        self._post({"action": button["action"], "message": message["id"]})
                        return
        raise AssertionError(f"no button {label}")

    @property
    def reads(self) -> list[str]:
        return [
            html.unescape(re.sub(r"<[^>]*>", "", part["html"]))
            for message in self._messages()
            for part in message.get("parts", ())
        ]

    def _messages(self) -> list[dict[str, Any]]:
        """As its page does, which is told of news, it does not ask all the time."""
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + 0.5
            self._shown = self.http.get("/chat/history").json()["messages"]
        return self._shown

    def _post(self, body: dict[str, Any]) -> None:
        self._sent(self.http.post("/chat/messages", json={"key": str(uuid.uuid4()), **body}))

    def _sent(self, answer: httpx.Response) -> None:
        self.refused += answer.status_code >= 400


@contextmanager
def site(okno_url: str, *, webhook: bool) -> Iterator[Messenger]:
    assert not webhook, "its page talks to us"
    anna = Visitor(okno_url)
    with anna.http:
        yield Messenger(
            anna, anna.comes, anna.presses, {}, lambda: anna.refused, lambda: True
        )  # fmt: skip
