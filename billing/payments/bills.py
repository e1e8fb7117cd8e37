"""A month's bill line by line, and money that came, as billing gives them. No I/O."""

from dataclasses import dataclass
from datetime import date, datetime

from billing.models import ChargeKind
from billing.readings.rules import next_month

NO_FACTOR = 100


@dataclass(frozen=True, slots=True)
class BillLine:
    """``kwh`` is thousandths, ``tariff`` kopecks per kWh, ``factor`` hundredths (150 is 1,5).

    ``zone`` and ``tier`` (the range of consumption, from 1) are 0 where there is none;
    ``since`` and ``until`` stand where a line is for a part of the month. ``note`` says why
    there is a recalculation or a factor.
    """

    kind: ChargeKind
    kopecks: int
    zone: int = 0
    kwh: int | None = None
    tariff: int | None = None
    tier: int = 0
    factor: int = NO_FACTOR
    since: date | None = None
    until: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MonthBill:
    """``month`` is its first day."""

    month: date
    lines: tuple[BillLine, ...]

    @property
    def kopecks(self) -> int:
        return sum(line.kopecks for line in self.lines)

    @property
    def penalty(self) -> int:
        return sum(line.kopecks for line in self.lines if line.kind is ChargeKind.PENALTY)

    def pay_by(self, pay_day: int) -> date:
        return next_month(self.month).replace(day=pay_day)


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment: ``paid_at`` is the customer's act, ``received_at`` its arrival in billing.

    ``channel`` is billing's word for where it was made (``bank``, ``cabinet`` …).
    """

    kopecks: int
    paid_at: datetime
    received_at: datetime
    channel: str
    external_id: str
