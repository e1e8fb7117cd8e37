"""Sums of money that a customer names. No I/O."""

import re
from decimal import Decimal, InvalidOperation

from dialogs.flow import FlowTurn

_NUMBER = re.compile(r"\d[\d\s\u00a0]*(?:[.,]\d{1,2})?(?!\d)")
_LONGEST = 12


def sum_of(turn: FlowTurn, *, bare: bool) -> int | None:
    """Kopecks: «1500 рублей», and with ``bare`` (a sum was asked for) any number."""
    found = turn.understanding.of("amount") if turn.understanding else ()
    if found:
        return to_kopecks(found[0].value)
    if not bare:
        return None
    numbers = _NUMBER.findall(turn.text)
    if not numbers and turn.understanding:  # «две тысячи»
        numbers = [entity.value for entity in turn.understanding.of("reading")]
    return to_kopecks(numbers[0]) if len(numbers) == 1 else None


def to_kopecks(text: str) -> int | None:
    """«1 500,5» → 150050; ``None``: no sum."""
    compact = re.sub(r"[\s\u00a0]", "", text).replace(",", ".")
    if len(compact) > _LONGEST:
        return None
    try:
        return int((Decimal(compact) * 100).to_integral_value())
    except InvalidOperation:
        return None
