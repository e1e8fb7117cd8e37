"""Rude words, other people's matters: one calm line, and the question behind them is served."""

import pytest

from dialogs import phrases
from dialogs.rudeness import beneath_the_words
from nlu import Ranked, Understanding
from tests.dialogs.conftest import House


def read(*ranking: tuple[str, float]) -> Understanding:
    return Understanding(
        "…", ranking[0][0], ranking[0][1], tuple(Ranked(name, share) for name, share in ranking)
    )


@pytest.mark.parametrize(
    ("ranking", "intent"),
    [
        ((("power_outage", 0.48), ("abuse", 0.21)), "power_outage"),
        ((("abuse", 0.6), ("balance", 0.35)), "balance"),
        ((("abuse", 0.9), ("balance", 0.09)), "abuse"),
        ((("abuse", 0.6), ("out_of_scope", 0.35)), "abuse"),
        ((("abuse", 0.6), ("balance", 0.1)), "abuse"),
    ],
)
def test_the_question_beneath_the_words(
    ranking: tuple[tuple[str, float], ...], intent: str
) -> None:
    found = beneath_the_words(read(*ranking), sure=0.5)
    assert found.intent == intent
    assert found.ranking[0] == Ranked(found.intent, found.confidence)


def test_what_is_unclear_by_itself_stays_so() -> None:
    found = read(("balance", 0.3), ("charges", 0.3))
    assert beneath_the_words(found, sure=0.5) == found


async def test_a_rude_question_is_answered_as_the_question(house: House) -> None:
    said = await house.customer().writes("вы уроды когда свет дадите")
    assert "сетев" in said.text
    assert phrases.ABUSE not in said.text


async def test_rudeness_alone_gets_one_calm_line_and_is_no_miss(house: House) -> None:
    customer = house.customer()
    for _ in range(3):
        assert (await customer.writes("идиоты")).texts == [phrases.ABUSE]
    assert (await customer.conversation()).turn == "assistant"


async def test_other_peoples_matters_are_no_miss(house: House) -> None:
    customer = house.customer()
    assert phrases.OUT_OF_SCOPE in (await customer.writes("когда включат горячую воду")).text
    for text in ("закажите мне пиццу", "какая завтра погода"):
        assert (await customer.writes(text)).texts == [phrases.OUT_OF_SCOPE_AGAIN]
    assert (await customer.conversation()).turn == "assistant"


async def test_an_aside_in_a_flow_is_no_answer_and_no_miss(house: House) -> None:
    customer = house.customer()
    await customer.writes("сколько я должен")
    await customer.writes("440012345678")
    for text in ("здравствуйте", "вы там совсем тупые?", "спасибо"):
        assert "На кого оформлен счёт …5678?" in (await customer.writes(text)).text
    assert (await customer.conversation()).turn == "assistant"
