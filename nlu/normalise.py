"""A customer's text in one spelling, with the way back to what was written.

The steps, in order: characters (`surface`), repeated letters, the alphabet (`alphabet`: keyboard
layout and transliteration), numbers in words (`numerals`). Words are then corrected one by one
(`spelling`) for the classifier only: names and streets must reach the entities as written.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from nlu.alphabet import repair_alphabet
from nlu.numerals import digits_for_words
from nlu.spelling import Speller
from nlu.surface import clean
from nlu.tracked_text import Edit, TrackedText

# A message is read up to here; what follows is not looked at, so that the work is bounded.
MAX_CHARS: Final = 2_000

# Letters, numbers, and pictures: «👍» alone is an answer.
_WORD: Final = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)?|[\u2600-\u27bf\U0001f300-\U0001faff]")
# Signs are words only where there are no others («+», «???»).
_SIGN: Final = re.compile(r"[^\w\s]")
_MAX_WORDS: Final = 150
_REPEATED: Final = re.compile(r"([^\W\d_])\1{2,}")
# Only from a word's beginning: else a long word is looked through from each of its letters.
_WORD_WITH_REPEAT: Final = re.compile(r"(?<![^\W\d_])[^\W\d_]*?([^\W\d_])\1{2,}[^\W\d_]*")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
# Digits that stand for letters inside a Russian word («4то», «0плата»).
_LEET: Final = str.maketrans("0346", "озчш")
_LEET_WORD: Final = re.compile(r"(?<!\w)(?=\w*[а-я]{2})[а-я]*[0346][а-я]+(?!\w)")


@dataclass(frozen=True, slots=True)
class Normalised:
    """``text`` is in lower case; ``cased`` is the same text, letter for letter, with its case."""

    original: str
    tracked: TrackedText
    cased: str

    @property
    def text(self) -> str:
        return self.tracked.text

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets into ``original`` of ``text[start:end]``."""
        return self.tracked.span(start, end)

    def within(self, start: int, end: int) -> "Normalised":
        """What stands for ``original[start:end]``; offsets still count in the original."""
        first, last = (bisect_left(self.tracked.starts, place) for place in (start, end))
        return Normalised(self.original, self.tracked.part(first, last), self.cased[first:last])


class Normaliser:
    """Normalises with the knowledge of a vocabulary; without one, with the dictionary alone.

    ``russian=False`` leaves out everything that assumes a Russian writer (for other languages'
    data files).
    """

    def __init__(
        self, vocabulary: Mapping[str, int] | None = None, *, russian: bool = True
    ) -> None:
        self._speller = Speller(vocabulary or {})
        self._russian = russian

    def normalise(self, text: str) -> Normalised:
        """Never raises; reads the first ``MAX_CHARS`` characters."""
        original = text[:MAX_CHARS]
        cleaned = clean(original)
        lowered = TrackedText(_lower(cleaned.text), cleaned.starts, cleaned.ends)
        if not self._russian:
            return Normalised(original, lowered, cleaned.text)
        steps: tuple[Callable[[TrackedText], TrackedText], ...] = (
            self._shorten_repeats,
            self._read_leet,
            lambda tracked: repair_alphabet(tracked, self._speller.resembles),
            digits_for_words,
        )
        for step in steps:
            lowered = step(lowered)
        return Normalised(original, lowered, _recover_case(lowered, original))

    def words(self, normalised: Normalised) -> tuple[str, ...]:
        """The words and numbers of a normalised text, spelling corrected."""
        found: list[str] = []
        pattern = _WORD if _WORD.search(normalised.text) else _SIGN
        for match in pattern.finditer(normalised.text):
            word = match.group()
            if len(found) >= _MAX_WORDS:
                break
            if found and word == found[-1]:
                continue
            if self._russian and word[0].isalpha():
                found.extend(self._speller.correct(word))
            else:
                found.append(word)
        return tuple(found)

    def _shorten_repeats(self, tracked: TrackedText) -> TrackedText:
        """«помогиииите» → «помогите»; two letters are kept where the word has two."""
        edits = []
        for match in _WORD_WITH_REPEAT.finditer(tracked.text):
            word = match.group()
            single = _REPEATED.sub(r"\1", word)
            double = _REPEATED.sub(r"\1\1", word)
            chosen = double if self._speller.knows(double) else single
            edits.append(Edit(match.start(), match.end(), chosen))
        return tracked.rewrite(edits)

    def _read_leet(self, tracked: TrackedText) -> TrackedText:
        edits = []
        for match in _LEET_WORD.finditer(tracked.text):
            word = match.group().translate(_LEET)
            if self._speller.knows(word):
                edits.append(Edit(match.start(), match.end(), word))
        return tracked.rewrite(edits)


def normalise(text: str) -> Normalised:
    """Normalise with the dictionary alone, for callers without a trained model."""
    return _DICTIONARY_ONLY.normalise(text)


def _lower(text: str) -> str:
    """Lower case letter by letter: a few capital letters have a longer small form."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def _recover_case(tracked: TrackedText, original: str) -> str:
    """The tracked text with capitals where the original has them.

    Of several characters that stand for one and the same piece, only the first is a capital.
    """
    cased: list[str] = []
    previous = -1
    for char, start in zip(tracked.text, tracked.starts, strict=True):
        capital = start != previous and original[start].isupper() and len(char.upper()) == 1
        cased.append(char.upper() if capital else char)
        previous = start
    return "".join(cased)


_DICTIONARY_ONLY: Final = Normaliser()
