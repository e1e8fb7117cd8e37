"""Text typed with the wrong keyboard layout («ghbdtn»)."""

from typing import Final

_LATIN_KEYS: Final = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_RUSSIAN_KEYS: Final = "ейцукенгшщзхъфывапролджэячсмитьбю"

_TO_RUSSIAN: Final = str.maketrans(
    _LATIN_KEYS + '~{}:"<>' + _LATIN_KEYS[1:].upper(),
    _RUSSIAN_KEYS + "ехъжэбю" + _RUSSIAN_KEYS[1:].upper(),
)

_TO_LATIN: Final = str.maketrans(_RUSSIAN_KEYS, _LATIN_KEYS)

# Keys that are both punctuation and a letter: at the end of a word either may be meant.
_AMBIGUOUS_END: Final = ",.;:'\"[]{}<>?!)("


def russian_layout(chunk: str) -> tuple[str, ...]:
    """What the same keys give in the Russian layout, likeliest first.

    The second reading takes the punctuation at the end for punctuation: «ghbdtn,» may be «приветб»
    or «привет,».
    """
    whole = chunk.translate(_TO_RUSSIAN)
    core = chunk.rstrip(_AMBIGUOUS_END)
    if not core or core == chunk:
        return (whole,)
    return (core.translate(_TO_RUSSIAN) + chunk[len(core) :], whole)


def latin_layout(text: str) -> str:
    """What the keys of a Russian text give in the Latin layout, in lower case."""
    return text.lower().replace("ё", "е").translate(_TO_LATIN)
