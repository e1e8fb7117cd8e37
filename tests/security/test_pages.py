"""What every answer carries, and what no page holds: a walk over all that can be looked at."""

from html.parser import HTMLParser

import httpx

from staff.models import Role
from tests.security import routes, walking
from tests.security.conftest import ANYBODY, House

# Files of our own folders, and what is the same for everybody.
PUBLIC = {
    "/chat", "/chat/demo-site", "/widget.js", "/api/kb/articles", "/api/kb/files/{name}",
    "/api/openapi.json", "/", "/healthz", "/readyz", "/metrics",
}  # fmt: skip
WITHOUT_HEADERS = {"/healthz", "/readyz", "/metrics"}


class Inline(HTMLParser):
    """What runs or paints and stands in the page itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in ("style", "base", "object", "embed") or (tag == "script" and "src" not in names):
            self.found.append(tag)
        for name, value in attrs:
            runs = (value or "").strip().lower().startswith(("javascript:", "vbscript:"))
            if name.startswith(("on", "hx-on")) or name == "style" or runs:
                self.found.append(f"{tag} {name}")


async def test_what_every_answer_carries_and_what_no_page_holds(house: House) -> None:
    answers = await _answers(house)
    assert sum(answer.status_code == 200 for answer in answers.values()) > 35
    for path, answer in answers.items():
        if path not in WITHOUT_HEADERS:
            _check_headers(path, answer)
    _check_words(answers)


async def _answers(house: House) -> dict[str, httpx.Response]:
    """By path: as somebody who may gets it, with a customer's name and words that are an attack."""
    await walking.customer_waits(house.services)
    found = {}
    for one, who in routes.guarded().items():
        method, path = one.split()
        if method == "GET" and path != "/staff/events":
            role = Role.ADMINISTRATOR if Role.ADMINISTRATOR in who else sorted(who)[0]
            found[path] = await house.clients[role].get(routes.address(path))
    for one in routes.opened():
        method, path = one.split()
        if method == "GET":
            found[path] = await house.clients[ANYBODY].get(routes.address(path))
    found["/nowhere"] = await house.clients[ANYBODY].get("/nowhere")
    found["/static"] = await house.clients[ANYBODY].get("/static/okno.css")
    return found


def _check_headers(path: str, answer: httpx.Response) -> None:
    headers = answer.headers
    policy = _policy(headers["content-security-policy"])
    assert "unsafe" not in headers["content-security-policy"], path
    assert policy["default-src"] in (["'self'"], ["'none'"]), path
    if policy["default-src"] == ["'self'"]:
        assert policy["object-src"] == policy["base-uri"] == ["'none'"], path
        assert policy["form-action"] == ["'self'"], path
        assert policy["frame-ancestors"] == ["'none'"], path
        assert headers["x-frame-options"] == "DENY", path
    assert headers["x-content-type-options"] == "nosniff", path
    assert headers["referrer-policy"] in ("same-origin", "no-referrer"), path
    assert headers["strict-transport-security"] == "max-age=31536000", path
    assert headers.get("access-control-allow-origin", "*") == "*", path
    assert ("access-control-allow-origin" in headers) == (path == "/api/kb/articles"), path
    assert "access-control-allow-credentials" not in headers, path
    assert not {"server", "x-powered-by"} & set(headers), path
    if path not in PUBLIC and path != "/static":
        assert headers["cache-control"] == "no-store", path
    if answer.content:
        kind = headers["content-type"]
        is_text = kind.startswith(("text/", "application/xhtml"))
        assert "charset=utf-8" in kind or not is_text, path


def _check_words(answers: dict[str, httpx.Response]) -> None:
    """A customer's name and words are shown, and as words."""
    shown = 0
    for path, answer in answers.items():
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert not Inline(answer.text).found, path
            assert "<img src=x" not in answer.text, path
            assert "<script>alert" not in answer.text, path
            shown += "&lt;img src=x onerror=alert(1)&gt;" in answer.text
    assert shown > 2  # the list, the conversation and its pieces


def _policy(header: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in header.split(";")}
