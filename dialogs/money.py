"""What the flows about money ask for, and the company's rules they follow."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Bills:
    """Bills of the months from ``since`` to ``until`` (first days), newest first:
    ``Sequence[billing.bills.MonthBill]``."""

    account_id: int
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments since the local day, newest first: ``Sequence[billing.bills.Paid]``, their
    moments in the company's zone."""

    account_id: int
    since: date


@dataclass(frozen=True, slots=True)
class OwnPenalty:
    """``billing.payments.penalty.Penalty`` of the account on the local day."""

    account_id: int
    on: date


@dataclass(frozen=True, slots=True)
class PaymentPicture:
    """A QR code to pay ``kopecks``: ``replies.File``; ``None`` where the company has not said
    to which bank account."""

    account_id: int
    kopecks: int
    on: date


@dataclass(frozen=True, slots=True)
class PaymentPaper:
    """The bill of ``month`` to save or print: ``replies.File``. Billing's own PDF where it has
    one; else, for the last bill, ours. ``None``: there is no such bill."""

    account_id: int
    on: date
    month: date | None = None


MoneyQuery = Bills | Payments | OwnPenalty | PaymentPicture | PaymentPaper


@dataclass(frozen=True, slots=True)
class MoneyRules:
    """``credit_days``: working days in which a payment becomes visible. ``largest``: kopecks
    that are taken for a sum, and not for a slip. ``link``: where one pays, with ``{account}`` and
    ``{roubles}``. ``rate``: of the penalty, hundredths of a per cent."""

    credit_days: int = 3
    largest: int = 10_000_000
    without_fee: tuple[str, ...] = ()
    link: str = ""
    rate: int = 950
    pay_day: int = 15
