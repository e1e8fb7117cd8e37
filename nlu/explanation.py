"""Why a message was read as it was, for editors and for `okno nlu parse --explain`."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from nlu.classifier import Classifier, Features, ranked
from nlu.normalise import Normalised

_LABELS_SHOWN: Final = 3
_FEATURES_SHOWN: Final = 8
_PHRASES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class LabelParts:
    """What each part of the features adds to a label's score, before calibration."""

    intent: str
    confidence: float
    words: float
    characters: float
    meaning: float
    """The sentence vector's part."""
    nearness: float
    """The part of the training phrases that mean much the same."""
    bias: float


@dataclass(frozen=True, slots=True)
class FeaturePart:
    """One word, pair of words or piece of a word, and what it adds to the best label."""

    feature: str
    weight: float


@dataclass(frozen=True, slots=True)
class NearPhrase:
    """A training phrase and its likeness of meaning, -1 to 1."""

    text: str
    intent: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """``normalised`` is the text as the classifier sees it, ``words`` after spelling."""

    normalised: str
    words: tuple[str, ...]
    ngrams_sufficed: bool
    """Words and characters were sure enough by themselves; the parts are shown all the same."""
    labels: tuple[LabelParts, ...]
    features: tuple[FeaturePart, ...]
    nearest: tuple[NearPhrase, ...]


def explain(
    classifier: Classifier, normalised: Normalised, *, ngrams_sufficed: bool
) -> Explanation:
    """The three best labels part by part, the strongest features, the nearest phrases."""
    model = classifier.model
    words = classifier.normaliser.words(normalised)
    features = classifier.features(normalised, classifier.ngrams(words))
    parts = classifier.contributions(features)
    probabilities = classifier.probabilities(parts)
    order = ranked(probabilities, model.labels)[:_LABELS_SHOWN]
    labels = []
    for intent, confidence in order:
        column = model.labels.index(intent)
        of_words, characters, meaning, near = (float(part[column]) for part in parts)
        bias = float(model.weights[-1, column])
        labels.append(LabelParts(intent, confidence, of_words, characters, meaning, near, bias))
    best = model.labels.index(order[0][0])
    return Explanation(
        normalised.text,
        words,
        ngrams_sufficed,
        tuple(labels),
        _strongest(classifier, features, best),
        _nearest(classifier, features),
    )


def _strongest(classifier: Classifier, features: Features, label: int) -> tuple[FeaturePart, ...]:
    model = classifier.model
    found: list[FeaturePart] = []
    at = 0
    for block, row in (
        (model.words, features.ngrams.words),
        (model.chars, features.ngrams.chars),
    ):
        weights = model.weights[row.indices + at, label].astype(np.float32) * row.values
        found += [
            FeaturePart(block.names[index], float(weight))
            for index, weight in zip(row.indices, weights, strict=True)
        ]
        at += len(block)
    found.sort(key=lambda part: (-abs(part.weight), part.feature))
    return tuple(found[:_FEATURES_SHOWN])


def _nearest(classifier: Classifier, features: Features) -> tuple[NearPhrase, ...]:
    model = classifier.model
    likeness = features.likeness
    order = np.argsort(-likeness, kind="stable")[:_PHRASES_SHOWN]
    return tuple(
        NearPhrase(model.phrases[i].text, model.phrases[i].intent, float(likeness[i]))
        for i in order
    )
