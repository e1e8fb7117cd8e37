from pathlib import Path

import pytest

from nlu.errors import DataError
from nlu.taxonomy import ENTITIES, INTENTS, READING_ROLES
from nlu.training_data import (
    CHECK_DIR,
    DATA_DIR,
    load_article_questions,
    load_training_data,
    read_example,
)


def test_reads_phrases_with_their_annotations_and_places(rasa_file: Path) -> None:
    first, second, third = load_training_data([rasa_file]).examples

    assert (first.text, first.intent, first.line) == ("сколько я должен", "balance", 5)
    assert second.text == "долг за октябрь"
    assert second.text[second.annotations[0].start : second.annotations[0].end] == "октябрь"
    assert (third.annotations[0].entity, third.annotations[0].role) == ("reading", "day")
    assert third.line == 9


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("    - долг за [октябрь](date)", 6),
        ("    - сколько я должен", 5),
    ],
)
def test_a_line_that_is_no_example_is_named(rasa_file: Path, broken: str, line: int) -> None:
    text = rasa_file.read_text(encoding="utf-8")
    rasa_file.write_text(text.replace(broken, broken.replace("- ", "* ")), encoding="utf-8")

    with pytest.raises(DataError) as raised:
        load_training_data([rasa_file])

    assert (raised.value.path, raised.value.line) == (rasa_file, line)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("nlu: [", 2),
        ("- just a list", 1),
        ("nlu: text", 1),
        ("nlu:\n- intent: balance\n", 2),
        ('nlu:\n- intent: a\n  examples: |\n    - x\n    - [1]{"entity": }\n', 5),
        ('nlu:\n- intent: a\n  examples: |\n    - x\n    - [1]{"role": "day"}\n', 5),
        ("nlu:\n- intent: a\n  examples: |\n    - x\n    - \n", 5),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, content: str, line: int) -> None:
    path = tmp_path / "broken.yml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(DataError) as raised:
        load_training_data([path])

    assert raised.value.line == line
    assert str(raised.value).startswith(f"{path}:{line}: ")


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        load_training_data([tmp_path])
    with pytest.raises(DataError):
        load_training_data([tmp_path / "missing.yml"])


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "binary.yml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(DataError):
        load_training_data([path])


def test_brackets_without_a_label_are_text() -> None:
    example = read_example("см. [приложение] тут", "balance", Path("x"), 1)

    assert example.text == "см. [приложение] тут"
    assert example.annotations == ()


def test_articles_questions_are_phrases_of_their_topic(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\ntopic: faq/penalty\nquestions:\n"
        "  - откуда пени\n  - пени за [май](date)\n---\nТекст\n",
        encoding="utf-8",
    )
    (tmp_path / "b.md").write_text(
        "---\ntopic: info/about\nquestions:\n  - кто вы\n---\nТекст\n", encoding="utf-8"
    )

    first, second = load_article_questions(tmp_path)

    assert (first.text, first.intent, first.line) == ("откуда пени", "faq/penalty", 4)
    assert second.text == "пени за май"


def test_a_broken_article_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntopic: faq/penalty\nquestions:\n  - откуда пени\n  - {a: b}\n---\n", encoding="utf-8"
    )

    with pytest.raises(DataError) as raised:
        load_article_questions(tmp_path)

    assert raised.value.line == 5


def test_the_digest_follows_phrases_and_labels(rasa_file: Path) -> None:
    before = load_training_data([rasa_file]).digest
    assert load_training_data([rasa_file]).digest == before

    text = rasa_file.read_text(encoding="utf-8")
    rasa_file.write_text(text.replace("должен", "должна"), encoding="utf-8")

    assert load_training_data([rasa_file]).digest != before


@pytest.mark.parametrize("folder", [DATA_DIR, CHECK_DIR], ids=["training", "check"])
def test_the_projects_own_data_uses_the_agreed_names(folder: Path) -> None:
    data = load_training_data([folder])

    assert set(data.intents) == set(INTENTS)
    for example in data.examples:
        place = f"{example.path.name}:{example.line}"
        for marked in example.annotations:
            assert marked.entity in ENTITIES, place
            assert marked.role is None or marked.role in READING_ROLES, place
