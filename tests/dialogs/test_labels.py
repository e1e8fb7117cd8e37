"""No label of the taxonomy is a dead end: each gets words that help and a way on."""

import pytest

from nlu.taxonomy import INTENTS
from tests.dialogs.conftest import House

# Where the conversation may rest without an offer.
_NO_OFFER = {"goodbye", "thanks", "danger"}


async def test_every_label_is_answered(house: House) -> None:
    for number, intent in enumerate(sorted(INTENTS)):
        said = await house.customer(f"chat-{number}").presses_action(f"i:{intent}")
        assert said.text.strip(), intent
        assert "{" not in said.text, f"{intent}: a variable is not filled in"
        assert intent in _NO_OFFER or said.buttons, f"{intent}: no way on"


async def test_every_choice_of_every_menu_leads_somewhere(house: House) -> None:
    customer = house.customer()
    menu = await customer.presses_action("menu")
    assert 6 <= len(menu.buttons) <= 8
    for label in menu.buttons:
        if label == "Оператор":
            continue
        await customer.presses_action("menu")
        section = await customer.presses(label)
        assert 2 <= len(section.buttons.keys() - {"Меню", "Оператор"}) <= 8, label
        for choice, action in section.buttons.items():
            assert (await house.customer(f"{label}{choice}").presses_action(action)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("какие у вас тарифы на свет", "5,47"),
        ("где ваши офисы и когда работают", "Светлая"),
        ("за что мне пени начислили", "пени"),
        ("где найти номер лицевого счета", "лицев"),
        ("до какого числа передавать показания", "числ"),
    ],
)
async def test_questions_are_answered_from_the_base(house: House, text: str, expected: str) -> None:
    said = await house.customer().writes(text)
    assert expected in said.text.lower() or expected in said.text
    assert len(said.buttons) >= 2
