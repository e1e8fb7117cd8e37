"""Whatever stands in a body or a query: an answer, and no fault of ours; no body without end."""

import asyncio
import itertools

import httpx
import pytest

from staff.models import Role
from tests.security import routes, walking
from tests.security.conftest import ANYBODY, SECRETS, House
from web.bodies import MOST, MOST_OF_A_LOGIN

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PARTS = "multipart/form-data; boundary=b"
_PART = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
_FILE = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n'
_END = b"--b--\r\n"
BODIES: dict[str, tuple[str, bytes]] = {
    "parts without a boundary": ("multipart/form-data", _END),
    "a boundary that never comes": (PARTS, b"x" * 9_000),
    "a part without a head": (PARTS, b"--b\r\n\r\n\xff\xfe\r\n" + _END),
    "a part that breaks off": (PARTS, b'--b\r\nContent-Disposition: form-data; name="text'),
    "an unknown charset": (PARTS + "; charset=klingon", _PART % (b"text", b"\xff") + _END),
    "bytes that are no UTF-8": (PARTS, _PART % (b"text", b"\xff\xfe\x00") + _END),
    "more parts than anybody has": (PARTS, _PART % (b"a", b"1") * 1_100 + _END),
    "a file named as a path": (
        PARTS, _FILE % (b"file", b"../../etc/passwd\x00.png", b"\x89PNG\r\n\x1a\n") + _END,
    ),
    "a file in place of a word": (PARTS, _FILE % (b"text", b"a", b"b") + _END),
    "percent signs and NUL": (
        FORM, b"text=%ff%fe%00&name=%ED%A0%80&key=%&ids=%00&login=%00&q=%&title=%00&label=%00",
    ),
    "numbers without end": (FORM, b"ids=" + b"9" * 5_000 + b"&number=NaN&id=1e999&version=-1"),
    "more fields than anybody has": (FORM, b"a=1&" * 1_100),
    "deep JSON": (JSON, b"[" * 50_000),
    "JSON in no encoding": (JSON, b'{"text": "\xff"}'),
    "NUL and half a sign": (JSON, rb'{"text":"\u0000\ud800","key":"\u0000aaaaaaa"}'),
    "numbers that are none": (JSON, b'{"message":1e999,"after":NaN,"id":' + b"9" * 5_000 + b"}"),
    "no object": (JSON, b"null"),
    "a type that is none": ("\u00ff/\u0001", b"text=1"),
}  # fmt: skip
QUERIES = (
    "?q=%00%ff&text=%00&before=%00&key=%00&word=%00&title=%00&name=%00&kind=%00",
    "?after=99999999999999999999&before=-1&page=1e9&from=9999-99-99&to=%ED%A0%80",
)
OWN = {"x-okno-chat": "1", "sec-fetch-site": "same-origin"}
# They would not end, or would end the session.
_APART = {
    "GET /staff/events",
    "GET /chat/events",
    "POST /logout",
    "POST /profile/logout-everywhere",
}


# Files of a form that a page of ours read by itself are closed when they are forgotten.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_no_route_has_a_fault_whatever_it_is_sent(each_house: House) -> None:
    house, faults = each_house, []
    await walking.customer_waits(house.services)
    async with asyncio.timeout(400):
        for one in sorted({*routes.guarded(), *routes.opened()} - _APART):
            method, path = one.split()
            client, headers = _who(house, one)
            where = routes.address(path)
            for query in QUERIES if method == "GET" else ():
                answer = await client.get(where + query, headers=headers)
                if answer.status_code >= 500:
                    faults.append((one, query))
            for what, (kind, body) in BODIES.items() if method == "POST" else ():
                typed = {**headers, "content-type": kind.encode("latin-1")}
                answer = await client.post(where, content=body, headers=typed)
                if answer.status_code >= 500:
                    faults.append((one, what))
                house.clock.advance(seconds=30)  # past the limits
    assert faults == []


@pytest.mark.parametrize("kind", [FORM, PARTS])
async def test_nobody_has_a_form_read_without_end(house: House, kind: str) -> None:
    """Before the login next to nothing, after it no more than a file and what is around it."""
    piece, sent = 2**16, itertools.count()

    async def endless():  # type: ignore[no-untyped-def]
        yield _FILE[:-2] % (b"file", b"a.csv", b"login=") if kind == PARTS else b"login="
        while True:
            next(sent)
            yield b"a" * piece

    editor = {"x-csrf-token": house.csrf[Role.EDITOR]}
    for client, path, headers, most in (
        (house.clients[ANYBODY], "/login", OWN, MOST_OF_A_LOGIN),
        (house.clients[ANYBODY], "/login/code", OWN, MOST_OF_A_LOGIN),
        (house.clients[Role.EDITOR], "/kb/table", editor, MOST),
    ):
        before = next(sent)
        async with asyncio.timeout(60):
            answer = await client.post(
                path, content=endless(), headers={**headers, "content-type": kind}
            )
        # The form library itself has a limit for a field, but none for a file.
        assert answer.status_code in ((400, 413) if kind == FORM else (413,)), path
        assert next(sent) - before - 1 <= most // piece + 1, path


def _who(house: House, one: str) -> tuple[httpx.AsyncClient, dict[str, str | bytes]]:
    allowed = routes.guarded().get(one)
    if allowed is None:
        secrets = {
            "x-telegram-bot-api-secret-token": SECRETS["telegram_webhook_secret"],
            "x-max-bot-api-secret": SECRETS["max_secret"],
        }
        return house.clients[ANYBODY], {**OWN, **secrets}
    role = min(allowed)
    return house.clients[role], {"x-csrf-token": house.csrf[role]}
