"""Russian written with Latin letters («kak oplatit svet»)."""

from itertools import islice, product
from typing import Final

# Spellings people use, longest first where one begins with another; several readings are tried.
_READINGS: Final[dict[str, tuple[str, ...]]] = {
    "shch": ("щ",),
    "sch": ("сч", "щ"),
    "sh": ("ш",),
    "ch": ("ч",),
    "zh": ("ж",),
    "kh": ("х",),
    "ts": ("ц", "тс"),
    "tz": ("ц",),
    "yu": ("ю",),
    "ju": ("ю",),
    "iu": ("ю", "иу"),
    "ya": ("я",),
    "ja": ("я",),
    "ia": ("ия", "я", "иа"),
    "yo": ("е",),
    "jo": ("е",),
    "ye": ("е", "ые"),
    "je": ("е",),
    "iy": ("ий",),
    "ij": ("ий",),
    "yj": ("ый",),
    "yy": ("ый",),
    "ii": ("ии", "ий"),
    "ay": ("ай",),
    "ey": ("ей",),
    "oy": ("ой",),
    "a": ("а",),
    "b": ("б",),
    "c": ("ц", "с", "к"),
    "d": ("д",),
    "e": ("е",),
    "f": ("ф",),
    "g": ("г",),
    "h": ("х",),
    "i": ("и",),
    "j": ("й", "ж"),
    "k": ("к",),
    "l": ("л",),
    "m": ("м",),
    "n": ("н",),
    "o": ("о",),
    "p": ("п",),
    "q": ("я", "к"),
    "r": ("р",),
    "s": ("с",),
    "t": ("т",),
    "u": ("у",),
    "v": ("в",),
    "w": ("в", "ш"),
    "x": ("х", "кс"),
    "y": ("ы", "й"),
    "z": ("з",),
    "'": ("ь",),
    "4": ("ч",),
    "6": ("ш",),
}
_LETTERS: Final = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфхцыэ", "abvgdeziyklmnoprstufhcye", strict=True)),
        **{"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""},
    }
)
_LONGEST: Final = max(map(len, _READINGS))
_MAX_VARIANTS: Final = 24


def to_cyrillic(word: str) -> tuple[str, ...]:
    """Readings of a lower-case Latin word in Russian letters, likeliest first, at most 24."""
    parts: list[tuple[str, ...]] = []
    position = 0
    while position < len(word):
        for size in range(min(_LONGEST, len(word) - position), 0, -1):
            readings = _READINGS.get(word[position : position + size])
            if readings is not None:
                if position == 0 and word[0] == "e" and size == 1:
                    readings = ("е", "э")
                parts.append(readings)
                position += size
                break
        else:
            parts.append((word[position],))
            position += 1
    return tuple("".join(choice) for choice in islice(product(*parts), _MAX_VARIANTS))


def to_latin(text: str) -> str:
    """A Russian text in Latin letters, as most people write it, in lower case."""
    return text.lower().replace("ё", "е").translate(_LETTERS)
