"""The menu of the published base, and what is said of an article that has expired."""

import ast
from pathlib import Path

import pytest

import dialogs
from dialogs.menu import MOST_CHOICES, SECTIONS, main_menu, section_menu
from dialogs.pointed_to import POINTED_TO
from knowledge_base.answers import Answer
from knowledge_base.front_matter import TOPIC
from knowledge_base.names import METER, OTHER, SERVICE
from knowledge_base.names import SECTIONS as NAMES
from replies import render
from replies.channels import CAPABILITIES
from tests.conftest import FakeClock
from tests.dialogs.conftest import House

WAYS_ON = {"Назад", "Меню", "Оператор"}


async def test_an_expired_article_is_said_by_a_human(house: House, clock: FakeClock) -> None:
    customer = house.customer()
    assert "Этот ответ мы сейчас проверяем" not in (await customer.writes("что такое пени")).text
    clock.advance(days=120)  # its «review by» has passed
    said = await customer.writes("что такое пени")
    assert "Этот ответ мы сейчас проверяем" in said.text
    assert "Уже не нужно" in said.buttons


async def test_every_question_is_three_presses_away(house: House) -> None:
    """From the main menu through sections and pages: each article in force, with a way back."""
    published = house.services.knowledge_base.contents()
    assert {name for section in SECTIONS.values() for name in section.articles} == {*NAMES} - {
        SERVICE
    }
    seen: set[str] = set()
    places = [button.action for button in main_menu("").buttons if button.action != "i:operator"]
    assert len(places) + 1 <= MOST_CHOICES + 1
    for action in places:  # grows while it is walked
        menu = section_menu(action.removeprefix("s:"), published)
        assert menu is not None, action
        assert {"Меню", "Оператор"} <= {button.label for button in menu.buttons}
        choices = [button for button in menu.buttons if button.label not in WAYS_ON]
        assert 1 <= len(choices) <= MOST_CHOICES
        seen |= {b.action.removeprefix("i:") for b in choices if b.action.startswith("i:faq/")}
        onward = [button.action for button in choices if button.action.startswith("s:")]
        places += [one for one in onward if one not in places]
    assert seen == {answer.topic for answer in published}


async def test_a_customer_browses_there_and_back(house: House) -> None:
    customer = house.customer()
    await customer.writes("/menu")
    assert "Частые вопросы" in (await customer.presses("Оплата и долг")).buttons
    questions = await customer.presses("Частые вопросы")
    assert WAYS_ON | {"Тарифы", "Ещё вопросы"} <= set(questions.buttons)
    await customer.presses("Ещё вопросы")
    await customer.presses("Назад")
    await customer.presses("Частые вопросы")
    answer = await customer.presses("Тарифы")
    assert set(answer.buttons) >= WAYS_ON
    assert "Сколько я должен" in (await customer.presses("Назад")).buttons
    assert "Контакты и другое" in (await customer.presses("Меню")).buttons
    assert "уже не действует" in (await customer.presses_action("s:money:questions:9")).text
    assert "уже не действует" in (await customer.presses_action("s:money:questions:²")).text


@pytest.mark.parametrize("count", [7, 8, 14])
def test_a_section_grows_with_the_base(count: int) -> None:
    published = [
        Answer(f"faq/own_{n}", f"{n} и ещё слово " * 5, "Ответ", "", (), n, section=METER)
        for n in range(count)
    ]
    shown, place = 0, "meter"
    while place:
        menu = section_menu(place, published)
        assert menu is not None
        shown += sum(button.action.startswith("i:faq") for button in menu.buttons)
        place = next(
            (b.action.removeprefix("s:") for b in menu.buttons if b.label == "Ещё вопросы"), ""
        )
        for channel in CAPABILITIES:
            if channel != "terminal":
                assert render(menu, channel)[-1].rows, channel
    assert shown == count
    assert section_menu("contacts", [Answer("faq/x", "Икс", "", "", (), 1, section=OTHER)])


def test_what_the_assistant_leads_to_is_known() -> None:
    """Editors are told of every article that a button of the assistant's own leads to."""
    rooms = Path(dialogs.__file__).parent
    files = [*rooms.glob("flows/*.py"), *rooms.glob("assistant/*.py")]
    named = set()
    for file in files:
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                texts = [one.value for one in call.args if isinstance(one, ast.Constant)]
                named |= {one for one in texts if isinstance(one, str) and TOPIC.fullmatch(one)}
    assert named == POINTED_TO.keys()
