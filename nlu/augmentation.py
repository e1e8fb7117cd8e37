"""Copies of phrases with the slips that customers make, for training only.

What each kind of slip brings was measured (docs/decisions/0102).
"""

import random
from collections.abc import Callable, Sequence
from typing import Final

from nlu.keyboard import latin_layout
from nlu.translit import to_latin

# Shares of the phrases that get one copy of each kind.
_TYPOS: Final = 0.4
_LAYOUT: Final = 0.05
_TRANSLIT: Final = 0.05
# Longer messages are rarely written so, and a slip or two changes nothing in them.
_LONGEST: Final = 200

_PER_LETTER: Final = 0.06
_GLUED: Final = 0.03
_ROWS: Final = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_NEIGHBOURS: Final = {
    letter: [row[at] for at in (index - 1, index + 1) if 0 <= at < len(row)]
    for row in _ROWS
    for index, letter in enumerate(row)
}
# Written as heard.
_HEARD: Final = {
    "о": "а",
    "а": "о",
    "е": "и",
    "и": "е",
    "я": "е",
    "д": "т",
    "т": "д",
    "з": "с",
    "б": "п",
    "г": "к",
}


def augmented(texts: Sequence[str], seed: int) -> list[tuple[int, str]]:
    """Changed copies as (index of the source, text), the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 (slips of the pen, no secrets)
    kinds: tuple[tuple[Callable[[str], str], float], ...] = (
        (lambda text: with_typos(text, chance), _TYPOS),
        (latin_layout, _LAYOUT),
        (to_latin, _TRANSLIT),
    )
    return [
        (index, change(text))
        for change, share in kinds
        for index, text in enumerate(texts)
        if chance.random() < share and len(text) < _LONGEST
    ]


def with_typos(text: str, chance: random.Random) -> str:
    """Letters left out, hit beside, heard, doubled or swapped; words glued."""
    out: list[str] = []
    for char in text.lower():
        if char == " " and chance.random() < _GLUED:
            continue
        if not char.isalpha() or chance.random() >= _PER_LETTER:
            out.append(char)
            continue
        kind = chance.random()
        if kind < 0.3:
            continue
        if kind < 0.55:
            out.append(chance.choice(_NEIGHBOURS.get(char, [char])))
        elif kind < 0.75:
            out.append(_HEARD.get(char, char))
        elif kind < 0.85 or not out:
            out.append(char * 2)
        else:
            out.insert(-1, char)
    return "".join(out)
