"""MAX for tests, over HTTP. Source: MAX Bot API schema, dev.max.ru."""

import asyncio
import hashlib
import hmac
import html
import itertools
import json
import re
import time
from collections import defaultdict
from typing import Any

from aiohttp import web

from tests.fakes.rates import Rate
from tests.fakes.server import Call, FakePlatform
from tests.fakes.telegram_failures import Failure

TOKEN = "f9LHodD0cOL-fake-token-of-the-tests-0123456789"
SENT_AT = int(time.time() * 1000)  # milliseconds
BOT = {"user_id": 1, "first_name": "Окно", "is_bot": True, "last_activity_time": 0}
Update = dict[str, Any]
# The tags that it shows; others it drops, with whatever they should say.
_SHOWN = re.compile(
    r"</?(?:i|em|b|strong|del|s|ins|u|pre|code|mark|h1)>|<a href=\"[^\"<>]+\">|</a>"
)
_ANY_TAG = re.compile(r"<[^>]*>?")


class Customer:
    def __init__(self, fake: "FakeMax", user_id: int) -> None:
        self._fake = fake
        self.user_id = user_id
        self.chat_id = user_id + 1000
        self.stopped = False
        self.user = {"user_id": user_id, "first_name": "Анна", "last_name": "П", "is_bot": False}

    def message(self, text: str | None = None, **body: Any) -> Update:
        mid, seq = self._fake.number()
        return self._fake.update(
            "message_created",
            user_locale="ru",
            message={
                "sender": self.user,
                "recipient": {"chat_id": self.chat_id, "chat_type": "dialog", "user_id": 1},
                "timestamp": SENT_AT + seq,
                "body": {"mid": mid, "seq": seq, "text": text, **body},
            },
        )

    def says(self, text: str) -> Update:
        return self._fake.push(self.message(text))

    def sends_photo(self, content: bytes) -> Update:
        payload = {"photo_id": 1, "token": "t", "url": self._fake.file("photo", content)}
        return self._fake.push(
            self.message(None, attachments=[{"type": "image", "payload": payload}])
        )

    def starts(self, payload: str | None = None) -> Update:
        return self._fake.push(
            self._fake.update(
                "bot_started", chat_id=self.chat_id, user=self.user, payload=payload,
                user_locale="ru",
            )
        )  # fmt: skip

    def removes(self, created: Update) -> Update:
        return self._fake.push(
            self._fake.update(
                "message_removed", message_id=created["message"]["body"]["mid"],
                chat_id=self.chat_id, user_id=self.user_id,
            )
        )  # fmt: skip

    def stops(self) -> Update:
        self.stopped = True
        return self._fake.push(
            self._fake.update("bot_stopped", chat_id=self.chat_id, user=self.user)
        )

    def press(self, message: dict[str, Any] | None, payload: str) -> Update:
        callback = {"timestamp": SENT_AT, "callback_id": f"cb{next(self._fake.presses_made)}",
                    "payload": payload, "user": self.user}  # fmt: skip
        return self._fake.update("message_callback", callback=callback, message=message)

    def presses(self, label: str) -> Update:
        for message in reversed(self._fake.chats[self.chat_id]):
            for attachment in message["body"]["attachments"]:
                if attachment["type"] == "inline_keyboard":
                    for row in attachment["payload"]["buttons"]:
                        for button in row:
                            if button["text"] == label:
                                return self._fake.push(self.press(message, button["payload"]))
        raise AssertionError(f"no button {label}")

    def contact(self, owner: int | None = None, *, signed: bool = True) -> Update:
        card = "BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=cell:+79161234567\r\nFN:А\r\nEND:VCARD\r\n"
        key = self._fake.token if signed else "another"
        payload = {
            "vcf_info": card,
            "hash": hmac.new(key.encode(), card.encode(), hashlib.sha256).hexdigest(),
            "max_info": {**self.user, "user_id": owner or self.user_id},
        }
        return self.message(None, attachments=[{"type": "contact", "payload": payload}])

    @property
    def reads(self) -> list[str]:
        return [_visible(message["body"]) for message in self._fake.chats[self.chat_id]]

    @property
    def sees(self) -> list[dict[str, Any]]:
        return list(self._fake.chats[self.chat_id])


