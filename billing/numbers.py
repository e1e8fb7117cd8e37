"""Register values as people write them."""

import re

from billing.errors import BadValue, InvalidValue
from billing.money import NBSP, THOUSANDTHS, grouped

LONGEST = 9  # digits before the comma; registers have at most 8

_GROUPING = re.compile(r"[\s\u00a0\u2009\u202f'’_]+")
_UNIT = re.compile(r"квт[.·*/-]?ч?\.?$", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]*))?")


def parse_value(text: str) -> int:
    """«04512,7» → 4512700 thousandths. Spaces group digits; what is finer is cut off.

    Raises ``InvalidValue``.
    """
    compact = _UNIT.sub("", _GROUPING.sub("", text))
    negative = compact[:1] in ("-", "−", "–")
    match = _NUMBER.fullmatch(compact[1:] if negative else compact)
    if match is None:
        raise InvalidValue(BadValue.NOT_A_NUMBER)
    if negative:
        raise InvalidValue(BadValue.NEGATIVE)
    whole = match[1].lstrip("0")
    if len(whole) > LONGEST:
        raise InvalidValue(BadValue.TOO_LONG)
    return int(whole or 0) * THOUSANDTHS + int((match[2] or "")[:3].ljust(3, "0"))


def format_value(value: int) -> str:
    """``4512700`` → «4 512,7»: no zeros that say nothing, spaces that do not break."""
    whole, fraction = divmod(value, THOUSANDTHS)
    tail = f"{fraction:03d}".rstrip("0")
    return f"{grouped(whole)},{tail}" if tail else grouped(whole)


def format_kwh(kwh: int) -> str:
    """``165500`` thousandths → «165,5 кВт·ч»."""
    return f"{format_value(kwh)}{NBSP}кВт·ч"
