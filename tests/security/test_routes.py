"""Who may what: every route with every role and with nobody, as the table says."""

import asyncio
import re

import httpx
import pytest

from handoff.errors import UploadGone
from handoff.inbox.uploads import Upload, Uploads
from media.attachments import KeptFile
from staff.models import Role
from tests.conftest import FakeClock
from tests.security import routes, walking
from tests.security.conftest import ANYBODY, COOKIE, House, browser

STREAM = "/staff/events"


async def test_every_route_has_its_place_in_the_table(house: House) -> None:
    found = [f"{method} {path}" for method, path in walking.routes(house.app)]
    assert sorted(found) == sorted({**routes.guarded(), **routes.opened()})
    assert walking.mounts(house.app) == routes.MOUNTED


async def test_every_route_lets_in_whom_the_table_names_and_nobody_else(house: House) -> None:
    """Also that no form is taken without its token: who may comes exactly so far."""
    await walking.customer_waits(house.services)
    wrong = []
    for one, who in routes.guarded().items():
        method, path = one.split()
        if path == STREAM:
            continue  # it would not end; below
        for visitor, client in house.clients.items():
            answer = await client.request(method, routes.address(path))
            if visitor == ANYBODY:
                right = answer.status_code == 303 and _asks_to_log_in(answer)
            elif visitor not in who:
                right = answer.status_code == 403
            elif method == "GET":
                right = answer.status_code not in (303, 401, 403, 405) and answer.status_code < 500
            else:
                right = answer.status_code == 419
            if not right:
                wrong.append((one, str(visitor), answer.status_code))
    assert wrong == []


async def test_with_its_token_every_form_comes_to_an_answer_that_is_no_fault(house: House) -> None:
    """An empty form, and fields that are anything, are answered; no fault of ours."""
    await walking.customer_waits(house.services)
    last = ("/logout", "/profile/logout-everywhere")
    forms = [one.split() for one in routes.guarded() if one.startswith("POST")]
    wrong = []
    for method, path in sorted(forms, key=lambda form: form[1] in last):
        role = next(iter(sorted(routes.guarded()[f"{method} {path}"])))
        headers = {"x-csrf-token": house.csrf[role]}
        for data in ({}, {"text": "\u202e\x00" * 50, "ids": "-1", "name": "x" * 5000, "key": "%"}):
            answer = await house.clients[role].post(
                routes.address(path), data=data, headers=headers
            )
            if answer.status_code in (401, 403, 419) or answer.status_code >= 500:
                wrong.append((path, answer.status_code))
        if path in last:
            break
    assert wrong == []


async def test_a_number_that_is_none_names_no_page(house: House) -> None:
    """«/kb/abc» is an address like any other that leads nowhere, told as a page in Russian."""
    asked = 0
    for one, who in routes.guarded().items():
        method, path = one.split()
        client = house.clients[sorted(who)[0]]
        for name in re.findall(r"\{(\w+_id)\}", path):
            for number in ("abc", "9" * 30):
                where = routes.address(path.replace(f"{{{name}}}", number))
                headers = {"x-csrf-token": house.csrf[sorted(who)[0]], "accept": "text/html"}
                answer = await client.request(method, where, headers=headers)
                assert answer.status_code == 404, where
                assert "Такой страницы нет" in answer.text, where
                asked += 1
    assert asked > 80


async def test_no_get_changes_anything(house: House) -> None:
    """What a link, a picture or a prefetch can call has to be harmless."""
    unsafe = {"DELETE", "PATCH", "PUT", "TRACE", "CONNECT"}
    assert not unsafe & {method for method, _ in walking.routes(house.app)}
    nobody, client = house.clients[ANYBODY], house.clients[Role.ADMINISTRATOR]
    answer = await nobody.get(STREAM, headers={"accept": "text/event-stream"})
    assert answer.status_code == 401
    for path in ("/logout", "/profile/logout-everywhere", "/people/1/off"):
        assert (await client.get(path)).status_code == 405, path
    for method in sorted(unsafe - {"CONNECT"}):
        assert (await client.request(method, "/inbox")).status_code == 405, method


async def test_one_visitor_of_the_chat_is_told_nothing_of_another(house: House) -> None:
    """Numbers of messages, files and conversations name nothing without the visitor's token."""
    client = house.clients[ANYBODY]
    own = {"x-okno-chat": "1", "sec-fetch-site": "same-origin"}
    async with asyncio.timeout(20):
        assert (await client.post("/chat/visitor", headers=own)).status_code == 201
        said = {"key": "a" * 8, "text": "мой секрет"}
        assert (await client.post("/chat/messages", headers=own, json=said)).status_code == 202
        stranger = browser(house.app)
        for path in ("/chat/history", "/chat/history?before=99", "/chat/history?after=0"):
            answer = await stranger.get(path, headers=own)
            assert "мой секрет" not in answer.text
            assert not answer.json()["known"]
        for path, body in (
            ("/chat/messages", {"key": "b" * 8, "text": "я"}), ("/chat/seen", {"message": 1}),
            ("/chat/phone", {"phone": "+79001234567"}),
        ):  # fmt: skip
            assert (await stranger.post(path, headers=own, json=body)).status_code == 401, path
        assert (await stranger.get("/chat/events?after=0", headers=own)).status_code == 401
        # A staff login is none of a visitor's, and the other way round.
        staff = await house.clients[Role.OPERATOR].get("/chat/history", headers=own)
        assert not staff.json()["known"]
        token = client.cookies["__Host-okno_chat"]
        stranger.cookies.set(COOKIE, token, domain="okno.example")
        assert (await stranger.get("/inbox")).status_code == 303
        await stranger.aclose()


def test_a_draft_of_an_answer_is_its_authors_alone(clock: FakeClock) -> None:
    """The token of a file that was sent up names a person; his colleague's opens nothing."""
    uploads = Uploads(b"k" * 40, clock)
    upload = Upload(KeptFile("0" * 64, "image/png", 9), "а.png")
    token = uploads.token(upload, person_id=1)
    assert uploads.open(token, 1) == upload
    for whose, given in ((2, token), (1, token[:-1]), (1, "")):
        with pytest.raises(UploadGone):
            uploads.open(given, whose)
    clock.advance(days=7)
    with pytest.raises(UploadGone):
        uploads.open(token, 1)


def _asks_to_log_in(answer: httpx.Response) -> bool:
    return answer.headers["location"].startswith("/login")
