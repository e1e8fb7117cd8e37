from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nlu.classifier import SURE
from nlu.embedded import MOST_QUESTIONS, EmbeddedEngine, load_engine, train_engine
from nlu.encoders import BUILT_IN, built_in_encoder
from nlu.errors import DataError, ModelError
from nlu.model import Model
from nlu.training import train
from nlu.training_data import TrainingData
from nlu.types import Engine
from tests.nlu.conftest import NOW


def test_is_an_engine(small_engine: EmbeddedEngine) -> None:
    engine: Engine = small_engine

    assert engine.parse("привет", now=NOW).intent == "greet"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("скажите какой у меня долг", "balance"),
        ("ghbdtn", "greet"),
        ("kakoy u menya dolg", "balance"),
        ("почему начислили пеню", "faq/penalty"),
        ("день 4471 ночь 2210", "submit_reading"),
    ],
)
def test_understands(small_engine: EmbeddedEngine, text: str, intent: str) -> None:
    understood = small_engine.parse(text, now=NOW)

    assert understood.intent == intent
    assert understood.ranking[0].intent == intent
    assert understood.ranking[0].confidence == understood.confidence
    assert understood.model_id == small_engine.model.model_id


def test_confidences_are_probabilities_best_first(small_engine: EmbeddedEngine) -> None:
    shares = [one.confidence for one in small_engine.parse("долг за свет", now=NOW).ranking]

    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-3)


def test_danger_leads_whatever_else_is_said(small_engine: EmbeddedEngine) -> None:
    text = "Сколько я должен? У дома оборванный провод лежит на земле и искрит"

    assert [one.intent for one in small_engine.parse_many(text, NOW)] == ["danger"]


def test_several_questions_come_in_their_order(small_engine: EmbeddedEngine) -> None:
    text = "Передаю показания 12345. Сколько я сейчас должен? И почему начислили пени?"

    questions = small_engine.parse_many(text, NOW)

    assert [one.intent for one in questions] == ["submit_reading", "balance", "faq/penalty"]
    reading = questions[0].of("reading")[0]
    assert questions[0].text[reading.start : reading.end] == "12345"
    assert len(questions) <= MOST_QUESTIONS


def test_a_greeting_is_no_question_of_its_own(small_engine: EmbeddedEngine) -> None:
    questions = small_engine.parse_many("Здравствуйте! Почему мне начислили пени?", NOW)

    assert [one.intent for one in questions] == ["faq/penalty"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "а" * 100_000,
        "показания " * 10_000,
        "😀" * 1000,
        "\x00\x01\x02",
        "\ud800\udfff",
        "\u200b\u200d\ufeff",
        "إيصال الكهرباء",
        "def f(x):\n    return {'a': [x]}",
        '{"intent": {"name": "pay"}}',
        "aGVsbG8gd29ybGQ=" * 50,
        "zа1" * 300,
        "1" * 5000,
        "e\u0301" * 3000,
        "?" * 3000,
        "`;'[],." * 400,
    ],
    ids=range(17),
)
def test_any_text_gets_an_answer(small_engine: EmbeddedEngine, text: str) -> None:
    understood = small_engine.parse(text, now=NOW)

    assert understood.intent in small_engine.model.labels
    assert 0 < understood.confidence <= 1
    assert small_engine.parse_many(text, NOW)
    assert small_engine.explain(text).normalised is not None


def test_silence_is_out_of_scope(small_engine: EmbeddedEngine) -> None:
    assert small_engine.parse(" \n ", now=NOW).intent == "out_of_scope"


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_parsing_never_fails(small_engine: EmbeddedEngine, text: str) -> None:
    for understood in small_engine.parse_many(text, NOW):
        for entity in understood.entities:
            assert 0 <= entity.start < entity.end <= len(understood.text)


class CountingEncoder:
    """The built-in encoder; ``asked`` are the texts that it had to encode."""

    name = BUILT_IN

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return built_in_encoder().encode(texts)


@pytest.fixture
def counted(small_engine: EmbeddedEngine) -> tuple[EmbeddedEngine, CountingEncoder]:
    encoder = CountingEncoder()
    return EmbeddedEngine(small_engine.model, encoder), encoder


