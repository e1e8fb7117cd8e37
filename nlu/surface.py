"""The first step of normalisation: one clean spelling of every character.

Unicode compatibility forms, invisible and combining characters, dashes, ё and Latin letters that
only look Cyrillic; nothing here needs a dictionary.
"""

import re
import unicodedata
from typing import Final

from nlu.tracked_text import Edit, TrackedText

# Compatibility decomposition would turn these into Latin letters or fractions.
_KEPT: Final = frozenset("№½¼¾™℃")

_REPLACED: Final[dict[str, str]] = {
    **dict.fromkeys("‐‑‒–—―−⁃﹣－", "-"),
    **dict.fromkeys("«»„“”‟″", '"'),
    **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
    **dict.fromkeys("×✕✖", "x"),
    "ё": "е",
    "Ё": "Е",
}

# Latin letters drawn like Cyrillic ones, by case.
_LOOKALIKES: Final = str.maketrans("aceopxykABCEHKMOPTXYi", "асеорхукАВСЕНКМОРТХУі")

# Most messages are written with these alone, which are clean already.
_PLAIN: Final = re.compile(r"[\n -~а-яА-Я]*")

_MIXED_WORD: Final = re.compile(r"[^\W\d_]+")
_CYRILLIC: Final = re.compile(r"[а-яіїєґ]", re.IGNORECASE)
_LATIN: Final = re.compile(r"[a-z]", re.IGNORECASE)


def clean(text: str) -> TrackedText:
    """The text with one spelling of each character; letter case is kept."""
    if _PLAIN.fullmatch(text):
        return _repair_mixed_alphabets(TrackedText.of(text))
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    length = len(text)
    while position < length:
        end = position + 1
        while end < length and unicodedata.category(text[end]) in ("Mn", "Me", "Mc"):
            end += 1
        for char in _clean_cluster(text[position:end]):
            out.append(char)
            starts.append(position)
            ends.append(end)
        position = end
    return _repair_mixed_alphabets(TrackedText("".join(out), tuple(starts), tuple(ends)))


def _clean_cluster(cluster: str) -> str:
    """One character with the marks that follow it, as the characters that stand for it."""
    first = cluster[0]
    if cluster.isascii():
        if first.isprintable() or first == "\n":
            return first
        return " " if first.isspace() else ""
    if first in _KEPT:
        return first
    if first in _REPLACED:
        return _REPLACED[first]
    composed = unicodedata.normalize("NFKC", cluster)
    kept = []
    for char in composed:
        category = unicodedata.category(char)
        if category.startswith("M"):
            continue
        if category == "Nd":
            kept.append(str(unicodedata.decimal(char)))
        elif category.startswith("Z"):
            kept.append(" ")
        elif category in ("Cc", "Cf", "Cs", "Co", "Cn"):
            continue
        else:
            kept.append(_REPLACED.get(char, char))
    return "".join(kept)


def _repair_mixed_alphabets(tracked: TrackedText) -> TrackedText:
    edits = []
    for match in _MIXED_WORD.finditer(tracked.text):
        word = match.group()
        if not (_CYRILLIC.search(word) and _LATIN.search(word)):
            continue
        repaired = word.translate(_LOOKALIKES)
        if not _LATIN.search(repaired):
            edits.append(Edit(match.start(), match.end(), repaired))
    return tracked.rewrite(edits)
