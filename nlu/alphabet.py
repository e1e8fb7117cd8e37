"""Latin text that is Russian after all: the wrong keyboard layout or transliteration.

Repaired only when that makes sense of the message; English words, codes and addresses of sites
stay as they are.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nlu.keyboard import russian_layout
from nlu.tracked_text import Edit, TrackedText
from nlu.translit import to_cyrillic

# Latin words that Russians write in Latin letters; they are no evidence for either repair.
_LATIN_WORDS: Final = frozenset(
    re.findall(
        r"\S+",
        """
        wifi wi-fi qr sms pdf email e-mail mail telegram whatsapp viber vk max ok google apple
        android iphone ios app store online sber sberbank visa mir mastercard push id pin cvv
        usb led lan gsm excel word zip jpg png www http https ru com hello hi thanks pos sim fm
        tv tele2 mts yota rustore xiaomi samsung huawei windows chrome play market pay
        """,
    )
)
_CHUNK: Final = re.compile(r"\S+")
_LATIN: Final = re.compile(r"[a-z]")
_CYRILLIC: Final = re.compile(r"[а-я]")
_WORDS: Final = re.compile(r"[а-я]+")
_ADDRESS: Final = re.compile(r"https?:|www\.|@|\.(?:ru|com|рф|org|net)\b|[\\/=<>_{}].*[\\/=<>_{}]")
_CODE: Final = re.compile(r"[a-z]{1,4}[-.]?\d[\w.,:/-]*")
_CONSONANTS_EN: Final = re.compile(r"[bcdfghjklmnpqrstvwxz;,.\[\]']{5,}")
_CONSONANTS_RU: Final = re.compile(r"[бвгджзйклмнпрстфхцчшщъь]{5,}")
_SHORT: Final = 2
_ENOUGH: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Reading:
    text: str
    known: float
    """Number of letters that belong to known words."""


def repair_alphabet(tracked: TrackedText, known: Callable[[str], bool]) -> TrackedText:
    """Turn Latin chunks into Russian where the result is Russian.

    ``tracked`` is in lower case; ``known`` tells whether a Russian word exists. One decision is
    taken for the whole message, because a message is typed in one way.
    """
    if not _LATIN.search(tracked.text):
        return tracked
    chunks = [match for match in _CHUNK.finditer(tracked.text) if _is_candidate(match.group())]
    if not chunks:
        return tracked
    letters = sum(len(match.group()) for match in chunks)
    layout = [_best(russian_layout(match.group()), known) for match in chunks]
    translit = [_best(to_cyrillic(match.group()), known) for match in chunks]
    layout_score = sum(reading.known for reading in layout) / letters
    translit_score = sum(reading.known for reading in translit) / letters
    readings = layout if layout_score > translit_score else translit
    if max(layout_score, translit_score) < _ENOUGH:
        latin = " ".join(match.group() for match in chunks)
        typed = " ".join(reading.text for reading in layout)
        if not (_CONSONANTS_EN.search(latin) and not _CONSONANTS_RU.search(typed)):
            return tracked
        readings = layout
    return tracked.rewrite(
        Edit(match.start(), match.end(), reading.text)
        for match, reading in zip(chunks, readings, strict=True)
    )


def _is_candidate(chunk: str) -> bool:
    if _CYRILLIC.search(chunk) or not _LATIN.search(chunk):
        return False
    if _ADDRESS.search(chunk) or _CODE.fullmatch(chunk):
        return False
    return chunk.strip(".,!?:;\"'()") not in _LATIN_WORDS


def _best(variants: tuple[str, ...], known: Callable[[str], bool]) -> _Reading:
    readings = [_Reading(variant, _known_letters(variant, known)) for variant in variants]
    return max(readings, key=lambda reading: reading.known)


def _known_letters(text: str, known: Callable[[str], bool]) -> float:
    total = 0.0
    for match in _WORDS.finditer(text):
        word = match.group()
        if known(word):
            # Almost any two letters are some word, so short ones prove little.
            total += len(word) if len(word) > _SHORT else len(word) / 2
    return total
