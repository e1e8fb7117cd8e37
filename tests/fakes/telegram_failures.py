"""How a call to a fake platform can go wrong: once, or at random in a storm."""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from aiohttp import web

HTML_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """``accepts``: the call is carried out, and only its answer goes wrong.

    ``reset``: the connection breaks instead of an answer. ``released``: the answer waits for it.
    ``trickles``: seconds that the answer takes from its first byte to its last.
    """

    method: str
    chat_id: int | None = None
    status: int = 200
    body: Mapping[str, Any] | str | None = None
    accepts: bool = False
    reset: bool = False
    released: threading.Event | None = None
    trickles: float = 0.0

    def concerns(self, method: str, params: Mapping[str, str]) -> bool:
        return method == self.method and (
            self.chat_id is None
            or str(self.chat_id) in (params.get("chat_id"), params.get("peer_id"))
        )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        await self.before_answer(request)
        if isinstance(self.body, str):
            return web.Response(text=self.body, status=self.status, content_type="text/html")
        return web.json_response(self.body, status=self.status)

    async def told(self, request: web.Request, answer: Any) -> web.StreamResponse:
        """How ``answer`` to a call that was carried out comes over."""
        if self.body is not None:
            return await self.answer(request)
        await self.before_answer(request)
        if not self.trickles:
            return web.json_response(answer)
        content = json.dumps(answer).encode()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(content)
        await response.prepare(request)
        for byte in content:
            await asyncio.sleep(self.trickles / len(content))
            await response.write(bytes([byte]))
        return response

    async def before_answer(self, request: web.Request) -> None:
        if self.released is not None:
            await asyncio.to_thread(self.released.wait, 30)
        if self.reset and request.transport is not None:
            request.transport.abort()


def refused(method: str, status: int, description: str, *, chat_id: int | None = None) -> Failure:
    """403, 400, 401, 500 as the Bot API words them."""
    body = {"ok": False, "error_code": status, "description": description}
    return Failure(method, chat_id, status, body)


def too_many(method: str, seconds: int, *, chat_id: int | None = None) -> Failure:
    body = {
        "ok": False, "error_code": 429,
        "description": f"Too Many Requests: retry after {seconds}",
        "parameters": {"retry_after": seconds},
    }  # fmt: skip
    return Failure(method, chat_id, 429, body)


def html_page(method: str, *, status: int = 502) -> Failure:
    """What a proxy in between says."""
    return Failure(method, status=status, body=HTML_PAGE)


def reset_after_accept(method: str, *, chat_id: int | None = None) -> Failure:
    """Done, but nobody hears of it: the outcome is unknown to the client."""
    return Failure(method, chat_id, accepts=True, reset=True)


def slow(method: str, released: threading.Event, *, chat_id: int | None = None) -> Failure:
    """Done, and answered only when the test sets ``released``."""
    return Failure(method, chat_id, accepts=True, released=released)


def reset_before_accept(method: str) -> Failure:
    return Failure(method, reset=True)


def cut_short(method: str) -> Failure:
    """Done, and the answer breaks off in its middle."""
    return Failure(method, accepts=True, body='{"ok": true, "resu')


def page_after_accept(method: str) -> Failure:
    """Done, and a proxy in between has lost the answer."""
    return Failure(method, status=504, accepts=True, body=HTML_PAGE)


def trickling(method: str, seconds: float) -> Failure:
    """Done, and the answer comes byte by byte."""
    return Failure(method, accepts=True, trickles=seconds)


class Storm:
    """While it lasts, a call of ``methods`` goes wrong with ``chance``, in one of ``ways``."""

    def __init__(
        self,
        random: Random,
        methods: Sequence[str],
        ways: Sequence[Callable[[str], Failure]],
        chance: float = 0.25,
    ) -> None:
        self._random = random
        self._methods = methods
        self._ways = ways
        self._chance = chance
        self.struck = 0

    def failure(self, method: str) -> Failure | None:
        if method not in self._methods or self._random.random() >= self._chance:
            return None
        self.struck += 1
        return self._random.choice(self._ways)(method)
