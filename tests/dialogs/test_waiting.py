"""A greeting, a bare number or an unfinished line is read together with what follows."""

import asyncio

import pytest
from sqlalchemy import select

from conversations.models import Author, Message
from dialogs.waiting import goes_on
from nlu import Understanding
from okno.profile import Thresholds
from tests.conftest import FakeClock
from tests.dialogs.conftest import BuildHouse, House


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Здравствуйте!", "greet"),
        ("12345", "submit_reading"),
        ("№ 4400 1234 5678", "link_account"),
        ("показания", "submit_reading"),
        ("мои показания за октябрь", "reading_history"),
        ("лицевой счёт", "faq/account_number"),
        ("добрый день, подскажите пожалуйста", "help"),
        ("у меня такой вопрос", "help"),
        ("хочу узнать про", "help"),
        ("скажите,", "greet"),
    ],
)
def test_more_is_likely_to_follow(text: str, intent: str) -> None:
    assert goes_on(text, [Understanding(text, intent, 0.9)], sure=0.5)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("сколько я должен", "balance"),
        ("показания 12345", "submit_reading"),
        ("как передать показания", "faq/reading_channels"),
        ("история показаний", "reading_history"),
        ("спасибо", "thanks"),
        ("оператор", "operator"),
        ("нет света", "power_outage"),
        ("искрит,", "danger"),
    ],
)
def test_a_question_is_complete(text: str, intent: str) -> None:
    assert not goes_on(text, [Understanding(text, intent, 0.9)], sure=0.5)


async def test_a_greeting_and_the_question_after_it_get_one_answer(house: House) -> None:
    customer = house.customer()
    assert (await customer.hurries("здравствуйте")).texts == []
    said = await customer.hurries("какие тарифы?")
    assert len(said.texts) == 1
    assert "5,47" in said.text


async def test_a_greeting_alone_is_answered_when_the_wait_is_over(
    house: House, clock: FakeClock
) -> None:
    customer = house.customer()
    assert (await customer.hurries("здравствуйте")).texts == []
    clock.advance(seconds=1)
    await house.worker.handle_all()
    assert (await customer.hears()).texts == []
    clock.advance(seconds=0.5)
    await house.worker.handle_all()
    assert "Здравствуйте!" in (await customer.hears()).text


async def test_a_confident_question_is_answered_at_once(house: House) -> None:
    assert "5,47" in (await house.customer().hurries("какие тарифы?")).text


async def test_the_reading_comes_in_the_next_message(house: House) -> None:
    customer = house.customer()
    assert (await customer.hurries("показания")).texts == []
    said = await customer.hurries("12345")
    assert len(said.texts) == 1
    assert "лицевого счёта" in said.text
    state = (await customer.conversation()).state
    assert state["flow_state"]["given"] == [["", 12345000]]


async def test_every_message_of_a_reading_is_marked_and_the_last_bears_what_was_understood(
    house: House,
) -> None:
    customer = house.customer()
    for text in ("добрый день", "у меня вопрос:", "какие тарифы?"):
        await customer.hurries(text)
    async with house.services.database.read() as session:
        rows = await session.execute(
            select(Message.handled_at, Message.understanding)
            .where(Message.author == Author.CUSTOMER)
            .order_by(Message.id)
        )
        marks = rows.all()
    assert [mark.handled_at is not None for mark in marks] == [True] * 3
    assert [(mark.understanding or {}).get("intent") for mark in marks] == [
        None,
        None,
        "faq/tariffs",
    ]


async def test_a_bare_number_is_asked_about_and_kept(house: House) -> None:
    customer = house.customer()
    said = await customer.writes("12345")
    assert "Вижу число 12345" in said.text
    said = await customer.presses("Показания счётчика")
    assert "лицевого счёта" in said.text
    state = (await customer.conversation()).state
    assert state["flow_state"]["given"] == [["", 12345000]]


