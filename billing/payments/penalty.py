"""Penalty for a late payment: ЖК РФ ст. 155 ч. 14. No I/O.

Counted from the day after the last day of payment: days 1–30 nothing, 31–90 1/300 of the key
rate for each day, from day 91 1/130. The rate is that of the day of counting, with the cap that
the government has set, if any.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from billing.payments.bills import MonthBill, Paid

FREE_DAYS = 30
MILD_DAYS = 90
MILD, FULL = 300, 130


@dataclass(frozen=True, slots=True)
class Step:
    """``kopecks`` was overdue from day ``first`` to ``last`` of the delay, both included;
    ``divisor`` of the rate is 0 for the days without penalty."""

    first: int
    last: int
    kopecks: int
    divisor: int
    penalty: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class LateBill:
    """``left`` of the month's bill is not paid yet, on the day of counting."""

    month: date
    pay_by: date
    left: int
    steps: tuple[Step, ...]

    @property
    def penalty(self) -> int:
        return sum(step.penalty for step in self.steps)


@dataclass(frozen=True, slots=True)
class Penalty:
    """``rate`` is hundredths of a per cent a year; ``billed`` is what the bills already hold."""

    number: str
    on: date
    rate: int
    bills: tuple[LateBill, ...]
    billed: int = 0

    @property
    def kopecks(self) -> int:
        return sum(bill.penalty for bill in self.bills)


def penalty_of_day(kopecks: int, day: int, days: int, rate: int) -> Step:
    """For ``days`` days of delay from day ``day`` on, all within one of the three spans.

    Halves up: «(1 000 ₽ × 9,5 % / 300) × 10 days» is 3,17 ₽.
    """
    last = day + days - 1
    divisor = 0 if last <= FREE_DAYS else MILD if last <= MILD_DAYS else FULL
    if not divisor:
        return Step(day, last, kopecks, 0, 0)
    numerator, denominator = kopecks * rate * days, 10_000 * divisor
    return Step(day, last, kopecks, divisor, (2 * numerator + denominator) // (2 * denominator))


def reckon(
    number: str,
    bills: Sequence[MonthBill],
    payments: Sequence[Paid],
    on: date,
    rate: int,
    *,
    pay_day: int,
) -> Penalty:
    """The penalty of every bill that is not paid on ``on``. Payments cover the oldest first.

    Penalty itself bears none. A payment counts from the day after it was made; the days are those
    of ``paid_at``'s own zone.
    """
    purse = deque(sorted(_money(payments, on), key=lambda one: one.day))
    late: list[LateBill] = []
    for bill in sorted(bills, key=lambda one: one.month):
        owed, pay_by = bill.kopecks - bill.penalty, bill.pay_by(pay_day)
        if owed < 0:  # a recalculation in the customer's favour pays like money
            purse.appendleft(_Money(bill.month, -owed))
            owed = 0
        parts, left = _cover(owed, bill.penalty, purse)
        if left > 0 and on > pay_by:
            late.append(LateBill(bill.month, pay_by, left, _steps(owed, parts, pay_by, on, rate)))
    return Penalty(number, on, rate, tuple(late), sum(bill.penalty for bill in bills))


@dataclass(frozen=True, slots=True)
class _Money:
    day: date
    kopecks: int


def _money(payments: Sequence[Paid], on: date) -> list[_Money]:
    days = [_Money(paid.paid_at.date(), paid.kopecks) for paid in payments]
    return [one for one in days if one.day <= on]


def _cover(owed: int, penalty: int, purse: deque[_Money]) -> tuple[list[_Money], int]:
    """What went to this bill and when, the debt itself first; and what is left of ``owed``."""
    parts: list[_Money] = []
    rest, left = owed + penalty, owed
    while rest > 0 and purse:
        money = purse.popleft()
        used = min(rest, money.kopecks)
        if used < money.kopecks:
            purse.appendleft(_Money(money.day, money.kopecks - used))
        own = min(left, used)
        parts.append(_Money(money.day, own))
        rest, left = rest - used, left - own
    return parts, left


def _steps(
    owed: int, parts: Sequence[_Money], pay_by: date, on: date, rate: int
) -> tuple[Step, ...]:
    delay = (on - pay_by).days
    edges = {1, FREE_DAYS + 1, MILD_DAYS + 1, delay + 1}
    edges |= {(part.day - pay_by).days + 1 for part in parts}
    days = sorted(edge for edge in edges if 1 <= edge <= delay + 1)
    steps = []
    for first, following in pairwise(days):
        before = pay_by + timedelta(days=first)
        kopecks = owed - sum(part.kopecks for part in parts if part.day < before)
        if kopecks > 0:
            steps.append(penalty_of_day(kopecks, first, following - first, rate))
    return tuple(steps)


def effective_rate(key_rate: str, cap: str | None = None) -> int:
    """«9,5» → 950 hundredths of a per cent; the smaller of the two."""
    rates = [_hundredths(rate) for rate in (key_rate, cap) if rate]
    return min(rates)


def _hundredths(rate: str) -> int:
    whole, _, fraction = rate.replace(",", ".").partition(".")
    return int(whole) * 100 + int(fraction[:2].ljust(2, "0") or 0)
