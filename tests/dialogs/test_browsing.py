"""The menu of the published base, and what is said of an article that has expired."""

from tests.conftest import FakeClock
from tests.dialogs.conftest import House


async def test_an_expired_article_is_said_by_a_human(house: House, clock: FakeClock) -> None:
    customer = house.customer()
    assert "Этот ответ мы сейчас проверяем" not in (await customer.writes("что такое пени")).text
    clock.advance(days=120)  # its «review by» has passed
    said = await customer.writes("что такое пени")
    assert "Этот ответ мы сейчас проверяем" in said.text
    assert "Уже не нужно" in said.buttons
