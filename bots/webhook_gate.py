"""Before the webhooks: what is too large is not read, and who knocks with a wrong secret waits.

Only refused calls count, by address, and an address that has shown the right secret is never held
up: platforms send what they have to, also from behind a proxy whose visitors all look the same.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bots.buckets import MOST_KEYS, Buckets, Rate, address_key
from bots.webhooks import MAX_BODY, UNPROVEN
from storage.clock import Clock

GUARDED = ("/webhooks/", "/api/billing/")
# Without the secret, malformed, no such bot.
_REFUSED = frozenset({400, 401, 403, 404})
KNOWN_FOR = timedelta(days=1)


class WebhookGate:
    """429 for an address with too many refused calls, 413 for a body announced as too large;
    neither reads anything. ``rate``: of refused calls."""

    def __init__(self, app: ASGIApp, rate: Rate, clock: Clock) -> None:
        self.app = app
        self._clock = clock
        self._refused = Buckets(rate, clock)
        # Until when an address counts as a platform's.
        self._known: OrderedDict[str, datetime] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        who = address_key(client[0]) if client else "unknown"
        wait = timedelta() if self._is_known(who) else self._refused.wait(who)
        if wait:
            await _answer(send, 429, wait)
        elif _announced(scope) > MAX_BODY:
            await _answer(send, 413)
        else:

            async def looking(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._learn(who, message["status"], proven=UNPROVEN not in scope)
                await send(message)

            await self.app(scope, receive, looking)

    def _is_known(self, who: str) -> bool:
        until = self._known.get(who)
        return until is not None and until > self._clock.now()

    def _learn(self, who: str, status: int, *, proven: bool) -> None:
        if status in _REFUSED:
            self._refused.take(who)
        elif status == 200 and proven:
            self._known[who] = self._clock.now() + KNOWN_FOR
            self._known.move_to_end(who)
            if len(self._known) > MOST_KEYS:
                self._known.popitem(last=False)


def _announced(scope: Scope) -> int:
    """By the header; a body without one is counted while it is read."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _answer(send: Send, status: int, wait: timedelta | None = None) -> None:
    headers = [(b"content-length", b"0")]
    if wait is not None:
        headers.append((b"retry-after", str(int(wait.total_seconds()) + 1).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
