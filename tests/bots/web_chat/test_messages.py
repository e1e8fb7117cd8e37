"""What the page sends: stored once, or refused with a sentence that helps."""

import asyncio
import json

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from bots.incoming import Incoming
from bots.intake import Intake
from conversations.models import MessageKind
from replies import Button, Reply
from storage.database import Database
from tests.bots.web_chat.conftest import Answer, Customer, Deliver, conversation_of, stored
from tests.conftest import FakeClock

KEY = "0b5e1c52-7d64-4e0a-a6d3-3f3f6c0c1a11"


async def test_a_message_is_stored_before_it_is_confirmed(
    customer: Customer, database: Database, account: int, clock: FakeClock
) -> None:
    response = await customer.post({"key": KEY, "text": "  Сколько я должен?\n"})
    assert (response.status_code, response.json()) == (202, {"key": KEY})
    (message,) = await stored(database)
    conversation = await conversation_of(database)
    assert (message.kind, message.text) == (MessageKind.TEXT, "Сколько я должен?")
    assert (conversation.channel, conversation.bot_account_id) == ("web", account)
    assert conversation.handle_at == clock.now()


async def test_the_same_key_ten_times_is_one_message(
    customer: Customer, database: Database
) -> None:
    await asyncio.gather(*(customer.say("привет", KEY) for _ in range(8)))
    assert len(await stored(database)) == 1


async def test_one_visitor_cannot_use_up_the_key_of_another(
    customer: Customer, stranger: Customer, database: Database
) -> None:
    await stranger.begin()
    await customer.say("первый", KEY)
    await stranger.say("второй", KEY)
    assert [message.text for message in await stored(database)] == ["первый", "второй"]
    assert await stranger.texts() == ["второй"]


@pytest.mark.parametrize("sign", ["я", "😀", "\\", "<"])
async def test_ten_thousand_characters_are_accepted(
    customer: Customer, database: Database, sign: str
) -> None:
    await customer.say(sign * 10_000)
    (message,) = await stored(database)
    assert message.text == sign * 10_000


async def test_more_is_refused_with_both_numbers(customer: Customer, database: Database) -> None:
    response = await customer.post({"text": "я" * 10_001})
    assert (response.status_code, response.json()["error"]) == (422, "too_long")
    assert "10 001" in response.json()["message"]
    assert "10 000" in response.json()["message"]
    assert await stored(database) == []


async def test_a_huge_body_is_not_read_to_its_end(customer: Customer) -> None:
    sent = 0

    async def body() -> object:
        nonlocal sent
        yield b'{"text": "'
        for _ in range(1_000):
            sent += 10_000
            yield b"x" * 10_000

    response = await customer.http.post(
        "/chat/messages",
        content=body(),  # type: ignore[arg-type]
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 413
    assert "на части" in response.json()["message"]
    assert sent < 200_000


@pytest.mark.parametrize("text", ["", "   \n\t", None, 7, ["a"]])
async def test_nothing_said_is_refused(
    customer: Customer, database: Database, text: object
) -> None:
    response = await customer.post({"text": text})
    assert (response.status_code, response.json()["error"]) == (422, "empty")
    assert await stored(database) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
async def test_malformed_json_is_a_mistake_of_the_caller(customer: Customer, body: bytes) -> None:
    response = await customer.http.post(
        "/chat/messages", content=body, headers={"content-type": "application/json"}
    )
    assert (response.status_code, response.json()["error"]) == (400, "not_json")


@pytest.mark.parametrize("key", [None, "", "short", "x" * 65, "пробел-кириллица", 5])
async def test_a_message_without_a_proper_key_is_refused(customer: Customer, key: object) -> None:
    response = await customer.post({"key": key, "text": "привет"})
    assert (response.status_code, response.json()["error"]) == (422, "no_key")


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script> & **b**", "🙂🙂", "\u202e\u200b\x07\x1b[0m", "a\x00b\ud800c"],
)
async def test_strange_text_comes_back_as_it_can_be_stored(customer: Customer, text: str) -> None:
    response = await customer.http.post(
        "/chat/messages",
        content=json.dumps({"key": KEY, "text": text}),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 202
    expected = text.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert await customer.texts() == [expected]


async def test_a_press_carries_the_label_that_was_shown(
    customer: Customer, database: Database, answer: Answer, deliver: Deliver
) -> None:
    await customer.say("меню")
    menu = await answer(Reply("Меню", (Button("Показания", "s:readings"),)))
    await deliver()
    assert (await customer.post({"action": "s:readings", "message": menu})).status_code == 202
    *_, press = await stored(database)
    assert (press.kind, press.text, press.data) == (
        MessageKind.PRESS, "Показания", {"action": "s:readings"},
    )  # fmt: skip


async def test_a_button_of_an_old_message_is_the_assistants_to_answer(
    customer: Customer, database: Database, answer: Answer, deliver: Deliver
) -> None:
    await customer.say("меню")
    old = await answer(Reply("Меню", (Button("Показания", "s:readings"),)))
    await answer(Reply("Другое", (Button("Ещё", "menu"),)))
    await deliver()
    assert (await customer.post({"action": "s:readings", "message": old})).status_code == 202
    assert (await stored(database))[-1].kind == MessageKind.PRESS


async def test_a_button_that_never_was_is_refused(
    customer: Customer,
    stranger: Customer,
    database: Database,
    answer: Answer,
    deliver: Deliver,
    clock: FakeClock,
) -> None:
    await customer.say("меню")
    menu = await answer(Reply("Меню", (Button("Показания", "s:readings"),)))
    await deliver()
    await stranger.begin()
    await stranger.say("привет")
    before = len(await stored(database))
    forged: list[tuple[Customer, object, object]] = [
        (customer, "f:submit_reading:1:yes", menu),
        (customer, "s:readings", menu + 100),
        (customer, "s:readings", 2**70),
        (customer, "s:readings", "1"),
        (customer, "s:readings", None),
        (customer, "\ud800", menu),
        (customer, "x" * 65, menu),
        (customer, None, menu),
        (stranger, "s:readings", menu),
    ]
    for who, action, message in forged:
        clock.advance(seconds=30)
        response = await who.http.post(
            "/chat/messages",
            content=json.dumps({"key": KEY, "action": action, "message": message}),
            headers={"content-type": "application/json"},
        )
        assert (response.status_code, response.json()["error"]) == (422, "no_button")
    assert len(await stored(database)) == before


async def test_while_the_database_is_away_nothing_is_confirmed(
    app: FastAPI, customer: Customer, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_incoming: Incoming) -> bool:
        raise OperationalError("insert", {}, Exception("disk full"))

    monkeypatch.setattr(intake, "accept", away)
    response = await customer.post({"text": "привет"})
    assert (response.status_code, response.json()["error"]) == (503, "unavailable")
    monkeypatch.undo()
    await customer.say("привет")
    assert await customer.texts() == ["привет"]
