"""VK for tests, over HTTP: methods, Bots Long Poll, the Callback API's requests, uploads.

Source: VK API schema 5.199; dev.vk.com for long poll and callback. It keeps the semantics of
``random_id``, and of ``ts``: an event stays until a later ``ts`` confirms it.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fakes.rates import Rate
from tests.fakes.server import Call, FakePlatform
from tests.fakes.telegram_failures import Failure
from tests.fakes.vk_events import GROUP_ID, Event, Numbers, Person, body_of
from tests.fakes.vk_rules import Refused, calls_of, check_event_data, check_message, check_params

TOKEN = "vk1.a.fake-token-of-the-tests-0123456789"
SECRET = "callback-secret"
CONFIRMATION = "a1b2c3d4"


class Customer(Person):
    def __init__(self, fake: "FakeVk", user_id: int) -> None:
        super().__init__(fake.numbers, user_id)
        self._fake = fake
        self.denied = False

    def says(self, text: str) -> Event:
        return self._fake.push(self.message(text))

    def sends_photo(self, content: bytes) -> Event:
        url = self._fake.file("photo.jpg", content)
        sizes = [{"type": "x", "url": url, "width": 604, "height": 400}]
        photo = {"type": "photo", "photo": {"id": 1, "owner_id": self.user_id, "sizes": sizes}}
        return self._fake.push(self.message(attachments=[photo]))

    def presses(self, label: str) -> Event:
        """A button that stands under one of the community's messages."""
        for message in reversed(self.sees):
            for row in json.loads(message.get("keyboard") or '{"buttons": []}')["buttons"]:
                for button in row:
                    action = button["action"]
                    if action["label"] != label:
                        continue
                    if action["type"] == "text":
                        return self._fake.push(self.message(label, payload=action["payload"]))
                    payload = json.loads(action["payload"])
                    return self._fake.push(self.press(payload, message["number"]))
        raise AssertionError(f"no button {label}")

    @property
    def sees(self) -> list[dict[str, Any]]:
        return list(self._fake.chats[self.user_id])

    @property
    def reads(self) -> list[str]:
        return [str(message.get("message", "")) for message in self.sees]


