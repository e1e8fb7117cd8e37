"""A typed answer that means a button."""

import pytest

from dialogs.matching import chosen

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
