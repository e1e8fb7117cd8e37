"""Several questions in one message are each answered [6]."""

from dialogs import phrases
from nlu.embedded import EmbeddedEngine
from tests.conftest import FakeClock
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
    said = await customer.writes("как считаются пени, не понимаю, позовите человека")
    assert "1/300" in said.text
    assert (await customer.conversation()).turn == "queue"
    # A question of ours, whose account it is, would stand in the way.
    asked = await house.customer("78").writes("сколько я должен? позовите человека")
    assert "Зову оператора" in asked.text
    assert "лицевого" not in asked.text


def test_a_storys_questions_are_found_and_its_sentences_are_none(
    engine: EmbeddedEngine, clock: FakeClock
) -> None:
    def read(text: str) -> list[str]:
        return [found.intent for found in engine.parse_many(text, clock.now())]

    storm = (
        "Здравствуйте, вчера была гроза, скакнуло напряжение, сгорел холодильник. "
        "Кто будет платить? И ещё до какого числа показания передавать, и где ваш офис?"
    )
    assert read(storm) == ["faq/power_quality", "faq/reading_deadline", "faq/offices"]
    bought = (
        "Я купила квартиру, прежний хозяин оставил долг. Как переоформить счёт на меня "
        "и сколько стоит киловатт ночью?"
    )
    assert read(bought) == ["faq/owner_change", "faq/tariffs"]
    assert read("Пришла квитанция. Там пени. Почему?") == ["faq/penalty"]
