"""Who is known, by what, for how long; and which requests are ours at all."""

import hashlib

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bots.web_chat.chat import Cookie
from bots.web_chat.models import Visitor
from bots.web_chat.visitors import LIFETIME, Visitors
from conversations.models import Conversation, Message, MessageKind
from storage.database import Database
from tests.bots.web_chat.conftest import FROM_OUR_PAGE, Customer, conversation_of, stored
from tests.conftest import FakeClock

KEY = "0b5e1c52-7d64-4e0a-a6d3-3f3f6c0c1a11"


async def _rows(database: Database) -> list[int]:
    async with database.read() as session:
        return [
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (Visitor, Conversation, Message)
        ]


async def test_looking_creates_nothing(stranger: Customer, database: Database) -> None:
    for path in ("/chat", "/chat?embed=1", "/chat/history", "/widget.js", "/chat/demo-site"):
        response = await stranger.http.get(path)
        assert response.status_code == 200
        assert "set-cookie" not in response.headers
    assert (await stranger.http.get("/chat/events?after=0")).status_code == 401
    assert await _rows(database) == [0, 0, 0]


async def test_the_page_keeps_its_token_in_a_cookie_that_scripts_cannot_read(
    stranger: Customer, database: Database
) -> None:
    response = await stranger.http.post("/chat/visitor", json={})
    assert (response.status_code, response.json()) == (201, {})
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    token = stranger.http.cookies["okno_chat"]
    assert len(token) >= 43  # 256 bits
    async with database.read() as session:
        visitor = (await session.execute(select(Visitor))).scalar_one()
    assert visitor.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in visitor.chat_id


def test_over_https_the_cookie_is_bound_to_the_host() -> None:
    assert (Cookie(True).name, Cookie(False).name) == ("__Host-okno_chat", "okno_chat")


async def test_beginning_twice_keeps_the_visitor(customer: Customer, database: Database) -> None:
    response = await customer.http.post("/chat/visitor", json={})
    assert response.status_code == 200
    assert (await _rows(database))[0] == 1


async def test_a_frame_is_known_by_its_header_and_never_by_the_cookie(
    app: FastAPI, customer: Customer
) -> None:
    frame = Customer(app, embedded=True)
    await customer.say("на странице")
    frame.http.cookies = customer.http.cookies
    assert (await frame.history())["known"] is False
    response = await frame.http.post("/chat/visitor", json={})
    assert "set-cookie" not in response.headers
    frame.http.headers["x-okno-visitor"] = response.json()["token"]
    await frame.say("в рамке")
    assert await frame.texts() == ["в рамке"]
    assert await customer.texts() == ["на странице"]
    await frame.http.aclose()


async def test_a_token_is_not_taken_from_an_address(customer: Customer, stranger: Customer) -> None:
    await customer.say("секрет")
    token = customer.http.cookies["okno_chat"]
    response = await stranger.http.get(
        "/chat/history", params={"token": token, "x-okno-visitor": token}
    )
    assert response.json()["known"] is False


@pytest.mark.parametrize("token", ["", "wrong", "х" * 43, "\ufffd"])
async def test_a_wrong_token_knows_nobody(stranger: Customer, token: str) -> None:
    stranger.http.headers["x-okno-embed"] = "1"
    headers = {"x-okno-visitor": token.encode()}
    response = await stranger.http.get("/chat/history", headers=headers)  # type: ignore[arg-type]
    assert response.json()["known"] is False
    assert (await stranger.post({"text": "привет"})).status_code == 401


async def test_a_token_lives_on_while_it_is_used(
    customer: Customer, clock: FakeClock, database: Database
) -> None:
    visitors = Visitors(database)
    token = customer.http.cookies["okno_chat"]
    clock.advance(days=LIFETIME.days - 1)
    await customer.say("привет")
    clock.advance(days=LIFETIME.days - 1)
    assert await visitors.find(token) is not None
    clock.advance(days=2)
    assert await visitors.find(token) is None


async def test_ending_revokes_the_token_and_tells_the_staff(
    customer: Customer, database: Database
) -> None:
    await customer.say("секрет")
    token = customer.http.cookies["okno_chat"]
    response = await customer.http.post("/chat/end", json={})
    assert response.status_code == 204
    assert "okno_chat" not in customer.http.cookies
    assert (await customer.history())["known"] is False
    customer.http.cookies["okno_chat"] = token
    page = await customer.history()
    assert (page["known"], page["messages"]) == (False, [])
    assert (await customer.post({"text": "это не я"})).status_code == 401
    assert (await stored(database))[-1].kind == MessageKind.STOPPED
    assert (await conversation_of(database)).unreachable is not None


async def test_after_the_end_a_new_conversation_begins(
    customer: Customer, database: Database
) -> None:
    await customer.say("секрет")
    await customer.http.post("/chat/end", json={})
    await customer.begin()
    await customer.say("здравствуйте")
    assert await customer.texts() == ["здравствуйте"]
    assert (await _rows(database))[:2] == [2, 2]


async def test_ending_before_a_word_was_said_opens_no_conversation(
    customer: Customer, stranger: Customer, database: Database
) -> None:
    assert (await customer.http.post("/chat/end", json={})).status_code == 204
    assert (await stranger.http.post("/chat/end", json={})).status_code == 204
    assert await _rows(database) == [1, 0, 0]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"x-okno-chat": "1", "sec-fetch-site": "cross-site"},
        {"x-okno-chat": "1", "sec-fetch-site": "same-site"},
        {"x-okno-chat": "1", "origin": "https://evil.example"},
        {"x-okno-chat": "1", "origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["visitor", "messages", "phone", "end"])
async def test_what_another_site_makes_the_browser_send_changes_nothing(
    customer: Customer, database: Database, headers: dict[str, str], path: str
) -> None:
    for name in FROM_OUR_PAGE:
        del customer.http.headers[name]
    body = {"key": KEY, "text": "перевод", "phone": "89001234567"}
    response = await customer.http.post(f"/chat/{path}", json=body, headers=headers)
    assert (response.status_code, response.json()["error"]) == (403, "foreign_page")
    assert await _rows(database) == [1, 0, 0]
    customer.http.headers.update(FROM_OUR_PAGE)
    assert (await customer.post({"text": "наш"})).status_code == 202


async def test_another_site_cannot_load_a_conversation(customer: Customer) -> None:
    await customer.say("секрет")
    del customer.http.headers["x-okno-chat"]
    for path in ("/chat/history", "/chat/events?after=0"):
        response = await customer.http.get(path)
        assert response.status_code == 403
        assert "секрет" not in response.text


async def test_a_form_is_not_json(customer: Customer) -> None:
    response = await customer.http.post("/chat/messages", data={"text": "привет"})
    assert response.status_code == 415
