"""Dictionary forms and grammar of Russian words (pymorphy3), cached."""

import re
from functools import cache, lru_cache
from typing import Final

import pymorphy3

# A run of letters longer than this is no word; the analyser would only waste time on it.
MAX_WORD: Final = 32
# How likely a reading of a word is to be looked at.
LIKELY: Final = 0.1
_PARTICIPLES: Final = ("PRTF", "PRTS")
_RUSSIAN: Final = re.compile(rf"[а-яё-]{{1,{MAX_WORD}}}", re.IGNORECASE)


@cache
def _analyser() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=50_000)
def lemma(word: str) -> str:
    """The dictionary form with ё as е; what is no Russian word comes back as it is."""
    if not _RUSSIAN.fullmatch(word):
        return word
    parses = _analyser().parse(word)
    return str(parses[0].normal_form).replace("ё", "е") if parses else word


@lru_cache(maxsize=5_000)
def forms(word: str) -> frozenset[str]:
    """The word in all its forms, with ё as е, for a search; a verb's participles are words of
    their own. What is no Russian word is its only form.
    """
    if not _RUSSIAN.fullmatch(word):
        return frozenset((word,))
    found = {word}
    for parse in _analyser().parse(word):
        if parse.score >= LIKELY:
            other = () if parse.tag.POS in _PARTICIPLES else _PARTICIPLES
            found.update(one.word for one in parse.lexeme if one.tag.POS not in other)
    return frozenset(one.replace("ё", "е") for one in found)


@lru_cache(maxsize=50_000)
def is_known(word: str) -> bool:
    """Whether the dictionary has this very form, with ё or with е."""
    return bool(_RUSSIAN.fullmatch(word) and _analyser().word_is_known(word))


@lru_cache(maxsize=20_000)
def name_parts(word: str) -> frozenset[str]:
    """Which of ``Name``, ``Surn``, ``Patr`` a dictionary word can be, likely readings only."""
    if not _RUSSIAN.fullmatch(word):
        return frozenset()
    found: set[str] = set()
    for parse in _analyser().parse(word):
        if parse.score < LIKELY:
            continue
        found.update(part for part in ("Name", "Surn", "Patr") if part in parse.tag)
    return frozenset(found)


@lru_cache(maxsize=20_000)
def is_place(word: str) -> bool:
    """Whether a word can be a place's name («Рыбинске»)."""
    if not _RUSSIAN.fullmatch(word):
        return False
    return any("Geox" in form.tag for form in _analyser().parse(word))


@lru_cache(maxsize=20_000)
def is_adjective_or_genitive(word: str) -> bool:
    """Whether the word has a form that names of streets have («Советская», «Ленина»)."""
    if not _RUSSIAN.fullmatch(word):
        return False
    return any(
        parse.tag.POS == "ADJF" or (parse.tag.POS == "NOUN" and parse.tag.case == "gent")
        for parse in _analyser().parse(word)
    )


@lru_cache(maxsize=20_000)
def is_past(word: str) -> bool:
    """Whether the word, read as it is likeliest meant, is a verb in the past tense («сгорел»)."""
    if not _RUSSIAN.fullmatch(word):
        return False
    parses = _analyser().parse(word)
    return bool(parses) and parses[0].tag.POS == "VERB" and parses[0].tag.tense == "past"


@lru_cache(maxsize=20_000)
def genitive(word: str) -> str:
    """«noun» or «adjective» for what is likely one in the genitive, else empty."""
    if not _RUSSIAN.fullmatch(word):
        return ""
    likely = [
        parse.tag.POS
        for parse in _analyser().parse(word)
        if parse.score >= LIKELY and parse.tag.case == "gent"
    ]
    if "NOUN" in likely:
        return "noun"
    return "adjective" if "ADJF" in likely or "PRTF" in likely else ""