def test_a_plain_message_does_without_its_vector(
    counted: tuple[EmbeddedEngine, CountingEncoder],
) -> None:
    engine, encoder = counted

    assert engine.parse("скажите какой у меня долг", now=NOW).confidence >= SURE
    assert encoder.asked == []
    assert engine.explain("скажите какой у меня долг").ngrams_sufficed


def test_an_unclear_message_is_looked_at_in_full(
    counted: tuple[EmbeddedEngine, CountingEncoder],
) -> None:
    engine, encoder = counted

    engine.parse("передать показания", now=NOW)

    assert encoder.asked == ["передать показания"]
    assert not engine.explain("передать показания").ngrams_sufficed


@pytest.mark.parametrize(
    "text", ["искрит провод", "здравствуйте, сколько я должен, и у меня искрит розетка"]
)
def test_what_sounds_dangerous_is_looked_at_in_full(
    counted: tuple[EmbeddedEngine, CountingEncoder], text: str
) -> None:
    engine, encoder = counted

    assert engine.parse(text, now=NOW).intent == "danger"
    assert encoder.asked == [text.removeprefix("здравствуйте, ")]


def test_of_two_plain_questions_only_the_whole_is_looked_at_in_full(
    counted: tuple[EmbeddedEngine, CountingEncoder],
) -> None:
    engine, encoder = counted

    text = "Передаю показания 12345. Сколько я сейчас должен?"
    questions = engine.parse_many(text, NOW)

    assert [one.intent for one in questions] == ["submit_reading", "balance"]
    # The whole, since it says which of its parts can be questions; neither part.
    assert encoder.asked == [text.lower()]


def test_explains_with_parts_and_near_phrases(small_engine: EmbeddedEngine) -> None:
    explanation = small_engine.explain("пачему пени")

    best = explanation.labels[0]
    assert best.intent == "faq/penalty"
    assert best.words + best.characters + best.meaning > 0
    assert "почему" in explanation.words
    assert explanation.nearest[0].intent == "faq/penalty"
    assert any("пени" in part.feature or "пен" in part.feature for part in explanation.features)


def test_a_stored_model_answers_the_same(small_engine: EmbeddedEngine, tmp_path: Path) -> None:
    path = tmp_path / "var" / "model.okno"
    small_engine.model.save(path)

    loaded = load_engine(path)

    text = "сколько я должен за октябрь"
    assert loaded.parse(text, now=NOW) == small_engine.parse(text, now=NOW)
    assert loaded.model.to_bytes() == small_engine.model.to_bytes()
    assert list(path.parent.iterdir()) == [path]


def test_training_is_deterministic(small_data: TrainingData) -> None:
    few = TrainingData(small_data.examples[::4])

    first, second = train(few, seed=7), train(few, seed=7)

    assert first.to_bytes() == second.to_bytes()
    assert first.model_id != train(few, seed=8).model_id


@pytest.mark.parametrize("stored", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_model_is_refused(stored: bytes) -> None:
    with pytest.raises(ModelError):
        Model.from_bytes(stored)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        load_engine(tmp_path / "none.okno")


def test_another_encoders_model_is_refused(small_engine: EmbeddedEngine) -> None:
    class Other:
        name = "other"

        def encode(self, texts: object) -> np.ndarray:
            raise AssertionError("must not be asked")

    with pytest.raises(ModelError, match="usem3"):
        EmbeddedEngine(small_engine.model, Other())


def test_trains_on_files_and_articles(rasa_file: Path, tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "a.md").write_text(
        "---\ntopic: faq/penalty\nquestions:\n  - откуда взялись пени\n  - что такое пеня\n---\n",
        encoding="utf-8",
    )
    steps: list[str] = []

    engine = train_engine([rasa_file], articles, progress=lambda step, _: steps.append(step))

    assert engine.model.labels == ("balance", "faq/penalty", "submit_reading")
    assert engine.parse("откуда пени", now=NOW).intent == "faq/penalty"
    assert {"read", "encode", "fit"} <= set(steps)


def test_a_broken_file_stops_training(rasa_file: Path) -> None:
    rasa_file.write_text("nlu: [", encoding="utf-8")

    with pytest.raises(DataError):
        train_engine([rasa_file], None)


def test_dates_follow_the_messages_day(small_engine: EmbeddedEngine) -> None:
    later = datetime(2027, 3, 1, tzinfo=NOW.tzinfo)

    assert small_engine.parse("долг за вчера", now=later).of("date")[0].value == "2027-02-28"
