"""The billing gateway over our own tables, filled by ``okno billing import``."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from billing import queries
from billing.errors import UnknownAccount
from billing.gateway import (
    AccountCard,
    DeliveredReading,
    MeterCard,
    OutgoingReading,
    ReadingVerdict,
)
from billing.models import Account, Charge, ChargeKind, Payment
from billing.payments.balance import PAY_DAY, Balance
from billing.payments.bills import BillLine, MonthBill, Paid
from storage.database import Database

# Of the kinds' names sorted as a bill is read.
_ORDER = {kind: place for place, kind in enumerate(ChargeKind)}
MOST_PAYMENTS = 500


class EmbeddedGateway:
    """``zone``: the company's days. ``pay_day``: until which day of the next month one pays."""

    def __init__(self, database: Database, zone: ZoneInfo, *, pay_day: int = PAY_DAY) -> None:
        self._database = database
        self._zone = zone
        self._pay_day = pay_day

    async def account(self, number: str) -> AccountCard:
        async with self._database.read() as session:
            row = await _account(session, number)
            facts = queries.account_facts(row)
            meters = await queries.meters_of(session, facts)
        return AccountCard(
            number=row.number,
            surname=row.surname,
            name=row.name,
            patronymic=row.patronymic,
            organisation=row.organisation,
            inn=row.inn,
            locality=row.locality,
            street=row.street,
            house=row.house,
            flat=row.flat,
            phone=row.phone,
            closed_on=row.closed_on,
            meters=tuple(
                MeterCard(
                    number=meter.number,
                    zones=meter.facts.zones,
                    digits=meter.facts.digits,
                    decimals=meter.facts.decimals,
                    ratio=meter.facts.ratio,
                    remote=meter.facts.remote,
                    verification_due=meter.facts.verification_due,
                    removed_on=meter.facts.removed_on,
                    values=meter.last.values if meter.last else (),
                    taken_on=meter.last.taken_on if meter.last else None,
                )
                for meter in meters
            ),
        )

    async def balance(self, number: str, on: date) -> Balance:
        async with self._database.read() as session:
            account = await _account(session, number)
            return await queries.balance_of(
                session, account.id, account.number, on, pay_day=self._pay_day
            )

    async def bills(self, number: str, since: date, until: date) -> Sequence[MonthBill]:
        async with self._database.read() as session:
            account = await _account(session, number)
            rows = await session.scalars(
                select(Charge)
                .where(
                    Charge.account_id == account.id, Charge.month >= since, Charge.month <= until
                )
                .order_by(Charge.month.desc())
            )
            return [
                MonthBill(month, tuple(_line(row) for row in sorted(charges, key=_place)))
                for month, charges in groupby(rows, key=lambda row: row.month)
            ]

    async def payments(self, number: str, since: date) -> Sequence[Paid]:
        begin = datetime.combine(since, time(), self._zone).astimezone(UTC)
        async with self._database.read() as session:
            account = await _account(session, number)
            rows = await session.scalars(
                select(Payment)
                # What came is found by the index; what was paid before it came is filtered.
                .where(
                    Payment.account_id == account.id,
                    Payment.received_at >= begin,
                    Payment.paid_at >= begin,
                )
                .order_by(Payment.received_at.desc(), Payment.id.desc())
                .limit(MOST_PAYMENTS)
            )
            return [
                Paid(row.kopecks, row.paid_at, row.received_at, row.channel, row.external_id)
                for row in rows
            ]

    async def document(self, number: str, month: date) -> bytes | None:
        async with self._database.read() as session:
            await _account(session, number)
        return None

    async def deliver(self, readings: Sequence[OutgoingReading]) -> Sequence[DeliveredReading]:
        """They are in the tables from the moment they were taken."""
        return [DeliveredReading(one.number, ReadingVerdict.ACCEPTED) for one in readings]


async def _account(session: AsyncSession, number: str) -> Account:
    account = await queries.account_by_number(session, number)
    if account is None:
        raise UnknownAccount
    return account


def _place(row: Charge) -> tuple[int, int, int]:
    return _ORDER[ChargeKind(row.kind)], row.zone, row.line


def _line(row: Charge) -> BillLine:
    return BillLine(
        kind=ChargeKind(row.kind),
        kopecks=row.kopecks,
        zone=row.zone,
        kwh=row.kwh,
        tariff=row.tariff,
        tier=row.tier,
        factor=row.factor,
        since=row.since,
        until=row.until,
        note=row.note,
    )
