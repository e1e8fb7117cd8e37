"""A Bot API server for tests, over HTTP, in a thread of its own.

Its five powers: it delivers updates by webhook and by long poll (with repeats, and out of order
where Telegram promises none); it records calls; it fails as it is told; its answers satisfy
clients' models; it refuses what breaks Telegram's documented limits. Source: Bot API 10;
tdlib/telegram-bot-api for what the documentation leaves open.
"""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from tests.fakes.rates import Rate
from tests.fakes.telegram_failures import Failure, Storm, too_many
from tests.fakes.telegram_files import Upload, caption, checked_document, checked_photo
from tests.fakes.telegram_limits import (
    CALLBACK_ANSWER_CHARACTERS,
    Refused,
    bad_request,
    checked_markup,
    visible_text,
)
from tests.fakes.telegram_updates import Numbers, Person, Update
from tests.fakes.telegram_webhook import WebhookPusher

TOKEN = "123456:fake-token-of-the-tests-0123456789"
DOWNLOAD_BYTES = 20 * 2**20  # Bot API, getFile
PRESS_SECONDS = 150.0  # after that a press can't be answered
LONGEST_POLL = 50.0
T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """A request as it came; ``accepted``: Telegram did what it asks, whatever it answered."""

    method: str
    params: Mapping[str, str]
    at: float
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    accepted: bool = False


class Customer(Person):
    """A person whose doings reach the bot, and who sees what the bot sends."""

    def __init__(self, fake: "FakeTelegram", chat_id: int) -> None:
        super().__init__(fake.numbers, chat_id)
        self._fake = fake
        self.blocked = False

    def says(self, text: str) -> Update:
        return self._fake.push(self.text(text))

    def sends_photo(self, content: bytes, caption: str = "") -> Update:
        file_id = f"file{len(self._fake.files) + 1}"
        self._fake.files[file_id] = content
        size = {"file_id": file_id, "file_unique_id": f"u{file_id}", "width": 90, "height": 60,
                "file_size": len(content)}  # fmt: skip
        said = {"caption": caption} if caption else {}
        return self._fake.push(self.message(photo=[{**size, "file_id": "small"}, size], **said))

    def presses(self, data: str, message: dict[str, Any] | None = None) -> Update:
        return self._fake.push(self.press(data, message))

    def blocks(self) -> Update:
        self.blocked = True
        return self._fake.push(self.membership("member", "kicked"))

    def unblocks(self) -> Update:
        self.blocked = False
        return self._fake.push(self.membership("kicked", "member"))

    @property
    def sees(self) -> list[dict[str, Any]]:
        """The bot's messages in the chat, in the order in which they came."""
        return list(self._fake.chats[self.chat_id])

    @property
    def reads(self) -> list[str]:
        return [message.get("text") or message.get("caption", "") for message in self.sees]


