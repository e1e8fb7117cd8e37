"""The check set measures nothing if its messages were trained on."""

import re
from collections import defaultdict

from rapidfuzz import fuzz, process

from nlu.training_data import (
    CHECK_DIR,
    DATA_DIR,
    Example,
    load_article_questions,
    load_training_data,
)

# From this likeness on two phrases differ by a letter or an ending only.
NEAR = 95
# Shorter ones come near each other by chance; they must only not be the same.
SHORT = 14


def _key(example: Example) -> str:
    text = example.text.lower().replace("ё", "е")
    return " ".join(re.findall(r"\w+", text))


def _training() -> dict[str, str]:
    articles = DATA_DIR.parent.parent / "knowledge_base" / "content"
    examples = load_training_data([DATA_DIR]).examples + load_article_questions(articles)
    return {_key(example): f"{example.path.name}:{example.line}" for example in examples}


def test_no_message_of_the_check_set_was_trained_on() -> None:
    training = _training()
    texts = list(training)
    repeated = []
    for example in load_training_data([CHECK_DIR]).examples:
        key = _key(example)
        least = NEAR if len(key) >= SHORT else 100
        match = process.extractOne(key, texts, scorer=fuzz.ratio, score_cutoff=least)
        if key and match is not None:
            repeated.append(f"{example.path.name}:{example.line} is {training[match[0]]}: {key}")

    assert repeated == []


def test_no_phrase_stands_under_two_labels() -> None:
    labels: dict[str, set[str]] = defaultdict(set)
    for example in load_training_data([DATA_DIR]).examples:
        if key := _key(example):
            labels[key].add(example.intent)

    assert {text: sorted(found) for text, found in labels.items() if len(found) > 1} == {}
