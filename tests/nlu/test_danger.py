import pytest

from nlu import danger


@pytest.mark.parametrize(
    "text",
    [
        "провод лежит на земле",
        "оборвался провод у дома",
        "искрит розетка",
        "ребенка ударило током",
        "пахнет гарью из щитка",
        "горит электрощит",
        "вода течет прямо на щиток",
        "дверь подстанции открыта",
        "столб накренился",
        "дерево упало на провода",
        "дети залезли в трансформаторную будку где щит",
    ],
)
def test_described(text: str) -> None:
    assert danger.is_described(text)


@pytest.mark.parametrize(
    "text",
    [
        "на счетчике горит красный индикатор",
        "свет не горит",
        "сколько я должен",
        "пожарить картошку",
    ],
)
def test_harmless(text: str) -> None:
    assert not danger.is_described(text)


def test_a_likely_danger_is_an_alarm_without_a_description() -> None:
    assert danger.confidence(danger.THRESHOLD, described=lambda: False) >= danger.LEAST_CONFIDENCE
    assert danger.confidence(0.97, described=lambda: False) == 0.97


def test_a_description_lowers_the_threshold() -> None:
    low = danger.DESCRIBED_THRESHOLD

    assert danger.confidence(low, described=lambda: True) == danger.LEAST_CONFIDENCE
    assert danger.confidence(low, described=lambda: False) == 0
    assert danger.confidence(low / 2, described=lambda: True) == 0
