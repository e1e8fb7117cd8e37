"""A mass incident is told once, before the answer about it and before an operator is called."""

from handoff.board import announcements
from staff.models import Role
from tests.conftest import FakeClock
from tests.dialogs.conftest import House

TEXT = "На улице Светлой авария, свет вернут к 18:00."


async def announce(house: House, *topics: str) -> None:
    services = house.services
    by = await services.staff.add(
        login="irina", display_name="Ирина", role=Role.SUPERVISOR, password="correct-horse-7"
    )
    async with services.database.write() as tx:
        await announcements.announce(
            tx, text=TEXT, topics=topics, channels=(), starts_at=tx.now, ends_at=None, by=by
        )


async def test_before_the_answer_and_only_once(house: House, clock: FakeClock) -> None:
    await announce(house, "faq/tariffs")
    customer = house.customer()
    said = await customer.writes("какой тариф на электроэнергию")
    assert said.texts[0] == TEXT
    assert "5,47" in said.text
    clock.advance(hours=1)
    assert TEXT not in (await customer.writes("какой тариф на электроэнергию")).text


async def test_other_topics_hear_nothing_of_it_but_an_operator_does(house: House) -> None:
    await announce(house, "power_outage")
    customer = house.customer()
    assert TEXT not in (await customer.writes("какой тариф на электроэнергию")).text
    said = await customer.writes("позовите человека")
    assert said.texts[0] == TEXT
    assert "Оператор ответит" in said.text
