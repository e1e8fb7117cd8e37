"""Questions that ask the same, together. Plain computation: call it off the event loop."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, utils

from nlu.encoders import default_encoder
from nlu.morphology import lemma

# Cosines: alike by meaning alone, and alike when half the words are the same, too.
LIKE_IN_MEANING = 0.6
LIKE_WITH_WORDS = 0.45
LIKE_IN_LETTERS = 82.0
_WORD = re.compile(r"[а-яёa-z]{4,}")


@dataclass(frozen=True, slots=True)
class Group:
    """``members``: positions in the list that was grouped; the first is the most typical one."""

    members: tuple[int, ...]


def group(texts: Sequence[str]) -> list[Group]:
    """The largest first. Texts are compared by meaning (sentence vectors) and by letters."""
    if not texts:
        return []
    vectors = default_encoder().encode(list(texts))
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.maximum(norms, 1e-9)
    likeness = vectors @ vectors.T
    close = likeness >= LIKE_IN_MEANING
    words = [{lemma(word) for word in _WORD.findall(text.lower())} for text in texts]
    plain = [utils.default_process(text) for text in texts]
    # Who has the most neighbours leads a group; whoever is near to it belongs there.
    order = sorted(range(len(texts)), key=lambda n: (-int(close[n].sum()), n))
    taken: set[int] = set()
    groups = []
    for leader in order:
        if leader in taken:
            continue
        members = [leader] + [
            other
            for other in order
            if other != leader
            and other not in taken
            and (
                close[leader, other]
                or (
                    likeness[leader, other] >= LIKE_WITH_WORDS
                    and _share(words[leader], words[other])
                )
                or fuzz.token_sort_ratio(plain[leader], plain[other]) >= LIKE_IN_LETTERS
            )
        ]
        taken.update(members)
        groups.append(Group(tuple(members)))
    return sorted(groups, key=lambda found: -len(found.members))


def _share(one: set[str], other: set[str]) -> bool:
    """Whether the shorter has half of its words in common with the other."""
    return 2 * len(one & other) >= max(1, min(len(one), len(other)))
