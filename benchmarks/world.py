"""The world outside in a process of its own: customers who write, Telegram in between, and the
company's billing system.

Written straight on sockets, so that it takes as little of the machine as possible from what is
measured. Speaks JSON lines: a ``Run`` on the standard input, a ``Seen`` on the output.

    python benchmarks/world.py < runs > results
"""

import asyncio
import contextlib
import itertools
import json
import math
import re
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvloop

CONNECTIONS = 40  # Telegram's default for a webhook
LATE_SECONDS = 30.0
REPEATS = 5
_CHAT = re.compile(rb"(?:^|&)chat_id=(\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Http(asyncio.Protocol):
    """Cuts a stream into messages with a body of a known length."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            found = _LENGTH.search(head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < size:
                return
            body, self._buffer = self._buffer[end + 4 : size], self._buffer[size:]
            self.received(head, body)

    def received(self, head: bytes, body: bytes) -> None:
        raise NotImplementedError


class _BotApi(_Http):
    """Telegram's side of the bot's calls: every one succeeds."""

    def __init__(self, world: "World") -> None:
        super().__init__()
        self._world = world

    def received(self, head: bytes, body: bytes) -> None:
        result = b"true"
        if b"/sendMessage " in head[: head.index(b"\r\n")]:
            found = _CHAT.search(body)
            assert found is not None, body
            result = self._world.sent(int(found[1]))
        answer = b'{"ok":true,"result":%b}' % result
        assert self.transport is not None
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(answer), answer)
        )


class _Billing(_Http):
    """A billing system that takes its time: answers as they were told before, unsigned."""

    def __init__(self, answers: dict[str, str], seconds: float) -> None:
        super().__init__()
        self._answers = answers
        self._seconds = seconds

    def received(self, head: bytes, _body: bytes) -> None:
        target = head.split(b" ", 2)[1].decode()
        path, _, query = target.partition("?")
        number = query.partition("number=")[2].partition("&")[0]
        answer = self._answers.get(f"{path.rsplit('/', 1)[1]} {number}")
        status = "200 OK" if answer else "404 Not Found"
        body = (answer or '{"error": "unknown_account"}').encode()
        asyncio.get_running_loop().call_later(self._seconds, self._answer, status, body)

    def _answer(self, status: str, body: bytes) -> None:
        assert self.transport is not None
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        self.transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


class _Webhook(_Http):
    """One of Telegram's connections to the bot; a request at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def received(self, head: bytes, body: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(head.split(b" ", 2)[1]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed"))

    async def post(self, request: bytes) -> tuple[int, bytes]:
        assert self.transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


class World:
    """``ports``: in turn, as a proxy in front of several processes does. ``path``: of the webhook;
    with that of Rasa's REST channel the reply comes in the answer."""

    def __init__(self, ports: list[int], secret: str, path: str = "/webhooks/telegram") -> None:
        self._ports = itertools.cycle(ports)
        self._is_rest = path.startswith("/webhooks/rest")
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        ).encode()
        self._updates = itertools.count(1)
        self._messages = itertools.count(1)
        self._free: deque[_Webhook] = deque()
        self._room = asyncio.Semaphore(CONNECTIONS)
        self._answers: dict[int, asyncio.Future[float]] = {}

    def sent(self, chat: int) -> bytes:
        """A bot's message came; the answer's ``result``."""
        waiting = self._answers.pop(chat, None)
        if waiting is not None:
            waiting.set_result(time.monotonic())
        return (
            b'{"message_id":%d,"date":1795000000,"chat":{"id":%d,"type":"private"},"text":"x"}'
            % (next(self._messages), chat)
        )

    async def converse(self, chat: int, text: str) -> tuple[float, float]:
        """Write and wait for the reply: seconds to the confirmation and to the reply."""
        update = {
            "update_id": next(self._updates),
            "message": {
                "message_id": next(self._messages), "date": int(time.time()),
                "chat": {"id": chat, "type": "private", "first_name": "Анна"},
                "from": {"id": chat, "is_bot": False, "first_name": "Анна",
                         "language_code": "ru"},
                "text": text,
            },
        }  # fmt: skip
        rest = {"sender": str(chat), "message": text}
        body = json.dumps(rest if self._is_rest else update).encode()
        request = self._head + b"%d\r\n\r\n%b" % (len(body), body)
        answer = asyncio.get_running_loop().create_future()
        self._answers[chat] = answer
        started = time.monotonic()
        async with self._room:
            status, said = await self._post(request)
        assert status == 200, status
        confirmed = time.monotonic() - started
        if self._is_rest:
            assert json.loads(said), "no reply"
            return confirmed, confirmed
        try:
            async with asyncio.timeout(LATE_SECONDS):
                return confirmed, await answer - started
        except TimeoutError:
            return confirmed, math.inf

    async def _post(self, request: bytes) -> tuple[int, bytes]:
        """Once more where the server has just closed a kept connection, as Telegram does."""
        for _ in range(REPEATS):
            connection = await self._connection()
            with contextlib.suppress(ConnectionError):
                answer = await connection.post(request)
                self._free.append(connection)
                return answer
        raise AssertionError("the webhook cannot be reached")

    async def _connection(self) -> _Webhook:
        """A kept connection that the server has not closed meanwhile, or a new one."""
        while self._free:
            kept = self._free.popleft()
            if kept.transport is not None and not kept.transport.is_closing():
                return kept
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Webhook, "127.0.0.1", next(self._ports))
        return connection


Messages = list[tuple[int, str]]
Seconds = list[tuple[float, float]]


async def crowd(world: World, messages: Messages, at_once: int) -> Seconds:
    """``at_once`` customers at a time; who has the answer makes room for the next."""
    work = iter(enumerate(messages))
    seen: dict[int, tuple[float, float]] = {}

    async def one_place() -> None:
        for number, (chat, text) in work:
            seen[number] = await world.converse(chat, text)

    await asyncio.gather(*(one_place() for _ in range(at_once)))
    return [seen[number] for number in range(len(messages))]


async def paced(world: World, messages: Messages, per_second: float) -> Seconds:
    """A customer every so often, whether or not those before have their answers."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    tasks = []
    for number, (chat, text) in enumerate(messages):
        await asyncio.sleep(begin + number / per_second - loop.time())
        tasks.append(asyncio.create_task(world.converse(chat, text)))
    return list(await asyncio.gather(*tasks))


async def _lines(handle: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await handle(json.loads(line))), flush=True)


async def main() -> None:
    world: World | None = None

    async def handle(run: dict[str, Any]) -> dict[str, Any]:
        nonlocal world
        loop = asyncio.get_running_loop()
        if run["do"] == "bill":
            answers, latency = run["answers"], run["seconds"]
            billing = await loop.create_server(lambda: _Billing(answers, latency), "127.0.0.1", 0)
            return {"port": billing.sockets[0].getsockname()[1]}
        if run["do"] == "serve":
            world = World(run["webhook_ports"], run["secret"], run["path"])
            known = world
            server = await loop.create_server(lambda: _BotApi(known), "127.0.0.1", 0)
            return {"port": server.sockets[0].getsockname()[1]}
        assert world is not None
        started = time.monotonic()
        if run["do"] == "crowd":
            seen = await crowd(world, run["messages"], run["at_once"])
        else:
            seen = await paced(world, run["messages"], run["per_second"])
        seconds = time.monotonic() - started
        confirmed, replied = zip(*seen, strict=True)
        return {"seconds": seconds, "confirmed": confirmed, "replied": replied}

    await _lines(handle)


if __name__ == "__main__":
    uvloop.run(main())