class FakeVk(FakePlatform):
    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        # Requests of the community, whatever stands in them; unlimited unless a test says so.
        self.rate = Rate()
        self.numbers = Numbers()
        self.chats: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.callback = ""
        self.snackbars: list[str] = []
        self.confirmed: list[str] = []
        self.answers: list[tuple[int, str]] = []
        self.events = dict.fromkeys(
            ("message_new", "message_reply", "message_event", "message_edit", "message_allow",
             "message_deny", "message_read"), 1
        )  # fmt: skip
        # What the community's key may do.
        self.rights = ["messages", "photos", "docs", "manage"]
        self.first_ts = 1  # what is older than this is no longer kept
        self._customers: dict[int, Customer] = {}
        self._history: list[Event] = []
        self._key = 1
        self._new = asyncio.Event()
        self._sent: dict[tuple[int, int], int] = {}
        self._presses: set[str] = set()
        self._uploads: dict[str, bytes] = {}
        self._pushing: list[asyncio.Task[None]] = []

    def customer(self, user_id: int = 77) -> Customer:
        return self._customers.setdefault(user_id, Customer(self, user_id))

    def push(self, event: Event, *, times: int = 1) -> Event:
        def queue() -> None:
            if event["type"] == "message_event":
                self._presses.add(event["object"]["event_id"])
            for _ in range(times):
                if self.callback:
                    self._pushing.append(asyncio.ensure_future(self._push(event)))
                else:
                    self._history.append(event)
            self._new.set()

        self.do(queue)
        return event

    def confirm_address(self) -> tuple[int, str]:
        """What VK asks when an administrator enters the address."""
        body = json.dumps({"type": "confirmation", "group_id": GROUP_ID}).encode()
        return self.wait(self.post(self.callback, body, {"Content-Type": "application/json"}))

    def forget_key(self) -> None:
        """As after an hour: the key of the long poll is no longer good."""
        self._key += 1
        self.do(self._new.set)

    async def _push(self, event: Event) -> None:
        """Again and again with the same event_id until the answer is exactly «ok»."""
        retries = 0
        while True:
            headers = {"Content-Type": "application/json"}
            if retries:
                headers["X-Retry-Counter"] = str(retries)
            answer = await self.post(self.callback, body_of(event, SECRET), headers)
            self.answers.append(answer)
            if answer == (200, "ok"):
                self.confirmed.append(event["event_id"])
                return
            retries += 1
            await asyncio.sleep(0.05)

    async def _stop(self) -> None:
        for task in self._pushing:
            task.cancel()
        await super()._stop()

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/method/{method}", self._method)
        app.router.add_post("/lp", self._poll)
        app.router.add_post("/upload/{field}", self._upload)

    async def _method(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        form = {key: str(value) for key, value in (await request.post()).items()}
        params = dict(request.query) | form
        call = Call(method, params)
        self.calls.append(call)
        failure = self.next_failure(method, params)
        if failure is None and self.storm is not None:
            failure = self.storm.failure(method)
        if params.get("access_token") != self.token:
            return _error(5, "User authorization failed: invalid access_token")
        if params.get("v") != "5.199":
            return _error(8, "Invalid request: v is incorrect")
        if failure is not None and not failure.accepts:
            return await failure.answer(request)
        if self.rate.over():
            return _error(6, "Too many requests per second")
        if method == "execute":
            try:
                done = self._execute(params)
            except Refused as refusal:
                return _error(refusal.code, refusal.text)
            if failure is not None:
                return await failure.told(request, done)
            return web.json_response(done)
        try:
            check_params(method, params)
            result = self._perform(method, params)
        except Refused as refusal:
            return _error(refusal.code, refusal.text)
        call.accepted = True
        answer = {"response": result}
        if failure is not None:
            return await failure.told(request, answer)
        return web.json_response(answer)

    def _execute(self, params: Mapping[str, str]) -> dict[str, Any]:
        """A failed call is ``false``, and tells its error beside."""
        asked = calls_of(params["code"])
        results: list[Any] = []
        errors: list[dict[str, Any]] = []
        for method, inner in asked:
            call = Call(method, inner)
            self.calls.append(call)
            failure = self.next_failure(method, inner)
            try:
                if failure is not None and isinstance(failure.body, Mapping):
                    told = failure.body["error"]
                    raise Refused(told["error_code"], told["error_msg"])
                check_params(method, inner)
                results.append(self._perform(method, inner))
                call.accepted = True
            except Refused as refusal:
                results.append(False)
                errors.append(
                    {"method": method, "error_code": refusal.code, "error_msg": refusal.text}
                )
        body: dict[str, Any] = {"response": results}
        return body | ({"execute_errors": errors} if errors else {})

    def _perform(self, method: str, params: dict[str, str]) -> Any:
        match method:
            case "messages.send":
                return self._send(params)
            case "messages.sendMessageEventAnswer":
                return self._answer_press(params)
            case "messages.setActivity" | "messages.markAsRead":
                return 1
            case "users.get":
                return [
                    {"id": int(user), "first_name": f"Анна{user}", "last_name": "Петрова"}
                    for user in params["user_ids"].split(",")
                ]
            case "groups.getLongPollServer":
                if int(params["group_id"]) != GROUP_ID:
                    raise Refused(100, "group_id")
                return {"key": f"k{self._key}", "server": f"{self.url}/lp", "ts": str(self._ts)}
            case "groups.getById":
                return {"groups": [{"id": GROUP_ID, "name": "Энергосбыт"}], "profiles": []}
            case "groups.getLongPollSettings":
                return {"is_enabled": True, "events": self.events}
            case "groups.getTokenPermissions":
                told = [{"name": name, "setting": 1} for name in self.rights]
                return {"mask": 1, "permissions": told}
            case "photos.getMessagesUploadServer":
                return {"upload_url": f"{self.url}/upload/photo", "album_id": 0}
            case "docs.getMessagesUploadServer":
                return {"upload_url": f"{self.url}/upload/file"}
            case "photos.saveMessagesPhoto":
                return [self._saved(params["photo"])]
            case "docs.save":
                return {"type": "doc", "doc": self._saved(params["file"])}
        raise Refused(3, "Unknown method passed")

    def _saved(self, name: str) -> dict[str, Any]:
        if name not in self._uploads:
            raise Refused(100, "nothing was uploaded under this name")
        return {"id": int(name[1:]), "owner_id": -GROUP_ID, "access_key": "k"}

    def _send(self, params: dict[str, str]) -> int:
        peer_id = int(params["peer_id"])
        customer = self._customers.get(peer_id)
        if customer is None:
            raise Refused(901, "Can't send messages for users without permission")
        if customer.denied:
            raise Refused(901, "Can't send messages for users without permission")
        check_message(params)
        key = (peer_id, int(params["random_id"]))
        if key in self._sent:
            return self._sent[key]
        number = next(self.numbers.in_chat[peer_id])
        self._sent[key] = next(self.numbers.ids)
        self.chats[peer_id].append(params | {"number": number})
        return self._sent[key]

    def _answer_press(self, params: dict[str, str]) -> int:
        if params["event_id"] not in self._presses:
            raise Refused(100, "event_id is unknown or older than a minute")
        self._presses.remove(params["event_id"])
        if "event_data" in params:
            check_event_data(params["event_data"])
            self.snackbars.append(json.loads(params["event_data"])["text"])
        return 1

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        field = request.match_info["field"]
        form = await request.post()
        file = form.get(field)
        if not isinstance(file, web.FileField):
            return web.json_response({"error": "no file", "error_descr": field})
        name = f"u{len(self._uploads) + 1}"
        self._uploads[name] = file.file.read()
        if field == "photo":
            return web.json_response({"server": 1, "photo": name, "hash": "h"})
        return web.json_response({"file": name})

    # --- long poll -----------------------------------------------------------------------------

    @property
    def _ts(self) -> int:
        return self.first_ts + len(self._history)

    @property
    def polled(self) -> list[int]:
        return [int(call.params["ts"]) for call in self.called("a_check")]

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        params = {key: str(value) for key, value in (await request.post()).items()}
        self.calls.append(Call("a_check", params))
        failure = self.next_failure("a_check", params)
        if failure is not None:
            return await failure.answer(request)
        ts = int(params["ts"])
        if ts < self.first_ts or ts > self._ts:
            return web.json_response({"failed": 1, "ts": self._ts})
        try:
            async with asyncio.timeout(min(float(params["wait"]), 90)):
                while ts == self._ts and params["key"] == f"k{self._key}":
                    self._new.clear()
                    await self._new.wait()
        except TimeoutError:
            pass
        if params["key"] != f"k{self._key}":
            return web.json_response({"failed": 2})
        updates = self._history[ts - self.first_ts :]
        return web.json_response({"ts": str(self._ts), "updates": updates})


def _error(code: int, text: str) -> web.Response:
    """HTTP 200, as VK does."""
    return web.json_response({"error": {"error_code": code, "error_msg": text,
                                        "request_params": []}})  # fmt: skip


def refused(method: str, code: int, *, peer_id: int | None = None) -> Failure:
    body = {"error": {"error_code": code, "error_msg": f"error {code}", "request_params": []}}
    return Failure(method, peer_id, status=200, body=body)
