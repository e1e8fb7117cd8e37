"""From a message to probabilities of labels: n-grams, a sentence vector, nearness to phrases.

Most messages are plain enough for their n-grams; the sentence vector, which costs more than all the
rest, is made for the others only (docs/decisions/0105).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlu.encoders import Encoder
from nlu.model import Model
from nlu.ngrams import SparseRow, char_features, word_features
from nlu.normalise import Normalised, Normaliser

_EPSILON = 1e-9

# From this calibrated probability on, the n-grams alone decide; chosen in docs/decisions/0105.
SURE: Final = 0.97


@dataclass(frozen=True, slots=True)
class Ngrams:
    """What is cheap to see of one message."""

    words: SparseRow
    chars: SparseRow


@dataclass(frozen=True, slots=True)
class Features:
    """What is looked at of one message."""

    ngrams: Ngrams
    vector: NDArray[np.float32]
    likeness: NDArray[np.float32]
    """Cosine of meaning to each training phrase, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Scores:
    """``words`` are corrected; ``probabilities`` are calibrated, in the order of the labels."""

    words: tuple[str, ...]
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

    def score(
        self, normalised: Normalised, enough: Callable[[Scores], bool] | None = None
    ) -> Scores:
        """``enough`` says whether what the n-grams alone give will do; without it, all is seen."""
        words = self.normaliser.words(normalised)
        ngrams = self.ngrams(words)
        if enough is not None:
            first = Scores(words, softmax(_sum(self._said(ngrams, self.model.ngram_weights))))
            if enough(first):
                return first
        parts = self.contributions(self.features(normalised, ngrams))
        return Scores(words, self.probabilities(parts))

    def ngrams(self, words: Sequence[str]) -> Ngrams:
        """``words`` as `Normaliser.words` gives them."""
        return Ngrams(
            self.model.words.row(word_features(words, russian=self.model.russian)),
            self.model.chars.row(char_features(words)),
        )

    def features(self, normalised: Normalised, ngrams: Ngrams) -> Features:
        """``ngrams`` of the same text's words."""
        encoded = self._encoder.encode([normalised.text])
        vector = centred(encoded, self.model.vector_mean)
        likeness = self._anchors @ projected(vector, self.model.projection)[0]
        return Features(ngrams, vector[0], likeness)

    def contributions(self, features: Features) -> list[NDArray[np.float32]]:
        """What words, characters, the vector and near phrases add to each label's logit."""
        return [
            *self._said(features.ngrams, self.model.weights),
            features.vector @ self._vector_weights,
            nearness(features.likeness) @ self._anchor_weights,
        ]

    def probabilities(self, parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """From what the parts contribute."""
        return softmax(self._bias + _sum(parts))

    def _said(self, ngrams: Ngrams, weights: NDArray[np.float16]) -> list[NDArray[np.float32]]:
        """What words and characters say for each label under ``weights``."""
        words, chars = ngrams.words, ngrams.chars
        return [
            words.values @ weights[words.indices].astype(np.float32),
            chars.values @ weights[chars.indices + self._chars_at].astype(np.float32),
        ]


def _sum(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The parts added up label by label."""
    return sum(parts[1:], parts[0])


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
