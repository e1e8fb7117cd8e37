"""Viber for tests, over HTTP. Source: Viber REST Bot API.

It signs what it sends over the body's bytes, calls the webhook during ``set_webhook``, refuses
what breaks the documented limits, and fetches the files it is given links to.
"""

import asyncio
import hashlib
import hmac
import html
import itertools
import json
import time
from collections import defaultdict
from typing import Any

from aiohttp import web

from tests.fakes.rates import Rate
from tests.fakes.server import Call, FakePlatform
from tests.fakes.telegram_failures import Failure

TOKEN = "4453b6ac12345678-fake-token-of-tests-e02c5f12174805f9"
SENT_AT = int(time.time() * 1000)  # milliseconds
LARGEST = 30 * 1024
Event = dict[str, Any]


class Customer:
    def __init__(self, fake: "FakeViber", user_id: str) -> None:
        self._fake = fake
        self.user_id = user_id
        self.subscribed = False
        self._tracking = ""

    @property
    def user(self) -> dict[str, Any]:
        return {"id": self.user_id, "name": "Анна", "language": "ru", "country": "RU",
                "api_version": 10}  # fmt: skip

    def opens(self, context: str = "") -> Event:
        """Opens the chat: the answer to this very request is the welcome."""
        event = self._fake.event("conversation_started", type="open", context=context,
                                 subscribed=self.subscribed, user=self.user)  # fmt: skip
        return self._fake.push(event)

    def message(self, **message: Any) -> Event:
        self.subscribed = True
        tracking = {"tracking_data": self._tracking} if self._tracking else {}
        return self._fake.event("message", silent=False, sender=self.user,
                                message={**message, **tracking})  # fmt: skip

    def says(self, text: str) -> Event:
        return self._fake.push(self.message(type="text", text=text))

    def sends_photo(self, content: bytes) -> Event:
        url = self._fake.file("photo.jpg", content)
        return self._fake.push(
            self.message(type="picture", media=url, file_name="photo.jpg", size=len(content))
        )

    def presses(self, label: str) -> Event:
        """A button of the last keyboard: the client sends what it holds."""
        keyboard = self.sees[-1].get("keyboard") or {"Buttons": []}
        for button in keyboard["Buttons"]:
            if html.unescape(button["Text"]) == label:
                return self.says(button["ActionBody"])
        raise AssertionError(f"no button {label}")

    def leaves(self) -> Event:
        self.subscribed = False
        return self._fake.push(self._fake.event("unsubscribed", user_id=self.user_id))

    def gets(self, message: dict[str, Any]) -> None:
        self._fake.chats[self.user_id].append(message)
        self._tracking = message.get("tracking_data", "")

    @property
    def sees(self) -> list[dict[str, Any]]:
        return list(self._fake.chats[self.user_id])

    @property
    def reads(self) -> list[str]:
        return [message.get("text", "") for message in self.sees]


