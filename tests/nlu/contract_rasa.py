"""The client against a real Rasa 3.6.21, in an environment of its own (``make test-rasa``).

Not collected by a plain run: it needs a Python 3.10 with rasa, named by ``OKNO_RASA_PYTHON``, and
trains for some minutes. A few phrases are enough to see the form of the answers.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import yaml

from nlu.rasa_client import RasaEngine
from nlu.rasa_export import export_project
from nlu.training_data import DATA_DIR, load_training_data
from nlu.types import Understanding
from tests.nlu import rasa_server
from tests.nlu.conftest import NOW

PYTHON = os.environ.get("OKNO_RASA_PYTHON")
INTENTS = ("submit_reading", "balance", "faq/penalty", "faq/offices", "greet", "out_of_scope")
PHRASES = 40
EPOCHS = 30

pytestmark = pytest.mark.skipif(not PYTHON, reason="OKNO_RASA_PYTHON names no Python with rasa")


class NoFallback:
    model_id = "none"

    def parse(self, text: str, *, now: datetime) -> Understanding:
        raise AssertionError("the server should have answered")


@pytest.fixture(scope="module")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaEngine]:
    project = tmp_path_factory.mktemp("rasa")
    taken: Counter[str] = Counter()
    chosen = []
    for example in load_training_data([DATA_DIR]).examples:
        if example.intent in INTENTS and taken[example.intent] < PHRASES:
            taken[example.intent] += 1
            chosen.append(example)
    export_project(chosen, project)
    _shorten(project / "config.yml")
    python = Path(PYTHON or "")
    rasa_server.train(python, project)
    with rasa_server.serving(python, project) as (url, _):
        engine = RasaEngine(url, NoFallback(), client=httpx.Client(timeout=30))
        yield engine
        engine.close()


def _shorten(config: Path) -> None:
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    for component in content["pipeline"]:
        if "epochs" in component:
            component["epochs"] = EPOCHS
    config.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_a_service_intent_with_roles(rasa: RasaEngine) -> None:
    understood = rasa.parse("день-4471 ночь-2210", now=NOW)

    assert understood.intent == "submit_reading"
    assert [(e.value, e.role) for e in understood.of("reading")] == [
        ("4471", "day"),
        ("2210", "night"),
    ]


def test_a_topic_comes_with_its_full_name(rasa: RasaEngine) -> None:
    understood = rasa.parse("почему пени начислили", now=NOW)

    assert understood.intent == "faq/penalty"
    assert "faq/offices" in [ranked.intent for ranked in understood.ranking]
    assert understood.model_id


@pytest.mark.parametrize("text", ["", "\ud800", "а" * 10_000, "😀", "\x00"], ids=range(5))
def test_odd_texts_are_answered(rasa: RasaEngine, text: str) -> None:
    assert rasa.parse(text, now=NOW).ranking
