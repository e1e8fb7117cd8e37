"""Payments that the billing system tells of: stored once, and told to the holders."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from billing.customers.identity import normalise_number
from billing.models import Account, Payment
from storage.database import Transaction

# What came earlier is history that is filled in: nobody is told.
NEWS = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class GivenPayment:
    """``external_id`` is billing's own and never repeats."""

    external_id: str
    account: str
    kopecks: int
    paid_at: datetime
    received_at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Ids of payments by what became of them; ``unknown``: there is no such account."""

    new: Sequence[str]
    repeated: Sequence[str]
    unknown: Sequence[str]


# Tell the contacts of accounts about payments: (transaction, payments by account id).
Tell = Callable[[Transaction, Mapping[int, Sequence[GivenPayment]]], Awaitable[None]]


async def take(tx: Transaction, payments: Sequence[GivenPayment], tell: Tell) -> Taken:
    """Store what is new; the same id again changes nothing and tells nobody."""
    numbers = {paid.external_id: normalise_number(paid.account) for paid in payments}
    rows = await tx.session.execute(
        select(Account.number, Account.id).where(
            Account.number.in_([number for number in numbers.values() if number])
        )
    )
    accounts = {row.number: row.id for row in rows}
    new: list[str] = []
    repeated: list[str] = []
    unknown: list[str] = []
    news: dict[int, list[GivenPayment]] = {}
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    for paid in payments:
        account_id = accounts.get(numbers[paid.external_id] or "")
        if account_id is None:
            unknown.append(paid.external_id)
            continue
        stored = await tx.session.scalar(
            insert(Payment)
            .values(
                account_id=account_id, paid_at=paid.paid_at, received_at=paid.received_at,
                kopecks=paid.kopecks, channel=paid.channel, external_id=paid.external_id,
            )
            .on_conflict_do_nothing(index_elements=["external_id"])
            .returning(Payment.id)
        )  # fmt: skip
        if stored is None:
            repeated.append(paid.external_id)
            continue
        new.append(paid.external_id)
        if tx.now - paid.received_at <= NEWS:
            news.setdefault(account_id, []).append(paid)
    if news:
        await tell(tx, news)
    return Taken(new, repeated, unknown)
