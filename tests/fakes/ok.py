"""Odnoklassniki for tests, over HTTP. Source: apiok.ru, Graph API; what its pages leave open is
as two independent clients have it."""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from typing import Any

from aiohttp import web

from tests.fakes.rates import Rate
from tests.fakes.server import Call, FakePlatform
from tests.fakes.telegram_failures import Failure

TOKEN = "tkn1fake0token0of0the0tests0123456789:CBA"
SENT_AT = int(time.time() * 1000)  # milliseconds
Event = dict[str, Any]


class Customer:
    def __init__(self, fake: "FakeOk", number: int) -> None:
        self._fake = fake
        self.user_id = f"user:{number}"
        self.chat_id = f"chat:C{number:x}"
        self.forbids = False

    def _event(self, kind: str, **fields: Any) -> Event:
        return {
            "webhookType": kind, "sender": {"user_id": self.user_id, "name": "Анна П"},
            "recipient": {"chat_id": self.chat_id},
            "timestamp": SENT_AT + next(self._fake.numbers), **fields,
        }  # fmt: skip

    def message(self, text: str | None = None, **content: Any) -> Event:
        seq = 98_211_023_614_189_660 + next(self._fake.numbers)
        message = {"seq": seq, "mid": f"mid:{self.chat_id[5:]}.{seq:x}", **content}
        return self._event(
            "MESSAGE_CREATED", message=message | ({"text": text} if text is not None else {})
        )

    def says(self, text: str) -> Event:
        return self._fake.push(self.message(text))

    def sends_photo(self, content: bytes) -> Event:
        payload = {"url": self._fake.file("photo", content)}
        return self._fake.push(self.message(attachments=[{"type": "IMAGE", "payload": payload}]))

    def starts(self) -> Event:
        return self._fake.push(self._event("CHAT_SYSTEM", type="CHAT_STARTED"))

    def press(self, payload: str, mid: str = "mid:C3.1") -> Event:
        number = next(self._fake.numbers)
        return self._event("MESSAGE_CALLBACK", callbackId=f"cb{number}", payload=payload, mid=mid)

    def presses(self, label: str) -> Event:
        for message in reversed(self.sees):
            for attachment in message.get("attachments", []):
                if attachment["type"] == "INLINE_KEYBOARD":
                    for row in attachment["payload"]["keyboard"]["buttons"]:
                        for button in row:
                            if button["text"] == label:
                                return self._fake.push(self.press(button["payload"]))
        raise AssertionError(f"no button {label}")

    @property
    def sees(self) -> list[dict[str, Any]]:
        return list(self._fake.chats[self.chat_id])

    @property
    def reads(self) -> list[str]:
        return [message.get("text", "") for message in self.sees]