class FakeTelegram:
    """``with FakeTelegram() as telegram:``; ``telegram.url`` is the base for clients."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.numbers = Numbers()
        # Its limits of pace; none unless a test says so.
        self.rate = Rate()
        self.url = ""
        self.calls: list[Call] = []
        self.chats: dict[int, list[dict[str, Any]]] = defaultdict(list)
        # What customers have sent, by file_id.
        self.files: dict[str, bytes] = {}
        self.webhook: dict[str, str] = {}
        self.webhook_changes: list[dict[str, str]] = []
        self._customers: dict[int, Customer] = {}
        self._pending: list[Update] = []
        self._presses: dict[str, float] = {}
        self._failures: list[Failure] = []
        self.storm: Storm | None = None
        self._new_update = asyncio.Event()
        self._poll: asyncio.Task[Any] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._pusher = WebhookPusher()
        self._runner: web.AppRunner | None = None

    # --- the test's side, from any thread ------------------------------------------------------

    def __enter__(self) -> "FakeTelegram":
        self._thread.start()
        self._wait(self._start())
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def customer(self, chat_id: int = 77) -> Customer:
        return self._customers.setdefault(chat_id, Customer(self, chat_id))

    def push(self, update: Update, *, times: int = 1) -> Update:
        """Have the update delivered; ``times`` > 1: as many copies, confirmed or not."""

        def queue() -> None:
            press = update.get("callback_query")
            if press is not None:
                self._presses[press["id"]] = time.monotonic()
            for _ in range(times):
                if self.webhook:
                    self._pusher.push(update)
                else:
                    self._pending.append(update)
            self._new_update.set()

        self._do(queue)
        return update

    def fail(self, *failures: Failure) -> None:
        """The next matching calls fail, one failure each, in the given order."""
        self._do(lambda: self._failures.extend(failures))

    def called(self, method: str) -> list[Call]:
        return [call for call in list(self.calls) if call.method == method]

    @property
    def confirmed(self) -> list[int]:
        """Numbers of the updates that the webhook confirmed, in order."""
        return list(self._pusher.confirmed)

    @property
    def refusals(self) -> list[tuple[int, int]]:
        """(update, HTTP status) of what the webhook did not take."""
        return list(self._pusher.refusals)

    @property
    def unconfirmed(self) -> int:
        """How many updates are not yet confirmed, by webhook or by an offset."""
        return len(self._pending) + self._pusher.waiting

    def _do(self, action: Callable[[], T]) -> T:
        async def run() -> T:
            return action()

        return self._wait(run())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    # --- the server ----------------------------------------------------------------------------

    async def _start(self) -> None:
        app = web.Application(client_max_size=50 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.*}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
        await self._pusher.close()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        params = dict(request.query) | {k: v for k, v in form.items() if isinstance(v, str)}
        uploads = {
            name: Upload(field.filename, field.file.read())
            for name, field in form.items()
            if isinstance(field, web.FileField)
        }
        method = request.match_info["method"]
        call = Call(method, params, time.monotonic(), uploads)
        self.calls.append(call)
        failure = next((f for f in self._failures if f.concerns(method, params)), None)
        if failure is not None:
            self._failures.remove(failure)
        elif self.storm is not None:
            failure = self.storm.failure(method)
        if request.match_info["token"] != self.token:
            return _refusal(401, "Unauthorized")
        if failure is not None and not failure.accepts:
            return await failure.answer(request)
        if method.startswith("send") and self.rate.over(params.get("chat_id")):
            body = too_many(method, 1).body
            return web.json_response(body, status=429)
        try:
            result = await self._perform(method, params, uploads)
        except Refused as refusal:
            return _refusal(refusal.code, refusal.description)
        call.accepted = True
        answer = {"ok": True, "result": result}
        if failure is not None:
            return await failure.told(request, answer)
        return web.json_response(answer)

    async def _perform(
        self, method: str, params: Mapping[str, str], uploads: Mapping[str, Upload]
    ) -> Any:
        match method:
            case "getMe":
                return {"id": 1, "is_bot": True, "first_name": "Окно", "username": "okno_bot"}
            case "sendMessage":
                return self._send_message(params)
            case "sendPhoto":
                photo = checked_photo(params, uploads)
                return self._send(params, caption(params) | {"photo": photo})
            case "sendDocument":
                document = checked_document(params, uploads)
                return self._send(params, caption(params) | {"document": document})
            case "getFile":
                return self._get_file(params["file_id"])
            case "answerCallbackQuery":
                return self._answer_press(params)
            case "sendChatAction":
                self._reachable(params)
                return True
            case "setMyCommands":
                return True
            case "getUpdates":
                return await self._get_updates(params)
            case "setWebhook":
                return self._set_webhook(params)
            case "deleteWebhook":
                return self._delete_webhook(params)
            case "getWebhookInfo":
                return {
                    "url": self.webhook.get("url", ""),
                    "has_custom_certificate": False,
                    "pending_update_count": self.unconfirmed,
                }
        raise Refused(404, "Not Found")

    def _get_file(self, file_id: str) -> dict[str, Any]:
        content = self.files.get(file_id)
        if content is None:
            raise bad_request("invalid file_id")
        if len(content) > DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(content),
                "file_path": f"photos/{file_id}"}  # fmt: skip

    async def _file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["path"].removeprefix("photos/"))
        if request.match_info["token"] != self.token or content is None:
            return _refusal(404, "Not Found")
        return web.Response(body=content)

    def _reachable(self, params: Mapping[str, str]) -> Customer:
        customer = self._customers.get(int(params.get("chat_id", "0")))
        if customer is None:
            raise bad_request("chat not found")
        if customer.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return customer

    def _send_message(self, params: Mapping[str, str]) -> dict[str, Any]:
        return self._send(params, {"text": visible_text(params)})

    def _send(self, params: Mapping[str, str], content: Mapping[str, Any]) -> dict[str, Any]:
        customer = self._reachable(params)
        markup = checked_markup(params)
        chat_id = customer.chat_id
        message: dict[str, Any] = {
            "message_id": self.numbers.message(chat_id), "date": int(time.time()),
            "chat": customer.chat, **content,
        }  # fmt: skip
        if markup is not None and "inline_keyboard" in markup:
            message["reply_markup"] = markup
        self.chats[chat_id].append(message)
        return message

    def _answer_press(self, params: Mapping[str, str]) -> bool:
        if len(params.get("text", "")) > CALLBACK_ANSWER_CHARACTERS:
            raise bad_request("MESSAGE_TOO_LONG")
        pressed_at = self._presses.pop(params.get("callback_query_id", ""), None)
        if pressed_at is None or time.monotonic() - pressed_at > PRESS_SECONDS:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        return True

    # --- updates -------------------------------------------------------------------------------

    async def _get_updates(self, params: Mapping[str, str]) -> Sequence[Update]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._poll is not None:
            self._poll.cancel()
        self._poll = asyncio.current_task()
        offset = int(params.get("offset", "0"))
        # The offset is the confirmation of everything below it.
        self._pending = [u for u in self._pending if u["update_id"] >= offset]
        wait = min(float(params.get("timeout", "0")), LONGEST_POLL)
        try:
            async with asyncio.timeout(wait):
                while not self._pending:
                    self._new_update.clear()
                    await self._new_update.wait()
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            other = "setWebhook" if self.webhook else "other getUpdates"
            raise Refused(409, f"Conflict: terminated by {other} request") from None
        finally:
            if self._poll is asyncio.current_task():
                self._poll = None
        return sorted(self._pending, key=lambda u: int(u["update_id"]))[
            : int(params.get("limit", "100"))
        ]

    def _set_webhook(self, params: Mapping[str, str]) -> bool:
        url = params.get("url", "")
        # Plain http as a Bot API server of one's own allows it; Telegram's asks for https.
        if not url.startswith(("https://", "http://127.0.0.1")):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = dict(params)
        if self._poll is not None:
            self._poll.cancel()
        self.webhook_changes.append(dict(params))
        self._pusher.use(url, params.get("secret_token", ""))
        for update in self._pending:
            self._pusher.push(update)
        self._pending = []
        return True

    def _delete_webhook(self, params: Mapping[str, str]) -> bool:
        self.webhook = {}
        self.webhook_changes.append({"url": "", **params})
        waiting = self._pusher.take_back()
        if params.get("drop_pending_updates", "").lower() != "true":
            self._pending.extend(waiting)
        return True


def _refusal(code: int, description: str) -> web.Response:
    return web.json_response(
        {"ok": False, "error_code": code, "description": description}, status=code
    )
