"""Money as integers: how it is written and what energy costs."""

NBSP = "\u00a0"
MINUS = "\u2212"
THOUSANDTHS = 1000


def roubles(kopecks: int) -> str:
    """``123456`` → «1 234,56 ₽», with non-breaking spaces so that a sum is never torn apart."""
    whole, rest = divmod(abs(kopecks), 100)
    sign = MINUS if kopecks < 0 else ""
    return f"{sign}{grouped(whole)},{rest:02d}{NBSP}₽"


def grouped(number: int) -> str:
    """``12345`` → «12 345»."""
    return f"{number:,}".replace(",", NBSP)


def energy_cost(kwh: int, tariff: int) -> int:
    """Kopecks for ``kwh`` thousandths of a kWh at ``tariff`` kopecks per kWh, halves up."""
    return (kwh * tariff + THOUSANDTHS // 2) // THOUSANDTHS
