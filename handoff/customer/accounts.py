"""The customer's confirmed accounts, beside the conversation."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from billing.customers.identity import full_address, full_name
from billing.models import Proof
from billing.money import roubles
from billing.numbers import format_value
from billing.service import BillingService
from billing.views import AccountPanel, MeterOverview
from handoff.customer.proving import NAMES, Shown
from storage.database import Database

_PROOFS = {
    Proof.NAME: "ботом: номер счёта и владелец",
    Proof.PHONE: "ботом: номер счёта и телефон",
    Proof.OPERATOR: "оператором",
}


@dataclass(frozen=True, slots=True)
class MeterLine:
    number: str
    last: str


@dataclass(frozen=True, slots=True)
class ConfirmedAccount:
    """An account that the customer has shown to be his. All texts are ready to be shown."""

    number: str
    holder: str
    address: str
    balance: str
    owes: bool
    meters: Sequence[MeterLine] = ()
    nickname: str | None = None
    # By what the customer has shown that it is his, and when.
    proof: str = ""
    confirmed_at: datetime | None = None


# A contact's confirmed accounts; empty until his identity is confirmed.
Accounts = Callable[[int], Awaitable[Sequence[ConfirmedAccount]]]


def from_billing(database: Database, billing: BillingService, zone: ZoneInfo) -> Accounts:
    """Reads the accounts that are linked to the contact."""

    async def read(contact_id: int) -> Sequence[ConfirmedAccount]:
        today = database.clock.now().astimezone(zone).date()
        async with database.read() as session:
            panels = await billing.panels(session, contact_id, today)
        return [confirmed(panel) for panel in panels]

    return read


def confirmed(panel: AccountPanel) -> ConfirmedAccount:
    kopecks = panel.balance.kopecks
    if kopecks > 0:
        balance = f"Долг {roubles(kopecks)}"
    elif kopecks < 0:
        balance = f"Переплата {roubles(-kopecks)}"
    else:
        balance = "Долга нет"
    return ConfirmedAccount(
        number=panel.account.number,
        holder=panel.account.organisation or full_name(panel.account.holder),
        address=full_address(panel.account.address),
        balance=balance,
        owes=kopecks > 0,
        meters=[_meter(meter) for meter in panel.meters if meter.facts.removed_on is None],
        nickname=panel.nickname,
        proof=_proof(panel),
        confirmed_at=panel.linked_at,
    )


def _proof(panel: AccountPanel) -> str:
    shown = [NAMES[Shown(one)] for one in panel.shown if one in NAMES]
    if panel.proof is Proof.OPERATOR and shown:
        return f"оператором: {', '.join(shown)}"
    return _PROOFS[panel.proof]


def _meter(meter: MeterOverview) -> MeterLine:
    last = meter.last
    if last is None:
        return MeterLine(meter.number, "показаний нет")
    values = " / ".join(format_value(value) for value in last.values)
    return MeterLine(meter.number, f"{values} от {_day(last.taken_on)}")


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
