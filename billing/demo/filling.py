"""Fills the demo company: accounts with a year of readings, charges and payments.

Everything follows from the day of filling alone, so that each demo is the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from billing.demo.accounts import DEMO_ACCOUNTS, DemoAccount, DemoMeter
from billing.demo.bills import lines_of, total
from billing.demo.people import invent
from billing.models import Account, Charge, Meter, Payment, Reading, ReadingStatus
from billing.money import THOUSANDTHS
from billing.readings.rules import next_month
from storage.database import Database

__all__ = ["DEMO_ACCOUNTS", "DemoAccount", "fill"]

MONTHS = 13
BATCH = 250
# Winter is darker than summer: per cent of a month's usual consumption, January first.
SEASON = (125, 120, 110, 100, 90, 80, 75, 80, 90, 100, 110, 120)
CHANNELS = ("web", "telegram", "cabinet", "office")
PAID_BY = ("cabinet", "bank", "office", "qr")

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class _Batch:
    readings: Rows = field(default_factory=list)
    charges: Rows = field(default_factory=list)
    payments: Rows = field(default_factory=list)


async def fill(
    database: Database,
    *,
    today: date,
    accounts: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Store the demo in one transaction, all or nothing; how many accounts it has.

    ``DEMO_ACCOUNTS`` come first. ``today`` is the company's local date; the last readings and
    the last bill are of the month before. ``progress(done, total)`` is told of every batch.
    Expects empty tables.
    """
    rng = Random("Демоград")  # noqa: S311 (a demo, not a secret)
    people = [*DEMO_ACCOUNTS, *(invent(rng, index) for index in range(1, accounts + 1))][:accounts]
    async with database.write() as tx:
        for start in range(0, len(people), BATCH):
            await _store(tx.session, people[start : start + BATCH], start, today, rng)
            if progress:
                progress(min(start + BATCH, len(people)), len(people))
    return len(people)


async def _store(
    session: AsyncSession, people: Sequence[DemoAccount], start: int, today: date, rng: Random
) -> None:
    await session.execute(
        insert(Account),
        [_account_row(account, start + place, today) for place, account in enumerate(people, 1)],
    )
    ids = await _ids(session, select(Account.number, Account.id), [one.number for one in people])
    await session.execute(
        insert(Meter),
        [_meter_row(ids[one.number], meter, today) for one in people for meter in one.meters],
    )
    numbers = [meter.number for one in people for meter in one.meters]
    meters = await _ids(session, select(Meter.number, Meter.id), numbers)
    batch = _Batch()
    for account in people:
        _live(account, ids[account.number], meters, today, rng, batch)
    for table, rows in (
        (Reading, batch.readings), (Charge, batch.charges), (Payment, batch.payments)
    ):  # fmt: skip
        if rows:
            await session.execute(insert(table), rows)


async def _ids(session: AsyncSession, query: Any, numbers: list[str]) -> dict[str, int]:
    column = query.selected_columns[0]
    rows = await session.execute(query.where(column.in_(numbers)))
    return {row[0]: row[1] for row in rows}


def _account_row(account: DemoAccount, place: int, today: date) -> dict[str, Any]:
    return {
        "number": account.number,
        "category": account.category,
        "surname": account.holder.surname,
        "name": account.holder.name,
        "patronymic": account.holder.patronymic,
        "organisation": account.organisation,
        "inn": account.inn,
        "locality": account.address.locality,
        "street": account.address.street,
        "house": account.address.house,
        "flat": account.address.flat,
        "phone": f"+7000{place:07d}",  # there is no such area code: it is nobody's
        "closed_on": _ago(today, account.closed_days_ago),
    }


def _meter_row(account_id: int, meter: DemoMeter, today: date) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "number": meter.number,
        "zones": meter.zones,
        "digits": meter.digits,
        "decimals": meter.decimals,
        "ratio": meter.ratio,
        "remote": meter.remote,
        "verification_due": today + timedelta(days=meter.verification_in_days),
        "removed_on": _ago(today, meter.removed_days_ago),
    }


