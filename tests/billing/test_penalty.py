"""ЖК РФ ст. 155 ч. 14, as a table of cases, and over bills with payments in between."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.models import ChargeKind
from billing.payments.bills import BillLine, MonthBill, Paid
from billing.payments.penalty import Penalty, Step, effective_rate, penalty_of_day, reckon

RATE = 950  # 9,5 %
AUGUST, SEPTEMBER = date(2026, 8, 1), date(2026, 9, 1)
PAY_BY = date(2026, 9, 15)  # of August's bill


def bill(month: date, kopecks: int, penalty: int = 0) -> MonthBill:
    lines = [BillLine(ChargeKind.ELECTRICITY, kopecks)]
    if penalty:
        lines.append(BillLine(ChargeKind.PENALTY, penalty))
    return MonthBill(month, tuple(lines))


def paid(day: date, kopecks: int) -> Paid:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Paid(kopecks, at, at, "bank", f"p{day}")


def counted(bills: list[MonthBill], payments: list[Paid], on: date) -> Penalty:
    return reckon("440012345678", bills, payments, on, RATE, pay_day=15)


@pytest.mark.parametrize(
    ("kopecks", "day", "days", "divisor", "penalty"),
    [
        (100_000, 1, 30, 0, 0),
        (100_000, 30, 1, 0, 0),
        (100_000, 31, 1, 300, 32),  # 1000 ₽ × 9,5 % / 300 = 31,67 kopecks
        (100_000, 31, 60, 300, 1_900),
        (100_000, 90, 1, 300, 32),
        (100_000, 91, 1, 130, 73),  # 73,08
        (100_000, 91, 10, 130, 731),
        (300_000, 31, 1, 300, 95),
        (1, 91, 1, 130, 0),
    ],
)
def test_one_span(kopecks: int, day: int, days: int, divisor: int, penalty: int) -> None:
    step = penalty_of_day(kopecks, day, days, RATE)
    assert (step.divisor, step.penalty, step.days) == (divisor, penalty, days)


@pytest.mark.parametrize(
    ("delay", "steps"),
    [
        (0, None),
        (1, [(1, 1, 0)]),
        (30, [(1, 30, 0)]),
        (31, [(1, 30, 0), (31, 31, 32)]),
        (90, [(1, 30, 0), (31, 90, 1_900)]),
        (91, [(1, 30, 0), (31, 90, 1_900), (91, 91, 73)]),
        (100, [(1, 30, 0), (31, 90, 1_900), (91, 100, 731)]),
    ],
)
def test_the_days_of_a_delay(delay: int, steps: list[tuple[int, int, int]] | None) -> None:
    result = counted([bill(AUGUST, 100_000)], [], PAY_BY + timedelta(days=delay))
    if steps is None:
        assert result.bills == ()
        return
    (late,) = result.bills
    assert [(step.first, step.last, step.penalty) for step in late.steps] == steps
    assert result.kopecks == sum(penalty for _, _, penalty in steps)


def test_a_part_that_was_paid_bears_penalty_only_until_its_payment() -> None:
    payments = [paid(PAY_BY + timedelta(days=40), 60_000)]
    (late,) = counted([bill(AUGUST, 100_000)], payments, PAY_BY + timedelta(days=60)).bills
    assert late.left == 40_000
    assert late.steps == (
        Step(1, 30, 100_000, 0, 0), Step(31, 40, 100_000, 300, 317), Step(41, 60, 40_000, 300, 253),
    )  # fmt: skip


def test_what_is_paid_in_time_or_in_whole_bears_none() -> None:
    on = PAY_BY + timedelta(days=200)
    assert counted([bill(AUGUST, 100_000)], [paid(PAY_BY, 100_000)], on).bills == ()
    # The oldest first: the payment in September went to August.
    bills = [bill(SEPTEMBER, 50_000), bill(AUGUST, 100_000)]
    (late,) = counted(bills, [paid(PAY_BY, 100_000)], on).bills
    assert (late.month, late.left) == (SEPTEMBER, 50_000)


def test_penalty_bears_no_penalty() -> None:
    on = PAY_BY + timedelta(days=40)
    plain = counted([bill(AUGUST, 100_000)], [], on)
    with_penalty = counted([bill(AUGUST, 100_000, penalty=5_000)], [], on)
    assert with_penalty.kopecks == plain.kopecks == 317
    assert with_penalty.billed == 5_000


def test_a_recalculation_in_the_customers_favour_pays_the_next_bills() -> None:
    on = PAY_BY + timedelta(days=100)
    bills = [bill(date(2026, 7, 1), -100_000), bill(AUGUST, 100_000)]
    assert counted(bills, [], on).bills == ()


def test_a_payment_of_tomorrow_is_not_known_yet() -> None:
    on = PAY_BY + timedelta(days=40)
    assert counted([bill(AUGUST, 100_000)], [paid(on + timedelta(days=1), 100_000)], on).kopecks


@pytest.mark.parametrize(
    ("key_rate", "cap", "rate"),
    [("9,5", None, 950), ("14.25", "9,5", 950), ("8", "9,5", 800), ("7,25", None, 725)],
)
def test_the_cap_holds_when_it_is_lower(key_rate: str, cap: str | None, rate: int) -> None:
    assert effective_rate(key_rate, cap) == rate
