"""Finding articles by a customer's words: titles, variants, tags and text, whatever the form of the
words, slips of the pen, the keyboard layout or Latin letters; ranked together with what the
classifier makes of the question.

BM25 over weighted fields (Robertson & Zaragoza 2009, «BM25F»), in memory. Building reads each
word's dictionary form and belongs off the event loop; a search costs about a millisecond.
"""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from nlu.morphology import lemma
from nlu.normalise import Normaliser

FOUND: Final = 10
# How much a word says where it stands.
_TITLE, _QUESTIONS, _TAGS, _TEXT = 4.0, 2.0, 3.0, 1.0
_SATURATION: Final = 1.2
_LENGTH: Final = 0.5
# A topic of which the classifier is certain outweighs one rare word in a title.
_HINT: Final = 12.0
# What everybody says says nothing.
_NOISE: Final = frozenset(
    re.findall(
        r"\w+",
        "а в во и к ко о об от с со у я бы вы да до же за из или как ли мне мой мочь мы на не ни "
        "но ну он она они оно по при про так то ты что это этот где когда какой можно нужно почему "
        "сколько для быть весь есть если здравствуйте подсказать пожалуйста сказать хотеть",
    )
)
# The last word may still be being typed.
_LEAST_PREFIX: Final = 3
_MOST_COMPLETIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Document:
    topic: str
    title: str
    questions: Sequence[str] = ()
    tags: Sequence[str] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """``score`` is comparable within one search only."""

    topic: str
    title: str
    score: float


_plain = Normaliser({})


@lru_cache(maxsize=100_000)
def _words(text: str) -> tuple[str, ...]:
    """Kept, so that an index is built anew in no time when one article changes."""
    return _plain.words(_plain.normalise(text))


class SearchIndex:
    """Immutable once built; safe to share between threads."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = tuple(documents)
        counts: Counter[str] = Counter()
        read: list[list[tuple[float, tuple[str, ...]]]] = []
        for document in self._documents:
            fields = [
                (weight, tuple(word for text in texts for word in _words(text)))
                for weight, texts in (
                    (_TITLE, (document.title,)),
                    (_QUESTIONS, document.questions),
                    (_TAGS, document.tags),
                    (_TEXT, document.text.split("\n")),
                )
            ]
            read.append(fields)
            counts.update(word for _, words in fields for word in words)
        # Slips are corrected towards the words of the base itself.
        self._normaliser = Normaliser(counts)
        self._postings = self._weigh(read)
        self._lemmas = sorted(self._postings)

    def _weigh(
        self, read: Sequence[Sequence[tuple[float, tuple[str, ...]]]]
    ) -> dict[str, list[tuple[int, float]]]:
        """For each dictionary form, the documents that have it and how much it says of them."""
        weights: list[dict[str, float]] = []
        for fields in read:
            found: dict[str, float] = defaultdict(float)
            for weight, words in fields:
                for word, times in Counter(map(lemma, words)).items():
                    # A variant more does not make an article more about its word.
                    found[word] += weight * (1 + math.log(times))
            weights.append(found)
        lengths = [sum(found.values()) for found in weights]
        usual = sum(lengths) / max(1, len(lengths)) or 1.0
        having = Counter(word for found in weights for word in found)
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        total = len(weights)
        for number, found in enumerate(weights):
            norm = _SATURATION * (1 - _LENGTH + _LENGTH * lengths[number] / usual)
            for word, weight in found.items():
                if word in _NOISE:
                    continue
                rare = math.log(1 + (total - having[word] + 0.5) / (having[word] + 0.5))
                share = weight * (_SATURATION + 1) / (weight + norm)
                postings[word].append((number, rare * share))
        return dict(postings)

    def search(
        self, query: str, hints: Mapping[str, float] | None = None, *, limit: int = FOUND
    ) -> list[Hit]:
        """The best articles first. ``hints``: what the classifier gives each topic, 0 to 1."""
        scores: dict[int, float] = defaultdict(float)
        words = self._normaliser.words(self._normaliser.normalise(query))
        forms = [form for form in dict.fromkeys(map(lemma, words)) if form not in _NOISE]
        for position, form in enumerate(forms):
            found = self._postings.get(form)
            if found is None and position == len(forms) - 1:
                found = self._completed(form)
            for number, score in found or ():
                scores[number] += score
        for number, document in enumerate(self._documents):
            if hints and (hint := hints.get(document.topic, 0.0)) > 0.02:
                scores[number] += _HINT * hint
        best = sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:limit]
        return [
            Hit(self._documents[number].topic, self._documents[number].title, score)
            for number, score in best
        ]

    def _completed(self, beginning: str) -> list[tuple[int, float]]:
        """What words with this beginning say; a document counts once."""
        if len(beginning) < _LEAST_PREFIX:
            return []
        found: dict[int, float] = {}
        at = bisect_left(self._lemmas, beginning)
        for word in self._lemmas[at : at + _MOST_COMPLETIONS]:
            if not word.startswith(beginning):
                break
            for number, score in self._postings[word]:
                found[number] = max(found.get(number, 0.0), score)
        return list(found.items())
