"""Spelling tolerance against the vocabulary of the domain.

A word that neither the dictionary nor the training phrases know is replaced by the nearest word of
the training phrases, or split where two known words were glued together. The index is the
symmetric-delete one of SymSpell: the beginning of every word is filed under itself and itself with
letters left out, so a lookup costs a few dictionary accesses whatever the size of the vocabulary.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from nlu import morphology

# Below this length a neighbour at distance one is as likely another word.
_MIN_LENGTH: Final = 4
# From this length two mistakes are forgiven.
_LONG: Final = 8
_MIN_GLUED: Final = 6
# Letters of a word that it is filed by: the forms of a word mostly share them.
_BEGINNING: Final = 7
_SHORT_WORDS: Final = frozenset(
    re.findall("[а-я]+", "а в и к о с у я до за из на не ни но от по что как мне где")
)


class Speller:
    """Corrects words towards ``counts``: known words and how often they occur."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = dict(counts)
        alike: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in self._counts:
            # A long word with two slips may stand for one that is shorter by two letters.
            alike[word[:_BEGINNING], _most(len(word) + 2)].append(word)
        # Words in a string: a hundred thousand small lists are work for the garbage collector.
        self._index: dict[str, str] = {}
        for (beginning, most), words in alike.items():
            filed = " ".join(words)
            for key in _deletions(beginning, most):
                others = self._index.get(key)
                self._index[key] = f"{others} {filed}" if others else filed
        self.correct = lru_cache(maxsize=20_000)(self._correct)

    def knows(self, word: str) -> bool:
        """Whether the word is Russian as it stands."""
        return word in self._counts or morphology.is_known(word)

    def resembles(self, word: str) -> bool:
        """Whether the word is known, or a known word with a slip in it."""
        return self.knows(word) or self.correct(word) != (word,)

    def _correct(self, word: str) -> tuple[str, ...]:
        """The word itself, its correction, or the words it was glued from."""
        if len(word) < _MIN_LENGTH or len(word) > morphology.MAX_WORD or self.knows(word):
            return (word,)
        nearest = self._nearest(word)
        if nearest is not None:
            return (nearest,)
        return self._split(word) or (word,)

    def _nearest(self, word: str) -> str | None:
        allowed = _most(len(word))
        best: tuple[int, int, str] | None = None
        seen: set[str] = set()
        for key in _deletions(word[:_BEGINNING], allowed):
            for candidate in self._index.get(key, "").split():
                if candidate in seen:
                    continue
                seen.add(candidate)
                distance = OSA.distance(word, candidate, score_cutoff=allowed)
                if distance > allowed:
                    continue
                rank = (distance, -self._counts[candidate], candidate)
                if best is None or rank < best:
                    best = rank
        return best[2] if best else None

    def _split(self, word: str) -> tuple[str, ...] | None:
        if len(word) < _MIN_GLUED:
            return None
        best: tuple[int, tuple[str, str]] | None = None
        for cut in range(1, len(word)):
            left, right = word[:cut], word[cut:]
            if not (self._is_part(left) and self._is_part(right)):
                continue
            weight = min(self._counts.get(left, 0), self._counts.get(right, 0))
            if best is None or weight > best[0]:
                best = (weight, (left, right))
        return best[1] if best else None

    def _is_part(self, piece: str) -> bool:
        return piece in _SHORT_WORDS or (len(piece) >= _MIN_LENGTH and piece in self._counts)


def _most(length: int) -> int:
    """Mistakes that are forgiven in a word of so many letters."""
    return 2 if length >= _LONG else 1


@lru_cache(maxsize=10_000)
def _deletions(beginning: str, most: int) -> frozenset[str]:
    """The beginning of a word and what is left of it without one letter, or two in a long word."""
    if len(beginning) < _MIN_LENGTH:
        return frozenset({beginning})
    once = _one_letter_less(beginning)
    if most == 1:
        return once | {beginning}
    return frozenset({beginning}).union(once, *map(_one_letter_less, once))


def _one_letter_less(word: str) -> frozenset[str]:
    return frozenset(word[:i] + word[i + 1 :] for i in range(len(word)))
