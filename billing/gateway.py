"""What is asked of the billing system: ours (``billing/embedded.py``) or the company's.

Accounts are named by their number, as both sides know it. Whether a customer may see an account
is decided before: a gateway answers whoever asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from billing.payments.balance import Balance
from billing.payments.bills import MonthBill, Paid


@dataclass(frozen=True, slots=True)
class MeterCard:
    """A meter as billing knows it. ``values`` are its last accepted ones in thousandths."""

    number: str
    zones: int = 1
    digits: int = 5
    decimals: int = 0
    ratio: int = 1
    remote: bool = False
    verification_due: date | None = None
    removed_on: date | None = None
    values: tuple[int, ...] = ()
    taken_on: date | None = None


@dataclass(frozen=True, slots=True)
class AccountCard:
    """An account with its holder and meters; the address is in parts, bare of «д.» and «кв.»."""

    number: str
    surname: str
    name: str
    patronymic: str | None
    organisation: str | None
    inn: str | None
    locality: str
    street: str
    house: str
    flat: str | None
    phone: str | None
    closed_on: date | None
    meters: tuple[MeterCard, ...]


@dataclass(frozen=True, slots=True)
class OutgoingReading:
    """A taken reading on its way to billing. ``number`` is ours and never repeats; ``values`` in
    thousandths, in the registers' order."""

    number: str
    account: str
    meter: str
    values: tuple[int, ...]
    taken_on: date
    period: date
    received_at: datetime
    channel: str


class ReadingVerdict(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeliveredReading:
    """What billing made of a reading; ``reason`` in its own words when refused."""

    number: str
    verdict: ReadingVerdict
    reason: str = ""


class BillingGateway(Protocol):
    """Every method raises ``GatewayDown``; those about an account ``UnknownAccount``."""

    async def account(self, number: str) -> AccountCard:
        """The account with its meters, removed ones among them."""
        ...

    async def balance(self, number: str, on: date) -> Balance:
        """What is owed on the company's local day."""
        ...

    async def bills(self, number: str, since: date, until: date) -> Sequence[MonthBill]:
        """The bills of the months from ``since`` to ``until`` (first days), newest first."""
        ...

    async def payments(self, number: str, since: date) -> Sequence[Paid]:
        """Payments made on the local day ``since`` or later, newest first."""
        ...

    async def document(self, number: str, month: date) -> bytes | None:
        """Billing's own PDF of a month's bill; ``None`` where it has none."""
        ...

    async def deliver(self, readings: Sequence[OutgoingReading]) -> Sequence[DeliveredReading]:
        """Hand readings over. One that billing has already gets the same answer again."""
        ...