async def test_an_account_number_alone_is_kept_for_what_is_chosen(house: House) -> None:
    customer = house.customer()
    said = await customer.writes("440012345678")
    assert "номер лицевого счёта" in said.text
    said = await customer.presses("Сколько я должен")
    assert "5678" in said.text
    assert "фамилию" in said.text


async def test_what_was_chosen_from_guesses_is_read_with_its_details(
    build_house: BuildHouse,
) -> None:
    house = await build_house(thresholds=Thresholds(answer=1.0, guess=0.1))
    customer = house.customer()
    said = await customer.writes("передаю показания 12345")
    assert "Уточните" in said.text
    await customer.presses("Передать показания")
    state = (await customer.conversation()).state
    assert state["flow_state"]["given"] == [["", 12345000]]


async def test_another_question_forgets_the_number(house: House) -> None:
    customer = house.customer()
    await customer.writes("12345")
    await customer.writes("какие тарифы?")
    await customer.presses_action("i:submit_reading")
    assert (await customer.conversation()).state["flow_state"]["given"] == []


async def test_a_button_ends_the_wait(house: House) -> None:
    customer = house.customer()
    await customer.writes("здравствуйте")
    assert (await customer.hurries("12345")).texts == []
    said = await customer.presses("Показания")
    assert "Вижу число 12345" in said.texts[0]
    assert "Что подсказать?" in said.texts[1]


async def test_an_answer_to_our_question_does_not_wait(house: House) -> None:
    customer = house.customer()
    await customer.writes("сколько я должен")
    assert "фамилию" in (await customer.hurries("440012345678")).text


async def test_a_danger_does_not_wait_and_ends_the_wait(house: House) -> None:
    customer = house.customer()
    assert (await customer.hurries("здравствуйте")).texts == []
    said = await customer.hurries("искрит провод,")
    assert "112" in said.text
    assert (await customer.conversation()).turn == "queue"


async def test_the_wait_stands_in_the_database(house: House, clock: FakeClock) -> None:
    """Another worker, which has never seen the first message, reads both."""
    customer = house.customer()
    await customer.hurries("показания")
    first = await customer.conversation()
    assert first.handle_at is not None
    assert (first.claim_token, first.attempts) == (None, 0)
    other = house.services.worker(house.services.assistant(house.engine))
    await other.handle_all()
    assert (await customer.hears()).texts == []
    clock.advance(seconds=2)
    await asyncio.gather(other.handle_all(), house.worker.handle_all())
    said = await customer.hears()
    assert len(said.texts) == 1
    assert "лицевого счёта" in said.text


async def test_what_came_before_in_the_platforms_order_is_read_before(house: House) -> None:
    customer = house.customer()
    await customer.hurries("12345", number=2)
    said = await customer.hurries("показания", number=1)
    assert len(said.texts) == 1
    state = (await customer.conversation()).state
    assert state["flow_state"]["given"] == [["", 12345000]]


async def test_endless_unfinished_lines_are_answered(house: House) -> None:
    customer = house.customer()
    said = [await customer.hurries("ну и") for _ in range(8)]
    assert [len(one.texts) for one in said] == [0] * 7 + [1]


async def test_without_a_wait_everything_is_answered_at_once(build_house: BuildHouse) -> None:
    house = await build_house(thresholds=Thresholds(wait_seconds=0))
    assert "Здравствуйте!" in (await house.customer().hurries("здравствуйте")).text


async def test_who_wrote_in_our_outage_is_answered_once(house: House, clock: FakeClock) -> None:
    """All he asked is answered, what he asked again is not answered again."""
    customer = house.customer()
    for text in ("какие у вас тарифы", "алло", "какие у вас тарифы", "Вы работаете?"):
        await customer.writes_in_vain(text)
        clock.advance(hours=4)
    await customer.writes_in_vain("когда поверка счётчика")
    said = await customer.writes("?")
    assert len(said.texts) == 2
    assert ["5,47" in text for text in said.texts] == [True, False]
    assert "поставщик электроэнергии" in said.texts[1]
