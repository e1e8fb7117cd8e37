import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.questions import MAX_PARTS, split_questions


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("сколько я должен", ["сколько я должен"]),
        (
            "Сколько я должен? Когда поверка счётчика?",
            ["Сколько я должен?", "Когда поверка счётчика?"],
        ),
        (
            "показания 12345 и ещё хочу узнать долг",
            ["показания 12345", "и ещё хочу узнать долг"],
        ),
        ("передаю 12345, а также где офис", ["передаю 12345", "а также где офис"]),
        ("первый вопрос\nвторой вопрос", ["первый вопрос", "второй вопрос"]),
        ("ул. Мира д. 5 кв. 7 нет света", ["ул. Мира д. 5 кв. 7 нет света"]),
        ("Да. Сколько я должен?", ["Да. Сколько я должен?"]),
        ("Сколько я должен? Спс", ["Сколько я должен? Спс"]),
        ("сломался счётчик, куда звонить", ["сломался счётчик, куда звонить"]),
    ],
)
def test_parts(text: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in split_questions(text)] == parts


@given(st.text(alphabet="аб?!. \n;и ещё", max_size=200))
def test_parts_are_in_order_and_leave_out_only_spaces(text: str) -> None:
    spans = split_questions(text)

    assert 1 <= len(spans) <= MAX_PARTS
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end <= start
        assert text[end:start].strip(" ,;\n") == ""
