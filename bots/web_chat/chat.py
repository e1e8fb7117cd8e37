"""What the routes of the chat share, and how they learn who is asking.

**Who.** On our own page the token lies in an HttpOnly, SameSite=Lax cookie. In the widget's
frame, where browsers keep third parties' cookies back, the frame keeps it in its own storage
and sends it in the header ``x-okno-visitor``; a request that says it comes from a frame
(``x-okno-embed``) is never known by a cookie.

**Forgery.** A cookie goes along with whatever another site makes the browser send. So every
request that changes something must (1) carry ``x-okno-chat``, a header that no form can set and
that another origin's script may send only after a preflight, which we never allow; and (2) come
from our origin by the browser's own word (``Sec-Fetch-Site``, else ``Origin``). Reading needs
the same header, so that no other site can make a browser load a conversation at all.
"""

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bots.buckets import Buckets, address_key, take_all
from bots.intake import Intake
from bots.web_chat.limits import ChatLimits, Places
from bots.web_chat.refusals import Refusal, not_known, too_often
from bots.web_chat.visitors import LIFETIME, Known, Visitors
from conversations.events import Events
from media.links import Links
from media.store import MediaStore
from storage.clock import Clock
from storage.database import Database
from web import csrf
from web.hub import EventHub

OWN_HEADER = "x-okno-chat"
EMBED_HEADER = "x-okno-embed"
TOKEN_HEADER = "x-okno-visitor"  # noqa: S105 (the name of a header)
# 10,000 characters as JSON escapes of two units each, and some room.
MAX_BODY = 130_000


@dataclass(frozen=True, slots=True)
class Cookie:
    """Over https its name binds it to this host and path."""

    secure: bool

    @property
    def name(self) -> str:
        return "__Host-okno_chat" if self.secure else "okno_chat"

    def set(self, response: Response, token: str) -> None:
        response.set_cookie(
            self.name, token, max_age=int(LIFETIME.total_seconds()), path="/",
            secure=self.secure, httponly=True, samesite="lax",
        )  # fmt: skip

    def clear(self, response: Response) -> None:
        response.delete_cookie(
            self.name, path="/", secure=self.secure, httponly=True, samesite="lax"
        )


class Gates:
    """The limits, with what has been used of them."""

    def __init__(self, limits: ChatLimits, clock: Clock) -> None:
        self.limits = limits
        self.places = Places()
        self._by_visitor = Buckets(limits.messages_per_visitor, clock)
        self._by_address = Buckets(limits.messages_per_address, clock)
        self._files = Buckets(limits.files_per_visitor, clock)
        self._files_by_address = Buckets(limits.files_per_address, clock)
        self._visitors = Buckets(limits.visitors_per_address, clock)
        self._phones = Buckets(limits.phones_per_visitor, clock)
        self._reads = Buckets(limits.reads_per_address, clock)

    def message(self, request: Request, visitor: Known) -> None:
        self._pass((self._by_visitor, visitor.chat_id), (self._by_address, address(request)))

    def file(self, request: Request, visitor: Known) -> None:
        self._pass((self._files, visitor.chat_id), (self._files_by_address, address(request)))

    def new_visitor(self, request: Request) -> None:
        self._pass((self._visitors, address(request)))

    def phone(self, request: Request, visitor: Known) -> None:
        self._pass((self._phones, visitor.chat_id), (self._by_address, address(request)))

    def read(self, request: Request) -> None:
        self._pass((self._reads, address(request)))

    def _pass(self, *wanted: tuple[Buckets, str]) -> None:
        if wait := take_all(*wanted):
            raise too_often(wait)


@dataclass(frozen=True, slots=True)
class Chat:
    database: Database
    intake: Intake
    events: Events
    hub: EventHub
    visitors: Visitors
    gates: Gates
    cookie: Cookie
    account_id: int
    clock: Clock
    links: Links
    media: MediaStore
    public_url: str | None

    async def known(self, request: Request) -> Known | None:
        token = token_of(request, self.cookie)
        return await self.visitors.find(token) if token else None

    async def must_know(self, request: Request) -> Known:
        visitor = await self.known(request)
        if visitor is None:
            raise not_known()
        return visitor

    def check_reading(self, request: Request) -> None:
        if OWN_HEADER not in request.headers:
            raise csrf.CsrfLost
        self.gates.read(request)

    def check_writing(self, request: Request) -> None:
        if OWN_HEADER not in request.headers:
            raise csrf.CsrfLost
        csrf.check_origin(request, self.public_url)


def is_embedded(request: Request) -> bool:
    return EMBED_HEADER in request.headers


def token_of(request: Request, cookie: Cookie) -> str | None:
    if is_embedded(request):
        return request.headers.get(TOKEN_HEADER)
    return request.cookies.get(cookie.name)


def address(request: Request) -> str:
    return address_key(request.client.host) if request.client else "unknown"


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object sent. Raises Refusal; reads no more than is allowed."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refusal(415, "not_json", "Ожидается JSON.")
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_BODY:
            raise Refusal(413, "too_long", "Сообщение слишком длинное. Разделите его на части.")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "not_json", "Запрос не разобрать: это не JSON.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "not_json", "Запрос не разобрать: ожидается объект JSON.")
    return body
