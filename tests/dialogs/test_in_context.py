"""Short messages are read in the light of the last question and answer."""

import pytest
from sqlalchemy import select

from conversations.service import lock
from handoff.models import Handoff, Rating
from okno.profile import Thresholds
from tests.dialogs.conftest import BuildHouse, Customer, House


async def linked(house: House) -> Customer:
    customer = house.customer()
    await customer.writes("привяжите лицевой счёт 440012345678 Иванова")
    return customer


async def test_the_night_after_the_tariffs(house: House) -> None:
    customer = house.customer()
    await customer.writes("какие тарифы?")
    assert "3,12" in (await customer.writes("а ночью?")).text
    assert (await customer.conversation()).state["last_topic"] == "faq/tariffs"


async def test_a_month_after_the_debt(house: House) -> None:
    customer = await linked(house)
    await customer.writes("сколько я должен")
    said = await customer.writes("а за октябрь?")
    assert "октябр" in said.text.lower() or "10.2026" in said.text
    assert (await customer.conversation()).state["last_topic"] == "charges"


async def test_a_number_after_the_deadline_is_the_reading(house: House) -> None:
    customer = await linked(house)
    await customer.writes("до какого числа передавать показания?")
    assert "12\xa0190" in (await customer.writes("12190")).text


async def test_an_account_number_after_where_to_find_it(house: House) -> None:
    customer = house.customer()
    await customer.writes("где найти номер лицевого счёта?")
    said = await customer.writes("440012345678")
    assert "На кого оформлен счёт …5678?" in said.text


async def test_yes_to_a_single_guess(build_house: BuildHouse) -> None:
    house = await build_house(thresholds=Thresholds(answer=1.0, guess=0.8))
    customer = house.customer()
    said = await customer.writes("тарифы")
    assert list(said.buttons) == ["Тарифы", "Оператор"]
    assert "5,47" in (await customer.writes("да")).text


@pytest.mark.parametrize(("text", "score"), [("5 из 5", 5), ("отлично", 5), ("двойка", 2)])
async def test_a_mark_in_words_is_a_mark(house: House, text: str, score: int) -> None:
    customer = house.customer()
    await customer.writes("позовите оператора")
    async with house.services.database.write() as tx:
        stay = (await tx.session.execute(select(Handoff))).scalar_one()
        conversation = (await lock(tx, [stay.conversation_id]))[stay.conversation_id]
        await house.services.handoff.ratings.ask_in(tx, conversation, stay)
    await customer.writes(text)
    async with house.services.database.read() as session:
        assert await session.scalar(select(Rating.score)) == score
