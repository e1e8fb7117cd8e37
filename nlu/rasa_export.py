"""A Rasa 3.6 project with the same training data, for comparison or for a Rasa server."""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import yaml

from nlu.taxonomy import ENTITIES, FAQ_PREFIX, READING_ROLES, is_faq, topic_of
from nlu.training_data import Example

PROJECT_DIR: Final = Path(__file__).parent / "rasa"

_COPIED: Final = ("config.yml", "requirements.txt", "endpoints.yml")


def export_project(examples: Sequence[Example], folder: Path) -> None:
    """Write ``config.yml``, ``domain.yml``, ``data/nlu.yml`` and what a server needs.

    Train there with ``rasa train nlu`` (Python 3.10, ``requirements.txt``).
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        shutil.copyfile(PROJECT_DIR / name, folder / name)
    (folder / "domain.yml").write_text(domain(examples), encoding="utf-8")
    (folder / "data" / "nlu.yml").write_text(training_file(examples), encoding="utf-8")


def domain(examples: Iterable[Example]) -> str:
    """The domain: intents (all questions of the base are one retrieval intent), entities."""
    intents = sorted({_top_level(example.intent) for example in examples})
    topics = sorted({example.intent for example in examples if is_faq(example.intent)})
    entities: list[object] = [
        {name: {"roles": list(READING_ROLES)}} if name == "reading" else name for name in ENTITIES
    ]
    # Rasa asks for an answer to each topic; the answers themselves live in the knowledge base.
    responses = {f"utter_{topic}": [{"text": topic_of(topic)}] for topic in topics}
    content = {
        "version": "3.1",
        "intents": intents,
        "entities": entities,
        "responses": responses,
    }
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def training_file(examples: Iterable[Example]) -> str:
    """All phrases as one Rasa training file, grouped by intent."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_intent[example.intent].append(annotated(example))
    lines = ['version: "3.1"', "nlu:"]
    for intent, phrases in sorted(by_intent.items()):
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {phrase}" for phrase in phrases]
    return "\n".join(lines) + "\n"


def annotated(example: Example) -> str:
    """The phrase with its annotations written back into it."""
    pieces: list[str] = []
    position = 0
    for marked in example.annotations:
        pieces.append(example.text[position : marked.start])
        details = {"entity": marked.entity}
        if marked.role:
            details["role"] = marked.role
        if marked.value:
            details["value"] = marked.value
        words = example.text[marked.start : marked.end]
        label = f"({marked.entity})" if len(details) == 1 else json.dumps(details)
        pieces.append(f"[{words}]{label}")
        position = marked.end
    pieces.append(example.text[position:])
    return "".join(pieces)


def _top_level(intent: str) -> str:
    return FAQ_PREFIX.rstrip("/") if is_faq(intent) else intent
