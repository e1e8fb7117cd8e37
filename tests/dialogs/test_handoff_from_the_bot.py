"""When the assistant calls a human, what it promises, and whose turn it is afterwards."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from conversations.models import MessageKind
from dialogs import phrases
from handoff.inbox import labels
from handoff.models import Handoff
from knowledge_base.gaps.models import Gap
from okno.profile import Thresholds
from tests.conftest import FakeClock
from tests.dialogs.conftest import BuildHouse, House


async def test_asked_for_a_human_within_fifteen_minutes(house: House) -> None:
    customer = house.customer()
    said = await customer.writes("позовите человека")
    assert "до 12:15" in said.text  # 12:00 in Moscow and 15 minutes of working time
    assert (await customer.conversation()).turn == "queue"
    again = await customer.writes("позовите человека")
    assert "уже знает" in again.text


async def test_a_call_is_ordered_with_number_and_time(house: House) -> None:
    customer = house.customer()
    await customer.writes("перезвоните мне на 8 916 123-45-67 после 18")
    async with house.services.database.read() as session:
        stay = (await session.execute(select(Handoff))).scalar_one()
    assert stay.reason == "callback"
    shown = labels.collected(stay.summary)
    assert ("Телефон", "+7 916 123-45-67") in shown
    assert ("Удобное время звонка", "после 18") in shown
    await customer.writes("передумал, не надо оператора")
    assert (await customer.conversation()).turn == "assistant"
    assert await house.services.handoff.waiting() == 0


async def test_outside_working_hours_the_schedule_is_told(
    build_house: BuildHouse, clock: FakeClock
) -> None:
    clock.value = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)  # Saturday evening
    house = await build_house(closed=True)
    said = await house.customer().writes("позовите оператора")
    assert "в понедельник до 8:15" in said.text, said.text


async def test_two_misunderstandings_in_a_row(build_house: BuildHouse) -> None:
    # A profile that is content with nothing but certainty understands hardly anything.
    house = await build_house(thresholds=Thresholds(answer=1.0, guess=1.0))
    customer = house.customer()
    first = await customer.writes("по поводу того письма")
    assert "другими словами" in first.text
    assert (await customer.conversation()).turn == "assistant"
    second = await customer.writes("ну насчёт моего вопроса")
    assert "Оператор ответит до" in second.text
    assert (await customer.conversation()).turn == "queue"


@pytest.mark.parametrize(("first", "second"), [("фывапро", "asdf"), ("эээ", "123 ыыы")])
async def test_rubbish_twice_in_a_row_is_not_understood(
    house: House, first: str, second: str
) -> None:
    customer = house.customer()
    assert "другими словами" in (await customer.writes(first)).text
    assert "Оператор ответит до" in (await customer.writes(second)).text
    assert (await customer.conversation()).turn == "queue"
    async with house.services.database.read() as session:
        assert (await session.execute(select(Gap))).first() is None, "nothing for editors"


async def test_a_second_matter_of_others_brings_the_offer_of_a_human(house: House) -> None:
    customer = house.customer()
    refused = await customer.writes("какая завтра погода")
    assert phrases.OUT_OF_SCOPE in refused.text
    assert "Меню" in refused.buttons
    again = await customer.writes("расскажи анекдот")
    assert again.texts == [phrases.OUT_OF_SCOPE_AGAIN]
    assert "Оператор" in again.buttons
    assert (await customer.conversation()).turn == "assistant"
    assert "Оператор ответит до" in (await customer.writes("да")).text
    assert (await customer.conversation()).turn == "queue"


async def test_what_is_half_understood_is_offered_as_choices(build_house: BuildHouse) -> None:
    house = await build_house(thresholds=Thresholds(answer=1.0, guess=0.01))
    customer = house.customer()
    said = await customer.writes("пени и долг за свет")
    assert "Уточните" in said.text
    assert 2 <= len(said.buttons) <= 4
    chosen = next(label for label in said.buttons if label != "Оператор")
    assert "Уточните" not in (await customer.presses(chosen)).text
    assert "Уточните" in (await customer.writes("по поводу того письма")).text, "counted anew"


async def test_where_the_only_guess_is_an_operator_he_is_offered(build_house: BuildHouse) -> None:
    house = await build_house(thresholds=Thresholds(answer=1.0, guess=0.9))
    customer = house.customer()
    said = await customer.writes("позовите оператора")
    assert (said.texts, list(said.buttons)) == ([phrases.OFFER_OPERATOR], ["Оператор", "Меню"])


async def test_while_waiting_sure_questions_are_answered_and_the_rest_is_kept(
    house: House,
) -> None:
    customer = house.customer()
    await customer.writes("оператор")
    sure = await customer.writes("какие тарифы на электроэнергию")
    assert "5,47" in sure.text
    kept = await customer.writes("ну там в общем короче вот так вот")
    assert "не получилось понять" not in kept.text.lower()
    left = await customer.presses_action("queue:leave")
    assert "больше не ждём" in left.text
    assert (await customer.conversation()).turn == "assistant"


@pytest.mark.parametrize(
    "text", ["провод упал на землю и искрит", "ребенка ударило током от щитка", "горит щиток!!!"]
)
async def test_danger_comes_before_everything(house: House, text: str) -> None:
    customer = house.customer()
    await customer.writes("передать показания")
    said = await customer.writes(text)
    assert "112" in said.text
    assert "220-0-220" in said.text
    assert (await customer.conversation()).turn == "queue"


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (MessageKind.ATTACHMENT, {"type": "voice"}, "текстом"),
        (MessageKind.ATTACHMENT, {"type": "sticker"}, "словами"),
        (MessageKind.ATTACHMENT, {"type": "photo"}, "текстом"),
        (MessageKind.ATTACHMENT, {"type": "unknown"}, "текстом"),
        (MessageKind.CONTACT, {"phone": "79160000000", "own": False}, "не Ваш"),
        (MessageKind.COMMAND, {"command": "start", "payload": ""}, "Здравствуйте"),
        (MessageKind.COMMAND, {"command": "start", "payload": "kb_penalty"}, "ени"),
        (MessageKind.COMMAND, {"command": "start", "payload": "нет такого"}, "Здравствуйте"),
        (MessageKind.COMMAND, {"command": "help"}, "показания"),
        (MessageKind.COMMAND, {"command": "operator"}, "оператор"),
        (MessageKind.COMMAND, {"command": "whatever"}, "не знаю"),
        (MessageKind.PRESS, {"action": "f:reading:dead:yes"}, "не действует"),
        (MessageKind.PRESS, {"action": "\ufffd" * 40}, "не действует"),
        (MessageKind.PRESS, {}, "не действует"),
    ],
)
async def test_what_is_no_text_gets_an_answer_that_helps(
    house: House, kind: MessageKind, data: dict[str, object], expected: str
) -> None:
    said = await house.customer().sends(kind, **data)
    assert re.search(expected, said.text, re.IGNORECASE), said.text


async def test_a_link_may_come_with_the_first_words(house: House) -> None:
    """As VK and Viber send it. Whoever asks something is answered that."""
    for chat, text, ref, expected in (
        ("1", "Здравствуйте", "kb_penalty", "просрочки"),
        ("2", "Здравствуйте", "summer_ads", "бот-помощник"),
        ("3", "какой тариф", "kb_penalty", "5,47"),
    ):
        said = await house.customer(chat).sends(MessageKind.TEXT, text, ref=ref)
        assert expected in said.text


@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀😀😀", "\ufffd\ufffd", "<b>привет</b>", "*_[]()~`>#+-=|{}.!", "а" * 10_000,
     "\u200b\u200b", "SELECT * FROM users; --", "\x07\x08"],
)  # fmt: skip
async def test_bad_text_gets_an_answer(house: House, text: str) -> None:
    said = await house.customer().writes(text)
    assert said.text
    assert said.buttons
