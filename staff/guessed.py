"""Which passwords are guessed first: a common word or a row of keys, whatever stands around it.

A password that stands in a list of leaked ones is refused, and so is one that becomes such a word
without the digits and signs at its ends, without signs in place of letters, in the other layout
of the keyboard («gfhjkm» is «пароль»), or as one word again and again.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import distribution
from itertools import groupby
from pathlib import Path

# What passwords in Russia begin with, and what stands nearest here: the company's trade, our name.
_GUESSED = (
    "password", "parol", "пароль", "qwerty", "йцукен", "qazwsx", "asdfgh", "zxcvbn", "фывапр",
    "ячсмит", "admin", "админ", "administrator", "root", "welcome", "login", "user", "operator",
    "оператор", "okno", "окно", "energosbyt", "энергосбыт", "energo", "энерго", "sbyt", "сбыт",
    "svet", "свет", "iloveyou", "love", "люблю", "любовь", "lubov", "солныш", "solnysh", "privet",
    "привет", "letmein", "monkey", "dragon", "master", "secret", "секрет", "test", "тест", "demo",
    "демо", "spartak", "zenit", "россия", "russia", "rossi", "москва", "moscow", "зима", "весна",
    "лето", "осень", "zima", "vesna", "leto", "osen", "январь", "февраль", "март", "апрель", "май",
    "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь", "123456", "12345", "1234",
    "123", "321",
)  # fmt: skip
_ROWS = (
    "1234567890", "0123456789", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "йцукенгшщзхъ",
    "фывапролджэ", "ячсмитьбю.", "abcdefghijklmnopqrstuvwxyz", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujm",
    "zaq12wsxcde34rfvbgt56yhn",
)  # fmt: skip
# So much of one's own must be left when those words are taken away.
_OWN_LETTERS, _OWN_DIGITS = 4, 8
_SHORTEST_WORD, _SHORTEST_DIGITS = 4, 10
# Of the list of passwords, and of each of the others.
_MOST_PASSWORDS, _MOST_WORDS = 30_000, 6_000
_LIST = re.compile(r'\s*"(?P<name>\w+)": "(?P<words>[^"]+)"\.split')

_LATIN, _CYRILLIC = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.", "ёйцукенгшщзхъфывапролджэячсмитьбю"
_TO_LATIN, _TO_CYRILLIC = str.maketrans(_CYRILLIC, _LATIN), str.maketrans(_LATIN, _CYRILLIC)
_LOOKALIKES = str.maketrans("@$!", "asi")
# The digit one is read in two ways.
_IN_PLACE_OF_LETTERS = (
    str.maketrans("@$!013457+", "asioieastt"),
    str.maketrans("@$!013457+", "asioleastt"),
)
_AT_THE_BEGINNING, _AT_THE_END = re.compile(r"^[\W\d_]+"), re.compile(r"[\W\d_]+$")
_BETWEEN = re.compile(r"[\W\d_]+")


def is_guessed_first(password: str) -> bool:
    folded = password.casefold()
    if any(_of_such_words(text) for text in (folded, folded.translate(_TO_CYRILLIC))):
        return True
    if any(_in_row(text, row) for text in (folded, folded.translate(_TO_LATIN)) for row in _ROWS):
        return True
    if any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, 5)):
        return True
    return any(is_common(_once(core)) for core in _cores(folded))


def is_common(word: str) -> bool:
    return f"\n{word}\n" in common_words().get(word[:2], "")


@cache
def common_words() -> Mapping[str, str]:
    """Lines of words by their first two signs: the most frequent of leaked passwords and, as the
    package keeps these apart, of names and English words.

    Read from the file of zxcvbn when a password is first set, 4 MB: importing the package makes
    tables of 16 MB that nobody asks.
    """
    words: set[str] = set()
    path = distribution("zxcvbn").locate_file("zxcvbn/frequency_lists.py")
    with Path(str(path)).open(encoding="utf-8") as lines:
        for line in lines:
            if (found := _LIST.match(line)) is not None:
                most = _MOST_PASSWORDS if found["name"] == "passwords" else _MOST_WORDS
                most_frequent_first = found["words"].split(",", most)
                words.update(word for word in most_frequent_first[:most] if _is_used(word))
    by_beginning = groupby(sorted(words), key=lambda word: word[:2])
    return {signs: "\n" + "\n".join(same) + "\n" for signs, same in by_beginning}


def _is_used(word: str) -> bool:
    """Short words stand by chance in what somebody made up; digits at the ends are taken away."""
    return len(word) >= (_SHORTEST_DIGITS if word.isdecimal() else _SHORTEST_WORD)


def _of_such_words(folded: str) -> bool:
    rest = folded.translate(_LOOKALIKES)
    for word in _GUESSED:
        rest = rest.replace(word, "")
    letters = "".join(sign for sign in rest if sign.isalpha())
    return len(letters) < _OWN_LETTERS and not _has_many_digits(rest)


def _has_many_digits(rest: str) -> bool:
    """Digits that are no year and no row: as a generator makes them."""
    digits = "".join(sign for sign in rest if sign.isdecimal())
    return len(digits) >= _OWN_DIGITS and not any(_in_row(digits, row) for row in _ROWS)


def _in_row(text: str, row: str) -> bool:
    return text in row * 3 or text in row[::-1] * 3


def _cores(folded: str) -> Iterator[str]:
    """What may be the word of the list in it."""
    begun, ended = _AT_THE_BEGINNING.sub("", folded), _AT_THE_END.sub("", folded)
    for text in (folded, begun, ended, _AT_THE_END.sub("", begun)):
        yield text
        yield text.translate(_TO_LATIN)
        for letters in _IN_PLACE_OF_LETTERS:
            read = text.translate(letters)
            yield read
            yield _AT_THE_END.sub("", read)
    pieces = {piece for piece in _BETWEEN.split(folded) if piece}
    if len(pieces) == 1:
        yield from pieces
        yield from (piece.translate(_TO_LATIN) for piece in pieces)


def _once(text: str) -> str:
    """«abcabcabc» → «abc»."""
    return text[: (text + text).find(text, 1)] if text else text
