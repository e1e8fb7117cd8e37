"""Several questions in one message are each answered [6]."""

from dialogs import phrases
from tests.dialogs.conftest import House


async def test_two_questions_get_two_answers(house: House) -> None:
    said = await house.customer().writes("здравствуйте! какие у вас тарифы и где ваш офис?")
    assert "5,47" in said.text
    assert "Светлая" in said.text
    assert phrases.DID_IT_HELP not in said.text  # which of the two?


async def test_asked_again_the_beginning_says_something(house: House) -> None:
    customer = house.customer()
    await customer.writes("где ваш офис?")
    said = await customer.writes("а где ваш офис?")
    assert "Светлая" in said.text
    assert "Оператор" in said.buttons


async def test_a_plea_for_a_human_beside_a_question_is_heard(house: House) -> None:
    customer = house.customer()
    said = await customer.writes("почему мне начислили пени, не понимаю, позовите человека")
    assert "1/300" in said.text
    assert (await customer.conversation()).turn == "queue"
