"""What no word stands in, and what only looks like it."""

import pytest

from dialogs.wordless import is_meaningless
from nlu import Ranked, Understanding


def read(text: str, intent: str = "out_of_scope") -> Understanding:
    return Understanding(text, intent, 0.9, (Ranked(intent, 0.9),))


@pytest.mark.parametrize(
    "text", ["фывапро", "asdf", "123 ыыы", "ЫВАЫВА!!!", "jhdfkjh", "бла бла", "你好吗", "эээ..."]
)
def test_rubbish(text: str) -> None:
    assert is_meaningless(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "какая погода",
        "kakaya pogoda",
        "rfrfz gjujlf",
        "тест",
        "https://xn--e1afmkfd.example/qwe",
        "5",
    ],
)
def test_what_says_something(text: str) -> None:
    assert not is_meaningless(read(text))


def test_what_was_understood_may_be_misspelt() -> None:
    assert not is_meaningless(read("китанцыя", "receipt"))
    assert not is_meaningless(read("Т1=20145; Т2=11032; Т3=7719", "submit_reading"))
    assert is_meaningless(read("эээ", "faq/common_house_needs"))
    assert not is_meaningless(read("ааааа", "danger"))
