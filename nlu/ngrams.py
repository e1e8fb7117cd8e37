"""TF-IDF over words, dictionary forms and characters, without a library at serving time.

Each block of features (words, characters) is scaled to unit length by itself, so that a short
message is judged by its words as much as by its letters.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlu import morphology

_NUMBER: Final = re.compile(r"\d[\d.,]*")
_CHAR_SIZES: Final = (2, 3, 4, 5)
_LONGEST_SHAPE: Final = 9


def terms(words: Sequence[str], *, russian: bool = True) -> list[str]:
    """What the words are compared by: dictionary forms, and numbers by their length only."""
    return [
        _shape(word) if word[0].isdigit() else morphology.lemma(word) if russian else word
        for word in words
    ]


def word_features(words: Sequence[str], *, russian: bool = True) -> list[str]:
    """Features «w:…»: single terms, neighbours, and terms with one left out between them."""
    units = terms(words, russian=russian)
    bounded = ["^", *units, "$"]
    found = [f"w:{unit}" for unit in units]
    found += [f"w:{left} {right}" for left, right in pairwise(bounded)]
    found += [f"w:{left} * {right}" for left, right in zip(units, units[2:], strict=False)]
    return found


def char_features(words: Sequence[str]) -> list[str]:
    """Features «c:…»: pieces of two to five letters, words' edges included."""
    found: list[str] = []
    for word in words:
        padded = f" {_NUMBER.sub('0', word)} "
        for size in _CHAR_SIZES:
            found.extend(
                "c:" + padded[start : start + size] for start in range(len(padded) - size + 1)
            )
    return found


def _shape(number: str) -> str:
    digits = sum(char.isdigit() for char in number)
    return f"#{min(digits, _LONGEST_SHAPE)}" + ("." if digits < len(number) else "")


@dataclass(frozen=True, slots=True)
class SparseRow:
    """Positions of features that occur, and their weights."""

    indices: NDArray[np.int32]
    values: NDArray[np.float32]


class FeatureBlock:
    """One unit-length block: which features exist and how much each of them says."""

    def __init__(self, names: Sequence[str], idf: NDArray[np.float32]) -> None:
        self.names = list(names)
        self.idf = idf
        self._position = {name: index for index, name in enumerate(self.names)}

    @classmethod
    def fit(cls, documents: Iterable[Sequence[str]], *, least: int) -> "FeatureBlock":
        """Learn from documents given as lists of features; rarer ones than ``least`` are left."""
        frequency: Counter[str] = Counter()
        count = 0
        for document in documents:
            frequency.update(set(document))
            count += 1
        names = sorted(name for name, seen in frequency.items() if seen >= least)
        idf = np.array(
            [math.log((1 + count) / (1 + frequency[name])) + 1 for name in names],
            dtype=np.float32,
        )
        return cls(names, idf)

    def __len__(self) -> int:
        return len(self.names)

    def row(self, document: Sequence[str]) -> SparseRow:
        """Weights of one document, of unit length unless nothing in it is known."""
        counted: dict[int, int] = {}
        position = self._position.get
        for name in document:
            index = position(name)
            if index is not None:
                counted[index] = counted.get(index, 0) + 1
        indices = np.fromiter(counted.keys(), dtype=np.int32, count=len(counted))
        values = np.fromiter(counted.values(), dtype=np.float32, count=len(counted))
        values = (1 + np.log(values)) * self.idf[indices] if len(counted) else values
        norm = float(np.linalg.norm(values))
        return SparseRow(indices, values / norm if norm else values)
