"""The customer rates the operators' help: a press, then perhaps a few words."""

from sqlalchemy import select

from dialogs import actions
from dialogs.actions import PlainAction, RateAction
from handoff import ratings
from handoff.models import Handoff, Rating
from handoff.steps import Operator
from okno.services import Services
from staff.models import Role
from tests.dialogs.conftest import House

OLGA = Operator(1, "Ольга")


def test_what_the_button_carries() -> None:
    assert actions.parse(ratings.action(12, 5)) == RateAction(12, 5)
    for broken in ("rate:12:6", "rate:x:5", "rate:12"):
        assert actions.parse(broken) == PlainAction(broken)


async def rating(services: Services) -> Rating:
    async with services.database.read() as session:
        return (await session.execute(select(Rating))).scalar_one()


async def test_a_rating_and_its_words(house: House) -> None:
    customer = house.customer()
    await customer.writes("позовите человека")
    desk = house.services.handoff.desk
    await house.services.staff.add(
        login="olga", display_name="Ольга", role=Role.OPERATOR, password="correct-horse-7"
    )
    await desk.answer(1, OLGA, "Долг 10 ₽", client_key="k1")
    await desk.close(1, OLGA, ask_rating=True)
    said = await customer.presses_action(ratings.action(1, 2))
    assert "что было не так" in said.text
    said = await customer.writes("ыыы долго ждала хмыкала")
    assert "передали Ваш отзыв" in said.text
    found = await rating(house.services)
    assert (found.score, found.comment) == (2, "ыыы долго ждала хмыкала")
    # Nothing of it is a question to anybody.
    async with house.services.database.read() as session:
        assert len((await session.execute(select(Handoff.id))).all()) == 1


async def test_a_question_after_a_rating_is_a_question(house: House) -> None:
    customer = house.customer()
    await customer.presses_action("rate:77:5")
    said = await customer.writes("какой тариф на электроэнергию")
    assert "5,47" in said.text
