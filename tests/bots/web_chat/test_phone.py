"""A phone left while waiting: checked, kept with the contact, seen by the operator alone."""

import pytest
from sqlalchemy import select

from conversations.models import Author, Contact, MessageKind
from storage.database import Database
from tests.bots.web_chat.conftest import Customer, stored
from tests.conftest import FakeClock


async def _phone(database: Database) -> str | None:
    async with database.read() as session:
        return (await session.execute(select(Contact.phone))).scalar_one()


@pytest.mark.parametrize(
    "given", ["89001234567", "+7 (900) 123-45-67", "9001234567", "8 900 123 45 67"]
)
async def test_a_phone_is_kept_in_one_form(
    customer: Customer, database: Database, given: str
) -> None:
    await customer.say("оператор")
    response = await customer.http.post("/chat/phone", json={"phone": given})
    assert response.status_code == 200
    assert "+7 900 123-45-67" in response.json()["message"]
    assert await _phone(database) == "+79001234567"
    note = (await stored(database))[-1]
    assert (note.author, note.kind) == (Author.SYSTEM, MessageKind.NOTE)
    assert "+7 900 123-45-67" in note.text
    assert await customer.texts() == ["оператор"]


@pytest.mark.parametrize("given", ["", "12", "позвоните", "+7 000 000-00-00", None, 5, "9" * 41])
async def test_what_is_no_phone_is_refused_with_an_example(
    customer: Customer, database: Database, given: object
) -> None:
    await customer.say("оператор")
    response = await customer.http.post("/chat/phone", json={"phone": given})
    assert (response.status_code, response.json()["error"]) == (422, "wrong_phone")
    assert "+7 900" in response.json()["message"]
    assert await _phone(database) is None
    assert len(await stored(database)) == 1


async def test_without_a_conversation_there_is_nobody_to_call_back(
    customer: Customer, stranger: Customer, clock: FakeClock
) -> None:
    response = await customer.http.post("/chat/phone", json={"phone": "89001234567"})
    assert (response.status_code, response.json()["error"]) == (409, "no_conversation")
    response = await stranger.http.post("/chat/phone", json={"phone": "89001234567"})
    assert response.status_code == 401
