"""A typed answer that means a button."""

from typing import Any

import pytest
from sqlalchemy import select

from conversations.models import Delivery, MessageKind
from dialogs.matching import chosen
from tests.dialogs.conftest import House

BUTTONS = [("Сколько я должен", "i:balance"), ("Меню", "menu"), ("Оператор", "i:operator")]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Сколько я должен", "i:balance"),
        ("сколко я должен?", "i:balance"),
        ("  МЕНЮ ", "menu"),
        ("2", "menu"),
        ("3.", "i:operator"),
        ("4", None),
        ("0", None),
        ("меня", None),
        ("", None),
        ("12345", None),
        ("а сколько я вам вообще должен за прошлый год, если не секрет?", None),
    ],
)
def test_chosen(text: str, action: str | None) -> None:
    assert chosen(text, BUTTONS) == action


async def test_an_old_client_chooses_by_numbers_until_a_newer_one_writes(house: House) -> None:
    customer = house.customer()

    async def sent() -> dict[str, Any]:
        async with house.services.database.read() as session:
            rows = await session.scalars(select(Delivery.payload).order_by(Delivery.id.desc()))
            return dict(rows.first() or {})

    greeted = await customer.sends(MessageKind.TEXT, "здравствуйте", lacks=["buttons"])
    shown = await sent()
    assert shown["rows"] == []
    number = list(greeted.buttons).index("Оплата и долг") + 1
    assert f"{number}. Оплата и долг" in shown["text"]
    section = await customer.sends(MessageKind.TEXT, str(number), lacks=["buttons"])
    assert "Сколько я должен" in section.buttons
    await customer.presses_action("menu")
    assert (await sent())["rows"] == [], "a press tells nothing of the client"
    await customer.writes("меню")
    assert (await sent())["rows"]
