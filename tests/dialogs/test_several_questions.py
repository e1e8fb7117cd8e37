"""Several questions in one message are each answered [6]."""

from tests.dialogs.conftest import House


async def test_two_questions_get_two_answers(house: House) -> None:
    said = await house.customer().writes("здравствуйте! какие у вас тарифы и где ваш офис?")
    assert "5,47" in said.text
    assert "Светлая" in said.text


async def test_a_plea_for_a_human_beside_a_question_is_heard(house: House) -> None:
    customer = house.customer()
    said = await customer.writes("почему мне начислили пени, не понимаю, позовите человека")
    assert "1/300" in said.text
    assert (await customer.conversation()).turn == "queue"
