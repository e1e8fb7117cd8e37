"""Money as integers: how it is written and what energy costs."""

import re
from decimal import Decimal, InvalidOperation

NBSP = "\u00a0"
MINUS = "\u2212"
THOUSANDTHS = 1000


def kopecks(text: str) -> int:
    """Roubles as they are typed: «1 234,5» → 123450. ``ValueError``: no sum, or less than a
    kopeck."""
    compact = re.sub(r"[\s\u00a0₽]", "", text).replace(",", ".").replace(MINUS, "-")
    try:
        value = Decimal(compact) * 100
        found = int(value)
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(f"no sum: {text!r}") from error
    if found != value:
        raise ValueError(f"less than a kopeck: {text!r}")
    return found


def roubles(amount: int) -> str:
    """``123456`` → «1 234,56 ₽», with non-breaking spaces so that a sum is never torn apart."""
    whole, rest = divmod(abs(amount), 100)
    sign = MINUS if amount < 0 else ""
    return f"{sign}{grouped(whole)},{rest:02d}{NBSP}₽"


def grouped(number: int) -> str:
    """``12345`` → «12 345»."""
    return f"{number:,}".replace(",", NBSP)


def energy_cost(kwh: int, tariff: int) -> int:
    """Kopecks for ``kwh`` thousandths of a kWh at ``tariff`` kopecks per kWh, halves up."""
    return (kwh * tariff + THOUSANDTHS // 2) // THOUSANDTHS
