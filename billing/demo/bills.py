"""A demo account's bill of one month, line by line."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from billing.demo.accounts import TARIFFS, DemoAccount
from billing.models import ChargeKind
from billing.money import THOUSANDTHS, energy_cost
from billing.payments.bills import NO_FACTOR
from billing.readings.rules import next_month

# Roughly 10 days of 1/300 of 9.5 %: enough to show that there is such a line.
PENALTY_DIVISOR = 316
# Kopecks more for each kWh of the second range, and less before the tariff was raised.
SECOND_RANGE, RAISE = 183, 21
FIRST_RANGE = 600 * THOUSANDTHS
RAISED_ON = 15

Line = dict[str, Any]


def lines_of(
    account: DemoAccount,
    month: date,
    used: Mapping[int, int],
    owed: int,
    *,
    common: int,
    last: bool,
) -> list[Line]:
    """``used``: thousandths of a kWh by zone; ``owed``: kopecks of earlier bills not paid yet.

    ``common``: kWh of common-house needs; ``last``: the last bill, where the rarer lines stand.
    """
    lines: list[Line] = []
    for zone, tariff in enumerate(TARIFFS[account.zones], 1):
        lines += _energy(account, month, zone, used.get(zone, 0), tariff, last=last)
    if common:
        kwh = common * THOUSANDTHS
        tariff = TARIFFS[1][0]
        lines.append(_line(ChargeKind.COMMON, 0, 0, kwh, tariff))
    if last and owed:
        lines.append(_money(ChargeKind.PENALTY, owed // PENALTY_DIVISOR))
    if last and account.recalculation:
        note = "за дни без света"
        lines.append(_money(ChargeKind.RECALCULATION, account.recalculation, note))
    return [{"month": month, "charged_on": next_month(month), **line} for line in lines]


def _energy(
    account: DemoAccount, month: date, zone: int, kwh: int, tariff: int, *, last: bool
) -> list[Line]:
    if last and account.tariff_raised:
        days = (next_month(month) - month).days
        before = kwh * (RAISED_ON - 1) // days
        split = month.replace(day=RAISED_ON)
        return [
            _line(ChargeKind.ELECTRICITY, zone, 0, before, tariff - RAISE,
                  since=month, until=split - timedelta(days=1)),
            _line(ChargeKind.ELECTRICITY, zone, 1, kwh - before, tariff,
                  since=split, until=next_month(month) - timedelta(days=1)),
        ]  # fmt: skip
    if account.ranges and kwh > FIRST_RANGE:
        return [
            _line(ChargeKind.ELECTRICITY, zone, 0, FIRST_RANGE, tariff, tier=1),
            _line(ChargeKind.ELECTRICITY, zone, 1, kwh - FIRST_RANGE, tariff + SECOND_RANGE,
                  tier=2),
        ]  # fmt: skip
    if account.ranges:
        return [_line(ChargeKind.ELECTRICITY, zone, 0, kwh, tariff, tier=1)]
    if last and account.factor != NO_FACTOR:
        note = "повышающий коэффициент: у счётчика вышел срок поверки"
        line = _line(ChargeKind.ELECTRICITY, zone, 0, kwh, tariff)
        kopecks = line["kopecks"] * account.factor // NO_FACTOR
        return [{**line, "factor": account.factor, "kopecks": kopecks, "note": note}]
    return [_line(ChargeKind.ELECTRICITY, zone, 0, kwh, tariff)]


def _line(
    kind: ChargeKind, zone: int, place: int, kwh: int, tariff: int, *, tier: int = 0,
    since: date | None = None, until: date | None = None,
) -> Line:  # fmt: skip
    return {
        "kind": kind, "zone": zone, "line": place, "kopecks": energy_cost(kwh, tariff),
        "kwh": kwh or None, "tariff": tariff, "tier": tier, "factor": NO_FACTOR,
        "since": since, "until": until, "note": None,
    }  # fmt: skip


def _money(kind: ChargeKind, kopecks: int, note: str | None = None) -> Line:
    return {
        "kind": kind, "zone": 0, "line": 0, "kopecks": kopecks, "kwh": None, "tariff": None,
        "tier": 0, "factor": NO_FACTOR, "since": None, "until": None, "note": note,
    }  # fmt: skip


def total(lines: Sequence[Line]) -> int:
    return sum(int(line["kopecks"]) for line in lines)