class FakeOk(FakePlatform):
    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        # Its limits of pace; none unless a test says so.
        self.rate = Rate()
        self.numbers = itertools.count(1)
        self.subscriptions: list[str] = []
        self.chats: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.answers: list[int] = []
        self.uploads: dict[str, bytes] = {}
        self._customers: dict[str, Customer] = {}
        self._pushing: list[asyncio.Task[None]] = []

    def customer(self, number: int = 77) -> Customer:
        customer = Customer(self, number)
        return self._customers.setdefault(customer.chat_id, customer)

    def push(self, event: Event) -> Event:
        def queue() -> None:
            for url in self.subscriptions:
                self._pushing.append(asyncio.ensure_future(self._push(event, url)))

        self.do(queue)
        return event

    async def _push(self, event: Event, url: str) -> None:
        while True:
            headers = {"Content-Type": "application/json"}
            status, _ = await self.post(url, json.dumps(event).encode(), headers)
            self.answers.append(status)
            if status == 200:
                return
            await asyncio.sleep(0.05)

    async def _stop(self) -> None:
        for task in self._pushing:
            task.cancel()
        await super()._stop()

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/graph/{path:.*}", self._request)
        app.router.add_post("/up/{token}", self._uploaded)

    async def _request(self, request: web.Request) -> web.StreamResponse:
        method = f"{request.method} {request.match_info['path'].split('/chat:')[0]}"
        content: dict[str, Any] = {}
        if request.method == "POST":
            if request.headers.get("Content-Type") != "application/json;charset=utf-8":
                return _error(100, "PARAM : Content-Type")
            content = await request.json()
        call = Call(method, {**dict(request.query), **content})
        self.calls.append(call)
        if request.query.get("access_token") != self.token:
            return _error(102, "PARAM_SESSION_EXPIRED")
        failure = self.next_failure(method, call.params)
        if failure is not None and not failure.accepts:
            return await failure.answer(request)
        answer = self._perform(method, dict(request.query), content)
        call.accepted = "error_code" not in answer
        if failure is not None:
            await failure.before_answer(request)
        return web.json_response(answer)

    def _perform(
        self, method: str, query: dict[str, str], content: dict[str, Any]
    ) -> dict[str, Any]:
        match method:
            case "GET me/info":
                return {"uid": "group:1", "name": "Энергосбыт"}
            case "GET me/subscriptions":
                return {"subscriptions": [{"url": url, "time": 0} for url in self.subscriptions]}
            case "POST me/subscribe":
                self.subscriptions.append(content["url"])
                return {"success": True}
            case "POST me/unsubscribe":
                self.subscriptions.remove(content["url"])
                return {"success": True}
            case "GET me/fileUploadUrl":
                token = f"f{next(self.numbers)}"
                return {"url": f"{self.url}/up/{token}", "token": token}
            case "POST me/messages":
                return self._send(content)
        return {"error_code": 3, "error_msg": "METHOD"}

    def _send(self, content: dict[str, Any]) -> dict[str, Any]:
        chat_id = content["recipient"]["chat_id"]
        if self.rate.over(chat_id):
            return {"error_code": 8, "error_msg": "FLOOD_BLOCKED"}
        customer = self._customers.get(chat_id)
        if customer is None or customer.forbids:
            return {"error_code": 10, "error_msg": "PERMISSION_DENIED"}
        if "sender_action" in content:
            return {"success": True}
        refusal = self._refusal(content["message"])
        if refusal is not None:
            return {"error_code": 100, "error_msg": f"PARAM : {refusal}"}
        self.chats[chat_id].append(content["message"])
        return {"success": True, "message_id": f"mid:{chat_id[5:]}.{next(self.numbers)}"}

    def _refusal(self, message: dict[str, Any]) -> str | None:
        if not message.get("text") and not message.get("attachments"):
            return "empty"
        if len(message.get("text", "").encode("utf-16-le")) // 2 > 4000:
            return "text"
        for attachment in message.get("attachments", []):
            if attachment["type"] in {"IMAGE", "FILE"}:
                if attachment["payload"]["token"] not in self.uploads:
                    return "token"
                continue
            if not message.get("text"):
                return "a keyboard needs a text"
            rows = attachment["payload"]["keyboard"]["buttons"]
            for row in rows:
                if not 0 < len(row) <= 3:
                    return "row"
                for button in row:
                    known = {"CALLBACK", "LINK", "REQUEST_CONTACT"}
                    if button["type"] not in known or not button["text"]:
                        return "button"
                    if len(button.get("payload", "").encode()) > 64:
                        return "payload"
        return None

    async def _uploaded(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form.get("file")
        if not isinstance(file, web.FileField):
            return web.Response(status=400)
        self.uploads[request.match_info["token"]] = file.file.read()
        return web.json_response({})


def _error(code: int, text: str) -> web.Response:
    """HTTP 200, as Odnoklassniki do."""
    return web.json_response(
        {"error_code": code, "error_msg": text, "error_data": None},
        headers={"invocation-error": str(code)},
    )


def refused(method: str, code: int) -> Failure:
    return Failure(method, status=200, body={"error_code": code, "error_msg": "x"})