class FakeMax(FakePlatform):
    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        # Its limits of pace; none unless a test says so.
        self.rate = Rate()
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.chats: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.notifications: list[str] = []
        self.answers: list[int] = []
        self.presses_made = itertools.count(1)
        self.uploads: dict[str, bytes] = {}
        self.not_ready = 0
        self._numbers = itertools.count(115)
        self._customers: dict[int, Customer] = {}
        self._history: list[Update] = []
        self._new = asyncio.Event()
        self._pushing: list[asyncio.Task[None]] = []

    def customer(self, user_id: int = 77) -> Customer:
        return self._customers.setdefault(user_id, Customer(self, user_id))

    def number(self) -> tuple[str, int]:
        seq = next(self._numbers)
        return f"mid.{seq:04d}", seq

    def update(self, kind: str, **fields: Any) -> Update:
        return {"update_type": kind, "timestamp": SENT_AT + next(self._numbers), **fields}

    def push(self, update: Update) -> Update:
        def queue() -> None:
            if self.subscriptions:
                for url, told in self.subscriptions.items():
                    task = asyncio.ensure_future(self._push(update, url, told["secret"]))
                    self._pushing.append(task)
            else:
                self._history.append(update)
            self._new.set()

        self.do(queue)
        return update

    async def _push(self, update: Update, url: str, secret: str) -> None:
        while True:
            headers = {"X-Max-Bot-Api-Secret": secret, "Content-Type": "application/json"}
            status, _ = await self.post(url, json.dumps(update).encode(), headers)
            self.answers.append(status)
            if status == 200:
                return
            await asyncio.sleep(0.05)

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{path:.*}", self._request)

    async def _stop(self) -> None:
        for task in self._pushing:
            task.cancel()
        await super()._stop()

    async def _request(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if path.startswith("up/"):
            return await self._uploaded(request, path.removeprefix("up/"))
        method = f"{request.method} {path}"
        content = await request.json() if request.can_read_body else {}
        params = {**dict(request.query), **content}
        call = Call(method, params)
        self.calls.append(call)
        if request.headers.get("Authorization") != self.token:
            return _error(401, "verify.token", "Invalid access_token")
        failure = self.next_failure(method, params)
        if failure is not None and not failure.accepts:
            return await failure.answer(request)
        answer = await self._perform(method, dict(request.query), content)
        call.accepted = answer.status == 200
        if failure is not None:
            await failure.before_answer(request)
        return answer

    async def _perform(
        self, method: str, query: dict[str, str], content: dict[str, Any]
    ) -> web.Response:
        match method.split("/")[0]:
            case "GET me":
                return web.json_response(BOT)
            case "GET subscriptions":
                found = [
                    {"url": url, "time": 0, "update_types": told.get("update_types")}
                    for url, told in self.subscriptions.items()
                ]
                return web.json_response({"subscriptions": found})
            case "POST subscriptions":
                if not 5 <= len(content.get("secret", "")) <= 256:
                    return _error(400, "proto.payload", "secret")
                self.subscriptions[content["url"]] = content
                waiting, self._history = self._history, []
                for update in waiting:
                    self._pushing.append(
                        asyncio.ensure_future(self._push(update, content["url"], content["secret"]))
                    )
                return web.json_response({"success": True})
            case "DELETE subscriptions":
                self.subscriptions.pop(query["url"], None)
                return web.json_response({"success": True})
            case "GET updates":
                return await self._updates(query)
            case "POST messages":
                if self.rate.over(query.get("chat_id")):
                    return _error(429, "too.many.requests", "slow down")
                return self._send(query, content)
            case "POST answers":
                if not query.get("callback_id") or not content:
                    return _error(400, "proto.payload", "callback_id")
                self.notifications.append(content["notification"])
                return web.json_response({"success": True})
            case "POST chats":
                return web.json_response({"success": True})
            case "POST uploads":
                name = f"t{next(self._numbers)}"
                token = {"token": name} if query["type"] in {"video", "audio"} else {}
                url = f"{self.url}/up/{query['type']}-{name}"
                return web.json_response({"url": url, **token})
        return _error(404, "not.found", method)

    async def _uploaded(self, request: web.Request, name: str) -> web.Response:
        form = await request.post()
        file = form.get("data")
        if not isinstance(file, web.FileField):
            return _error(400, "proto.payload", "data")
        self.uploads[name] = file.file.read()
        if name.startswith("image"):
            return web.json_response({"photos": {"p": {"token": name}}})
        return web.json_response({"fileId": 1, "token": name})

    async def _updates(self, query: dict[str, str]) -> web.Response:
        if self.subscriptions:
            return _error(405, "method.not.allowed", "there is a subscription")
        # Without a marker only the latest.
        marker = int(query.get("marker", max(len(self._history) - 1, 0)))
        try:
            async with asyncio.timeout(min(float(query["timeout"]), 90)):
                while len(self._history) <= marker:
                    self._new.clear()
                    await self._new.wait()
        except TimeoutError:
            pass
        end = len(self._history)
        return web.json_response({"updates": self._history[marker:end], "marker": end})

    @property
    def confirmed(self) -> int:
        """Below which number everything was confirmed by a poll."""
        markers = [int(c.params["marker"]) for c in self.called("GET updates")
                   if "marker" in c.params]  # fmt: skip
        return max(markers, default=0)

    def _send(self, query: dict[str, str], content: dict[str, Any]) -> web.Response:
        chat_id = int(query["chat_id"])
        customer = next((c for c in self._customers.values() if c.chat_id == chat_id), None)
        if customer is None or customer.stopped:
            return _error(403, "chat.denied", "error.dialog.suspended")
        refusal = self._refusal(content)
        if refusal is not None:
            return _error(400, "proto.payload", refusal)
        if self.not_ready and any(a["type"] != "inline_keyboard" for a in content["attachments"]):
            self.not_ready -= 1
            return _error(400, "attachment.not.ready", "not yet")
        mid, seq = self.number()
        message = {
            "timestamp": SENT_AT + seq, "sender": BOT,
            "recipient": {"chat_id": chat_id, "chat_type": "dialog", "user_id": customer.user_id},
            "body": {"mid": mid, "seq": seq, **content},
        }  # fmt: skip
        self.chats[chat_id].append(message)
        return web.json_response({"message": message})

    def _refusal(self, content: dict[str, Any]) -> str | None:
        text = content.get("text") or ""
        attachments = content.get("attachments") or []
        if not text and not attachments:
            return "empty"
        if len(text.encode("utf-16-le")) // 2 >= 4000:
            return "text is too long"
        if content.get("format") not in {None, "html", "markdown"}:
            return "format"
        if content.get("format") == "html" and not _is_well_formed(text):
            return "markup"
        files = [a for a in attachments if a["type"] != "inline_keyboard"]
        if len(files) > 1 and any(a["type"] == "file" for a in files):
            return "a file stands alone"
        for attachment in attachments:
            if attachment["type"] == "inline_keyboard":
                return _keyboard_refusal(attachment["payload"]["buttons"])
            payload = attachment["payload"]
            tokens = [payload["token"]] if "token" in payload else [
                photo["token"] for photo in payload["photos"].values()
            ]  # fmt: skip
            if any(token not in self.uploads for token in tokens):
                return "unknown token"
        return None


def _visible(body: dict[str, Any]) -> str:
    text = str(body.get("text") or "")
    return html.unescape(_SHOWN.sub("", text)) if body.get("format") == "html" else text


def _is_well_formed(text: str) -> bool:
    """Every tag is one that MAX knows, and closed in its order: what is not would be dropped."""
    open_tags: list[str] = []
    for tag in _ANY_TAG.findall(text):
        if not _SHOWN.fullmatch(tag):
            return False
        name = re.sub(r"[</>]", "", tag).split()[0]
        if not tag.startswith("</"):
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags


def _keyboard_refusal(rows: list[list[dict[str, str]]]) -> str | None:
    if not 0 < len(rows) <= 30 or sum(map(len, rows)) > 210:
        return "keyboard"
    for row in rows:
        links = any(button["type"] in {"link", "request_contact"} for button in row)
        if not 0 < len(row) <= (3 if links else 7):
            return "row"
        for button in row:
            if not 0 < len(button["text"]) <= 128:
                return "label"
            if button["type"] == "callback" and not 0 < len(button["payload"]) <= 1024:
                return "payload"
            if button["type"] == "link" and not button["url"].startswith("http"):
                return "url"
    return None


def _error(status: int, code: str, text: str) -> web.Response:
    return web.json_response({"code": code, "message": text}, status=status)


def refused(method: str, status: int, code: str = "x", text: str = "x") -> Failure:
    return Failure(method, status=status, body={"code": code, "message": text})
