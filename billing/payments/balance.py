"""What an account owes on a day, and of what that consists. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing.models import ChargeKind
from billing.readings.rules import next_month

# The month's bill is paid by this day of the next month: ЖК РФ ст. 155, since 1 March 2026.
PAY_DAY = 15


@dataclass(frozen=True, slots=True)
class ChargeSum:
    """One kind of charge of one month; ``kwh`` is thousandths, ``None`` where it has none."""

    month: date
    kind: ChargeKind
    kopecks: int
    kwh: int | None = None


@dataclass(frozen=True, slots=True)
class LastPayment:
    kopecks: int
    paid_at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class Bill:
    """The last month that was charged; ``lines`` by kind."""

    month: date
    kopecks: int
    pay_by: date
    lines: tuple[ChargeSum, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """``kopecks`` above zero is debt, below zero overpayment, on the day ``as_of``.

    A debt is ``earlier`` (from the months before the last bill) plus ``current`` (of that bill):
    payments cover the oldest first.
    """

    number: str
    as_of: date
    kopecks: int
    earlier: int
    current: int
    bill: Bill | None
    last_payment: LastPayment | None

    @property
    def penalty_kopecks(self) -> int:
        """How much of ``current`` is the last bill's penalty."""
        lines = self.bill.lines if self.bill else ()
        penalty = sum(line.kopecks for line in lines if line.kind is ChargeKind.PENALTY)
        return min(penalty, self.current)


def reckon(
    number: str,
    as_of: date,
    charges: Sequence[ChargeSum],
    paid: int,
    last_payment: LastPayment | None,
    *,
    pay_day: int = PAY_DAY,
) -> Balance:
    """The balance from all ``charges`` made and all kopecks ``paid`` until ``as_of``."""
    debt = sum(charge.kopecks for charge in charges) - paid
    bill = _last_bill(charges, pay_day)
    current = max(0, min(debt, bill.kopecks)) if bill else 0
    return Balance(
        number=number,
        as_of=as_of,
        kopecks=debt,
        earlier=max(0, debt) - current,
        current=current,
        bill=bill,
        last_payment=last_payment,
    )


def _last_bill(charges: Sequence[ChargeSum], pay_day: int) -> Bill | None:
    billed = [charge for charge in charges if charge.kind is not ChargeKind.OPENING]
    if not billed:
        return None
    month = max(charge.month for charge in billed)
    lines = tuple(charge for charge in billed if charge.month == month)
    return Bill(
        month=month,
        kopecks=sum(line.kopecks for line in lines),
        pay_by=next_month(month).replace(day=pay_day),
        lines=lines,
    )
