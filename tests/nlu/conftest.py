"""A small engine: enough phrases to tell some intents apart, trained in a second."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nlu.embedded import EmbeddedEngine
from nlu.training import train
from nlu.training_data import DATA_DIR, TrainingData, load_training_data

# Wednesday.
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))

_INTENTS = (
    "submit_reading",
    "balance",
    "danger",
    "power_outage",
    "faq/penalty",
    "faq/meter_verification",
    "greet",
    "out_of_scope",
)
_PHRASES = 40


@pytest.fixture(scope="session")
def small_data() -> TrainingData:
    """Forty phrases each of a few intents."""
    taken: dict[str, int] = dict.fromkeys(_INTENTS, 0)
    chosen = []
    for example in load_training_data([DATA_DIR]).examples:
        if example.intent in taken and taken[example.intent] < _PHRASES:
            taken[example.intent] += 1
            chosen.append(example)
    return TrainingData(tuple(chosen))


@pytest.fixture(scope="session")
def small_engine(small_data: TrainingData) -> EmbeddedEngine:
    return EmbeddedEngine(train(small_data))


@pytest.fixture
def rasa_file(tmp_path: Path) -> Path:
    """A well-formed data file to break or to read."""
    path = tmp_path / "phrases.yml"
    path.write_text(
        'version: "3.1"\n'
        "nlu:\n"
        "- intent: balance\n"
        "  examples: |\n"
        "    - сколько я должен\n"
        "    - долг за [октябрь](date)\n"
        "- intent: submit_reading\n"
        "  examples: |\n"
        '    - день [4471]{"entity": "reading", "role": "day"}\n',
        encoding="utf-8",
    )
    return path
