"""«Это помогло?»: how often it is asked, and what follows from the answer."""

from sqlalchemy import select

from knowledge_base.gaps.models import ArticleShown, Gap
from tests.conftest import FakeClock
from tests.dialogs.conftest import House

ASKED = "Это помогло?"


async def shown(house: House) -> list[tuple[str, bool | None, bool]]:
    async with house.services.database.read() as session:
        rows = await session.execute(
            select(ArticleShown.topic, ArticleShown.helpful, ArticleShown.handed_over).order_by(
                ArticleShown.id
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]


async def gaps(house: House) -> list[str]:
    async with house.services.database.read() as session:
        return list((await session.execute(select(Gap.kind).order_by(Gap.id))).scalars())


async def test_a_no_offers_a_human_and_is_recorded(house: House) -> None:
    customer = house.customer()
    first = await customer.writes("почему мне начислили пени")
    assert ASKED in first.text
    said = await customer.presses("Не помогло")
    assert "Оператор" in said.buttons
    assert await shown(house) == [("faq/penalty", False, False)]
    assert await gaps(house) == ["not_helpful"]
    await customer.presses("Оператор")
    assert await shown(house) == [("faq/penalty", False, True)]


async def test_words_answer_too(house: House) -> None:
    customer = house.customer()
    await customer.writes("почему мне начислили пени")
    await customer.writes("да, спасибо")
    assert await shown(house) == [("faq/penalty", True, False)]
    assert await gaps(house) == []


async def test_not_more_often_than_the_profile_says(house: House, clock: FakeClock) -> None:
    customer = house.customer()
    assert ASKED in (await customer.writes("почему мне начислили пени")).text
    assert ASKED not in (await customer.writes("адреса ваших офисов")).text
    clock.advance(hours=25)
    assert ASKED in (await customer.writes("адреса ваших офисов")).text


async def test_the_same_question_soon_again(house: House, clock: FakeClock) -> None:
    customer = house.customer()
    first = await customer.writes("почему мне начислили пени")
    again = await customer.writes("почему мне начислили пени")
    assert again.text != first.text
    assert "Оператор" in again.buttons
    clock.advance(minutes=31)
    later = await customer.writes("почему мне начислили пени")
    assert "Оператор" not in later.buttons


async def test_what_was_not_understood_is_noted(house: House) -> None:
    customer = house.customer()
    said = await customer.writes("а если вот так, то оно как")
    assert "Оператор" in said.buttons
    assert await gaps(house) == ["not_understood"]
