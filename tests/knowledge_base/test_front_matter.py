"""Files of articles: nothing is lost on the way, and mistakes are found by their line."""

from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.answers import ArticleButton
from knowledge_base.article_text import ArticleText, Audience
from knowledge_base.errors import Problem, Unfit
from knowledge_base.front_matter import dump, parse

# What YAML could take for something else, and what breaks lines or quotes.
TRICKY = ["да", "112", "2027-01-01", "null", "~", "- x", "a: b", "# нет", "{{ company.site }}",
          "'", '"', "---", "*", "&a", "!x", "%", "@", "`", ">", "|", "\\n", "  ", "😀", "é",
          "\u00a0", "\u2028", "\ufeff", "[x](https://a.example)", ": ", " #"]  # fmt: skip
words = st.one_of(st.sampled_from(TRICKY), st.text(max_size=12))
line = st.lists(words, max_size=4).map(" ".join)
lines = st.lists(line, max_size=5).map("\n".join)
moments = st.datetimes(timezones=st.just(UTC))
texts = st.builds(
    ArticleText,
    title=line,
    body=lines,
    short=lines,
    questions=st.lists(line, max_size=3).map(tuple),
    buttons=st.lists(st.builds(ArticleButton, line, line, line), max_size=3).map(tuple),
    audience=st.sampled_from(Audience),
    valid_from=st.none() | moments,
    valid_until=st.none() | moments,
    review_by=st.none() | st.dates(),
    legal_basis=st.lists(line, max_size=2).map(tuple),
    tags=st.lists(line, max_size=3).map(tuple),
).map(ArticleText.tidied)


@given(texts)
def test_what_is_written_reads_the_same_and_writes_the_same(text: ArticleText) -> None:
    written = dump("faq/penalty", text)
    written.encode()
    read = parse(written)
    assert read.topic == "faq/penalty"
    assert read.text == text
    assert dump(read.topic, read.text) == written


FILE = """---
topic: faq/penalty
title: Пени
questions:
  - откуда пени
  - 112
buttons:
  - {label: Мой долг, intent: balance}
review_by: 2027-03-01
tags: [деньги]
---

Первая строка

--- не конец
"""


def test_a_file_is_read_with_its_lines() -> None:
    file = parse(FILE.replace("\n", "\r\n"))
    assert file.text == ArticleText(
        title="Пени",
        body="Первая строка\n\n--- не конец",
        questions=("откуда пени", "112"),
        buttons=(ArticleButton("Мой долг", intent="balance"),),
        review_by=date(2027, 3, 1),
        tags=("деньги",),
    )
    assert file.locate(Problem("", "questions.1")).line == 6
    assert file.locate(Problem("", "body", 3)).line == 15
    assert file.locate(Problem("", "short", 1)).line == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("---\ntopic", "topic", 1, "начинаться"),
        ("---\n\nПервая", "\nПервая", 15, "второй строки"),
        ("faq/penalty", "Пени и долги", 2, "Тема должна"),
        ("topic: faq/penalty\n", "", 10, "Не хватает поля topic"),
        ("title: Пени", "title: Пени\ntitle: Пени", 4, "дважды"),
        ("title: Пени", "titel: Пени\ntitle: Пени", 3, "Неизвестное поле titel"),
        ("title: Пени", "title: [Пени]", 3, "нужна строка"),
        ("title: Пени", "title: 'Пени", 10, "Не читается YAML"),
        ("questions:\n  - откуда пени\n  - 112", "questions: откуда", 4, "нужен список"),
        ("{label: Мой долг, intent: balance}", "Мой долг", 7, "кнопка пишется"),
        ("intent: balance", "to: balance", 7, "нет свойства to"),
        ("2027-03-01", "завтра", 9, "нужна дата"),
        ("2027-03-01", "2027-03-01\nvalid_until: 2027-01-01T00:00:00", 10, "с поясом"),
        ("2027-03-01", "2027-03-01\naudience: cats", 10, "household, business, all"),
    ],
)
def test_mistakes_are_found_by_line(old: str, new: str, line: int, message: str) -> None:
    assert old in FILE
    with pytest.raises(Unfit) as caught:
        parse(FILE.replace(old, new))
    problem = caught.value.problems[0]
    assert message in problem.message
    assert problem.line == line
