"""What the finders of details share: the text, and which parts of it are already explained."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from nlu.normalise import Normalised


@dataclass(frozen=True, slots=True)
class Found:
    """A detail in the normalised text; ``nlu.types.Entity`` once it points to the original."""

    entity: str
    value: str
    start: int
    end: int
    role: str | None = None
    confidence: float = 1.0


@dataclass(slots=True)
class Scan:
    """One message being read. Finders run in a fixed order and claim what they explain."""

    normalised: Normalised
    today: date
    intent: str | None
    found: list[Found] = field(default_factory=list)
    _claimed: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._claimed = bytearray(len(self.text))

    @property
    def text(self) -> str:
        return self.normalised.text

    @property
    def cased(self) -> str:
        return self.normalised.cased

    def is_free(self, start: int, end: int) -> bool:
        """Whether no earlier finder has explained any part of it."""
        return not any(self._claimed[start:end])

    def claim(self, start: int, end: int) -> None:
        """Explained, though no detail: a time, a number of days, a voltage."""
        self._claimed[start:end] = b"\1" * (end - start)

    def add(self, found: Found) -> None:
        self.found.append(found)
        self.claim(found.start, found.end)

    def add_candidate(self, found: Found) -> None:
        """A second reading of what stays explained by the first."""
        self.found.append(found)

    def is_capital(self, position: int) -> bool:
        """Whether a capital letter stands there; in a shouted message capitals mean nothing."""
        return self.cased[position].isupper() and not self.is_shouted

    @property
    def is_shouted(self) -> bool:
        """Whether nearly all letters are capitals."""
        letters = sum(char.isalpha() for char in self.cased)
        return letters > _SHOUT and sum(map(str.isupper, self.cased)) > 0.7 * letters

    def has(self, pattern: re.Pattern[str]) -> bool:
        return pattern.search(self.text) is not None


# Below so many letters capitals may be a name and nothing else.
_SHOUT: Final = 20

_NUMBER: Final = re.compile(
    r"(?<!\w)(?<!\d[.,])"
    r"(?:\d{1,3}(?: \d{3})+(?!\d)|\d+)"
    r"(?:[.,]\d{1,3}(?!\d))?"
    r"(?![\w])"
)
_SPACES: Final = re.compile(r"[ \u00a0]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, «12 345,6»; ``digits`` is its whole part without spaces."""

    start: int
    end: int
    digits: str
    fraction: str

    @property
    def grouped(self) -> bool:
        """Whether it was written in groups, which may also be several numbers."""
        whole = self.end - self.start - (len(self.fraction) + 1 if self.fraction else 0)
        return whole > len(self.digits)

    @property
    def plain(self) -> str:
        """«12345.6»: without leading zeros, as a decimal number."""
        whole = self.digits.lstrip("0") or "0"
        return f"{whole}.{self.fraction}" if self.fraction else whole


def free_numbers(scan: Scan) -> list[Number]:
    """Numbers that nothing has explained yet, in the order of the text."""
    return [
        _number(match.group(), match.start())
        for match in _NUMBER.finditer(scan.text)
        if scan.is_free(match.start(), match.end())
    ]


def _number(written: str, start: int) -> Number:
    whole, _, fraction = written.replace(",", ".").partition(".")
    return Number(start, start + len(written), _SPACES.sub("", whole), fraction)


def split_groups(number: Number, text: str) -> list[Number]:
    """The groups of «450 320» as numbers of their own."""
    return [
        _number(match.group(), number.start + match.start())
        for match in re.finditer(r"\d+(?:[.,]\d+)?", text[number.start : number.end])
    ]
