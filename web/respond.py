"""Answers of staff pages: whole pages, pieces, ways on, notices."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web.navigation import home_of, is_in, parts_for
from web.shell import shell_of

# What staff pages show is not for the disk of a shared computer.
NOT_KEPT = {"cache-control": "no-store"}


def home(request: Request) -> str:
    """The address of the page that a person begins with; the customers' before the login."""
    me = getattr(request.state, "me", None)
    return home_of(me.role) if me else "/"


def page(
    request: Request, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HTMLResponse:
    """Render a page or a piece of one. Every template knows ``me`` (None before the login),
    ``csrf``, ``home``, ``parts`` of the navigation, ``events_after`` and ``request``."""
    me = getattr(request.state, "me", None)
    shared = {
        "me": me,
        "csrf": me.csrf if me else "",
        "home": home(request),
        "parts": [(part, is_in(request.url.path, part)) for part in parts_for(me.role)]
        if me
        else [],
        "events_after": getattr(request.state, "events_after", None),
    }
    return shell_of(request).templates.TemplateResponse(
        request, template, shared | (context or {}), status_code=status, headers=NOT_KEPT
    )


def is_htmx(request: Request) -> bool:
    """Whether a piece is wanted and no whole page."""
    return request.headers.get("hx-request") == "true" and "hx-boosted" not in request.headers


def go_to(request: Request, path: str, *, status: int = 303) -> Response:
    """Send the browser to another page, from a form as well as from htmx."""
    if is_htmx(request):
        return Response(status_code=204, headers={"hx-redirect": path})
    return RedirectResponse(path, status_code=status)


def notify(
    response: Response,
    text: str,
    kind: Literal["done", "trouble"] = "done",
    *,
    stale: bool = False,
) -> Response:
    """Have an htmx answer show a notice in the corner of the page; ``stale``: with a button that
    loads the page anew and keeps what was typed."""
    return tell_script(response, "okno:notice", {"text": text, "kind": kind, "stale": stale})


def tell_script(response: Response, event: str, detail: Mapping[str, Any]) -> Response:
    """Have an htmx answer dispatch an event in the page, beside those it has already."""
    told = json.loads(response.headers.get("hx-trigger", "{}"))
    response.headers["hx-trigger"] = json.dumps(told | {event: dict(detail)})
    return response
