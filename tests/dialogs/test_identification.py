"""The first question for an account says what was understood."""

from dialogs.flows.identification import UNDERSTOOD
from dialogs.state import flows
from tests.dialogs.conftest import House


async def test_the_first_question_says_what_it_is_for(house: House) -> None:
    customer = house.customer()
    asked = await customer.writes("сколько я должен")
    assert asked.text.startswith("Скажу, сколько к оплате. Напишите номер лицевого счёта")
    again = await customer.writes("мой телефон 89123456789")
    assert again.text.startswith("Это похоже на номер телефона")


def test_what_is_understood_is_said_of_flows_that_are() -> None:
    def unasked() -> object:
        raise AssertionError

    assert set(UNDERSTOOD) <= set(flows(unasked, unasked))  # type: ignore[arg-type]