class FakeViber(FakePlatform):
    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.webhook = ""
        # Its limits of pace; none unless a test says so.
        self.rate = Rate()
        self.chats: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.answers: list[int] = []
        self.fetched: list[bytes] = []
        self._numbers = itertools.count(4912661846655238145)
        self._customers: dict[str, Customer] = {}
        self._pushing: list[asyncio.Task[None]] = []

    def customer(self, user_id: str = "01234567890A=") -> Customer:
        return self._customers.setdefault(user_id, Customer(self, user_id))

    def event(self, kind: str, **fields: Any) -> Event:
        number = next(self._numbers)
        return {"event": kind, "timestamp": SENT_AT + number % 1_000_000, "message_token": number,
                **fields}  # fmt: skip

    def push(self, event: Event) -> Event:
        self.do(lambda: self._pushing.append(asyncio.ensure_future(self._push(event))))
        return event

    def sign(self, body: bytes) -> str:
        return hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()

    async def _push(self, event: Event) -> None:
        """Again and again until the answer is 200."""
        body = json.dumps(event).encode()
        while True:
            status, answer = await self.post(
                self.webhook, body, {"X-Viber-Content-Signature": self.sign(body)}
            )
            self.answers.append(status)
            if status == 200:
                break
            await asyncio.sleep(0.05)
        if event["event"] == "conversation_started" and answer:
            welcome = json.loads(answer)
            assert "receiver" not in welcome
            assert _refusal(welcome) is None, _refusal(welcome)
            self._customers[event["user"]["id"]].gets(welcome)

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/pa/{method}", self._method)

    async def _stop(self) -> None:
        for task in self._pushing:
            task.cancel()
        await super()._stop()

    async def _method(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params = await request.json()
        call = Call(method, params)
        self.calls.append(call)
        if request.headers.get("X-Viber-Auth-Token") != self.token:
            return _answer(2, "invalidAuthToken")
        failure = self.next_failure(method, params)
        if failure is not None and not failure.accepts:
            return await failure.answer(request)
        status, said, rest = await self._perform(method, params, len(await request.read()))
        call.accepted = status == 0
        if failure is not None:
            await failure.before_answer(request)
        return _answer(status, said, **rest)

    async def _perform(
        self, method: str, params: dict[str, Any], size: int
    ) -> tuple[int, str, dict[str, Any]]:
        match method:
            case "set_webhook":
                body = json.dumps(self.event("webhook")).encode()
                headers = {"X-Viber-Content-Signature": self.sign(body)}
                status, _ = await self.post(params["url"], body, headers)
                if status != 200:
                    return 1, "invalidUrl", {}
                self.webhook = params["url"]
                return 0, "ok", {"event_types": params["event_types"]}
            case "get_account_info":
                return 0, "ok", {"name": "Энергосбыт", "webhook": self.webhook}
            case "send_message":
                if self.rate.over(params.get("receiver")):
                    return 12, "tooManyRequests", {}
                return await self._send(params, size)
        return 3, "badData", {}

    async def _send(self, params: dict[str, Any], size: int) -> tuple[int, str, dict[str, Any]]:
        customer = self._customers.get(params.get("receiver", ""))
        if customer is None:
            return 5, "receiverNotRegistered", {}
        if not customer.subscribed:
            return 6, "receiverNotSubscribed", {}
        refusal = "too large" if size > LARGEST else _refusal(params)
        if refusal is not None:
            return 3, refusal, {}
        if params["type"] in {"picture", "file"} and params["media"].startswith("http://127."):
            assert self._client is not None
            async with self._client.get(params["media"]) as response:
                self.fetched.append(await response.read())
        customer.gets(params)
        return 0, "ok", {"message_token": next(self._numbers), "billing_status": 1}


def _refusal(message: dict[str, Any]) -> str | None:
    """What breaks the documented limits; None for a good message."""
    kind, text = message.get("type"), message.get("text", "")
    if not 0 < len(message.get("sender", {}).get("name", "")) <= 28:
        return "sender.name"
    if len(message.get("tracking_data", "")) > 4000:
        return "tracking_data"
    if kind == "text" and not 0 < len(text) <= 7000:
        return "text"
    if kind == "picture" and (len(text) > 768 or not message["media"].split("?")[0].endswith(
        (".png", ".jpg", ".jpeg", ".gif")
    )):  # fmt: skip
        return "picture"
    if kind == "file" and ("text" in message or not 0 < message.get("size", 0) <= 50 * 2**20
                           or "." not in message.get("file_name", "")):  # fmt: skip
        return "file"
    if kind not in {"text", "picture", "file"}:
        return "type"
    keyboard = message.get("keyboard")
    shares = "share-phone" in json.dumps(keyboard)
    if shares and message.get("min_api_version", 1) < 3:
        return "min_api_version"
    return _keyboard_refusal(keyboard) if keyboard is not None else None


def _keyboard_refusal(keyboard: dict[str, Any]) -> str | None:
    if keyboard.get("Type") != "keyboard" or not 0 < len(keyboard["Buttons"]) <= 24:
        return "keyboard"
    width = 0
    for button in keyboard["Buttons"]:
        width += button["Columns"]
        if width > 6:
            return "a button crosses the row"
        width %= 6
        if not 0 < len(button["Text"]) <= 250 or not 0 < len(button["ActionBody"]) <= 250:
            return "button"
        known = {"reply", "open-url", "share-phone"}
        if button["ActionType"] not in known or button["Rows"] not in {1, 2}:
            return "button"
        if "<" in button["Text"]:
            return "the label has markup"
    return None


def _answer(status: int, said: str, **rest: Any) -> web.Response:
    """Always HTTP 200."""
    return web.json_response({"status": status, "status_message": said, **rest})


def refused(method: str, status: int) -> Failure:
    return Failure(method, status=200, body={"status": status, "status_message": "x"})
