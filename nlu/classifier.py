"""From a message to probabilities of labels: n-grams, a sentence vector, nearness to phrases."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.encoders import Encoder
from nlu.model import Model
from nlu.ngrams import SparseRow, char_features, word_features
from nlu.normalise import Normalised, Normaliser

_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Features:
    """What is looked at of one message."""

    words: SparseRow
    chars: SparseRow
    vector: NDArray[np.float32]
    likeness: NDArray[np.float32]
    """Cosine of meaning to each training phrase, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Scores:
    """``words`` are corrected, ``logits`` sum the parts, ``probabilities`` are calibrated."""

    words: tuple[str, ...]
    features: Features
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]


class Classifier:
    """A model put to work. Not tied to a thread; holds no state between messages."""

    def __init__(self, model: Model, encoder: Encoder) -> None:
        self.model = model
        self.normaliser = Normaliser(model.vocabulary, russian=model.russian)
        self._encoder = encoder
        self._chars_at = len(model.words)
        self._vector_at = self._chars_at + len(model.chars)
        self._vector_weights = model.weights[self._vector_at : -1].astype(np.float32)
        self._bias = model.weights[-1].astype(np.float32)
        self._anchors = model.anchors.astype(np.float32)
        self._anchor_weights = model.anchor_weights.astype(np.float32)

    def features(self, normalised: Normalised, words: Sequence[str]) -> Features:
        """``words`` as `Normaliser.words` gives them for the same text."""
        encoded = self._encoder.encode([normalised.text])
        vector = centred(encoded, self.model.vector_mean)
        return Features(
            self.model.words.row(word_features(words, russian=self.model.russian)),
            self.model.chars.row(char_features(words)),
            vector[0],
            self._anchors @ projected(vector, self.model.projection)[0],
        )

    def score(self, normalised: Normalised) -> Scores:
        """Probabilities in the order of the model's labels."""
        words = self.normaliser.words(normalised)
        features = self.features(normalised, words)
        logits = self._bias + sum(self.contributions(features), np.float32(0))
        return Scores(words, features, logits, softmax(logits))

    def contributions(self, features: Features) -> list[NDArray[np.float32]]:
        """What words, characters, the vector and near phrases add to each label's logit."""
        weights = self.model.weights
        return [
            features.words.values @ weights[features.words.indices].astype(np.float32),
            features.chars.values
            @ weights[features.chars.indices + self._chars_at].astype(np.float32),
            features.vector @ self._vector_weights,
            nearness(features.likeness) @ self._anchor_weights,
        ]


def centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors without what all phrases have in common, at unit length."""
    moved = vectors - mean
    unit: NDArray[np.float32] = moved / np.maximum(
        np.linalg.norm(moved, axis=1, keepdims=True), _EPSILON
    )
    return unit


def projected(vectors: NDArray[np.float32], projection: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors along the kept directions, at unit length."""
    kept = vectors @ projection
    unit: NDArray[np.float32] = kept / np.maximum(
        np.linalg.norm(kept, axis=1, keepdims=True), _EPSILON
    )
    return unit


def nearness(likeness: NDArray[np.float32]) -> NDArray[np.float32]:
    """A Gaussian kernel of unit vectors from their cosine: 1 for the same meaning, then falling."""
    near: NDArray[np.float32] = np.exp(2 * likeness - 2)
    return near


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def ranked(probabilities: NDArray[np.float32], labels: Sequence[str]) -> list[tuple[str, float]]:
    """Labels with their probabilities, best first; equal ones in the order of the labels."""
    order = np.argsort(-probabilities, kind="stable")
    return [(labels[index], float(probabilities[index])) for index in order]
