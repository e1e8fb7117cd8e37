"""What protects pages in the browser: headers, cookies, safe ways back."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Answers to platforms are not pages: headers there would only cost CPU.
WITHOUT_HEADERS = ("/webhooks/", "/metrics", "/healthz", "/readyz")
LONGEST_WAY_BACK = 2_000


def content_security_policy(*, frame_ancestors: Sequence[str] = ("'none'",)) -> str:
    """Everything comes from us, and no script or style stands in the page itself.

    ``frame_ancestors``: who may show the page in a frame, for the customers' chat only.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(frame_ancestors)}",
        )
    )


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of every page. A page that sets one of them itself keeps its own."""

    https: bool

    def add_to(self, headers: MutableHeaders) -> None:
        if "content-security-policy" not in headers:
            headers["content-security-policy"] = content_security_policy()
            headers.setdefault("x-frame-options", "DENY")
        # Staff's pages, lists and files are personal: what may be kept says so itself.
        headers.setdefault("cache-control", "no-store")
        headers.setdefault("x-content-type-options", "nosniff")
        headers.setdefault("referrer-policy", "same-origin")
        headers.setdefault("cross-origin-opener-policy", "same-origin")
        headers.setdefault("permissions-policy", "camera=(), geolocation=(), microphone=()")
        if self.https:
            headers.setdefault("strict-transport-security", "max-age=31536000")


class SecurityHeaders:
    """Adds the headers on the way out and touches nothing else, so streams stay streams."""

    def __init__(self, app: ASGIApp, headers: Headers) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(WITHOUT_HEADERS):
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.headers.add_to(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, with_headers)


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The staff session's cookie. Over https its name binds it to this host and path."""

    https: bool

    @property
    def name(self) -> str:
        return "__Host-okno_staff" if self.https else "okno_staff"

    def read(self, request: Request) -> str | None:
        return request.cookies.get(self.name)

    def set(self, response: Response, token: str) -> None:
        response.set_cookie(
            self.name, token, path="/", secure=self.https, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        response.delete_cookie(
            self.name, path="/", secure=self.https, httponly=True, samesite="lax"
        )


def safe_next(target: str | None, default: str = "/") -> str:
    """``target`` when it is a path of this site, else ``default``.

    Browsers read «\\» as «/» and skip control characters: «/\\evil.example» is another host.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    if len(target) > LONGEST_WAY_BACK or not target.isprintable() or set("\\ ") & set(target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    if parts.scheme or parts.netloc or parts.path in ("/login", "/logout"):
        return default
    return target


def path_of(url: str | None) -> str | None:
    """The path and query of an address on this site (from Referer or htmx)."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")
