"""Requests that change something must come from our own pages.

Pages of a session carry its token in every form (field ``_csrf``) and, for htmx, in a header.
The login form has no session yet: there the browser's own word on where it came from counts.
"""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

FIELD = "_csrf"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class CsrfLost(Exception):
    """The token is missing or of another session: the page is stale."""


async def check(request: Request, expected: str) -> None:
    """Raises CsrfLost unless the request is safe or carries the session's token."""
    if request.method in SAFE_METHODS:
        return
    given: object = request.headers.get(HEADER)
    if given is None and request.headers.get("content-type", "").startswith(FORM_TYPES):
        given = (await request.form()).get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise CsrfLost


def check_origin(request: Request, public_url: str | None) -> None:
    """Raises CsrfLost when the browser says that another site sent the form."""
    site = request.headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return
    origin = request.headers.get("origin")
    own = {request.headers.get("host"), urlsplit(public_url).netloc if public_url else None}
    if site is not None or (origin is not None and urlsplit(origin).netloc not in own):
        raise CsrfLost
