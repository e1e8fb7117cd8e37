"""Coverage-guided search for texts at which the entity extractor fails or takes long.

    pip install atheris
    python fuzz/entities.py -max_total_time=600 -timeout=5

Atheris (Python 3.11) reports a text that raises, and one that takes longer than ``-timeout``
seconds.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["nlu.entities", "nlu.normalise"]):
    from nlu.entities import extract
    from nlu.normalise import Normaliser

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
NORMALISER = Normaliser({"днем": 5, "ночью": 5})
INTENTS = (None, "submit_reading", "balance", "link_account", "request_status")


def one(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    intent = INTENTS[provider.ConsumeIntInRange(0, len(INTENTS) - 1)]
    text = provider.ConsumeUnicode(4_000)
    for entity in extract(NORMALISER.normalise(text), now=NOW, intent=intent):
        if not 0 <= entity.start < entity.end <= len(text):
            raise AssertionError(entity)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