def _live(
    account: DemoAccount,
    account_id: int,
    meters: dict[str, int],
    today: date,
    rng: Random,
    batch: _Batch,
) -> None:
    """A year of an account: readings, from them the bills, and the payments of these."""
    closed = _ago(today, account.closed_days_ago)
    used: dict[tuple[date, int], int] = {}
    for meter in account.meters:
        removed = _ago(today, meter.removed_days_ago)
        until = min(day for day in (today, closed, removed) if day)
        taken = list(_readings(meter, until, today, rng))
        batch.readings += [_reading_row(meters[meter.number], *one, rng) for one in taken]
        for (_, before), (on, values) in pairwise(taken):
            for zone, value in enumerate(values, 1):
                key = (on.replace(day=1), zone)
                used[key] = used.get(key, 0) + (value - before[zone - 1]) * meter.ratio
    bills = _charge(account, account_id, used, rng, batch)
    _pay(account, account_id, bills, today, rng, batch)


def _readings(
    meter: DemoMeter, until: date, today: date, rng: Random
) -> Iterator[tuple[date, tuple[int, ...]]]:
    """(day, values in thousandths), oldest first, ending with ``meter.last``."""
    days = [month.replace(day=rng.randint(18, 25)) for month in _months(today)]
    days = [day for day in days if day <= until]
    values = tuple(value * THOUSANDTHS for value in meter.last)
    found = []
    step = 10 ** (3 - meter.decimals)
    for day in reversed(days):
        found.append((day, values))
        share = SEASON[day.month - 1] * rng.randint(88, 112) * THOUSANDTHS // 10_000
        values = tuple(
            value - usual * share // step * step
            for value, usual in zip(values, meter.monthly, strict=True)
        )
        if min(values) < 0:
            break
    return reversed(found)


def _reading_row(meter_id: int, day: date, values: tuple[int, ...], rng: Random) -> dict[str, Any]:
    t1, t2, t3 = (*values, None, None)[:3]
    return {
        "meter_id": meter_id,
        "t1": t1,
        "t2": t2,
        "t3": t3,
        "taken_on": day,
        "period": day.replace(day=1),
        "received_at": _at(day, rng),
        "channel": rng.choice(CHANNELS),
        "status": ReadingStatus.ACCEPTED,
        "verified": True,
        "marks": [],
    }


def _charge(
    account: DemoAccount,
    account_id: int,
    used: dict[tuple[date, int], int],
    rng: Random,
    batch: _Batch,
) -> list[tuple[date, int]]:
    """The bills: (month, kopecks), oldest first."""
    common = rng.randint(2, 9) if account.address.flat else 0
    months = sorted({month for month, _ in used})
    bills: list[tuple[date, int]] = []
    for month in months:
        last = month == months[-1]
        unpaid = account.unpaid_months - 1 if last else 0
        owed = sum(kopecks for _, kopecks in bills[-unpaid:]) if unpaid > 0 else 0
        zones = {zone: kwh for (of, zone), kwh in used.items() if of == month}
        lines = lines_of(account, month, zones, owed, common=common, last=last)
        batch.charges += [{"account_id": account_id, **line} for line in lines]
        bills.append((month, total(lines)))
    return bills


def _pay(
    account: DemoAccount,
    account_id: int,
    bills: list[tuple[date, int]],
    today: date,
    rng: Random,
    batch: _Batch,
) -> None:
    paid = bills[: len(bills) - account.unpaid_months]
    for place, (month, kopecks) in enumerate(paid):
        day = min(next_month(month).replace(day=rng.randint(3, 14)), today)
        at = _at(day, rng)
        extra = account.overpaid if place == len(paid) - 1 else 0
        batch.payments.append(
            {
                "account_id": account_id,
                "paid_at": at,
                "received_at": at,
                "kopecks": kopecks + extra,
                "channel": rng.choice(PAID_BY),
                "external_id": f"demo-{account.number}-{month:%Y%m}",
            }
        )


def _months(today: date) -> list[date]:
    """The ``MONTHS`` before today's, oldest first."""
    months: list[date] = []
    month = today.replace(day=1)
    for _ in range(MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        months.insert(0, month)
    return months


def _ago(today: date, days: int | None) -> date | None:
    return None if days is None else today - timedelta(days=days)


def _at(day: date, rng: Random) -> datetime:
    """Early in the day, so that it has been already wherever the company is."""
    return datetime.combine(day, time(0, rng.randrange(60)), UTC) - timedelta(hours=12)
