"""Accounts of the company's billing system, kept here too: for links, meters and readings.

So a customer can be identified by the same rules, and a reading is taken while billing is away.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from billing.customers.identity import normalise_number
from billing.errors import GatewayDown, UnknownAccount
from billing.gateway import AccountCard, BillingGateway, MeterCard
from billing.models import Account, Category, Meter, Reading, ReadingStatus
from storage.database import Database, Transaction

FRESH = timedelta(minutes=10)
MOST_KNOWN = 10_000


class Mirror:
    def __init__(self, database: Database, gateway: BillingGateway) -> None:
        self._database = database
        self._gateway = gateway
        self._seen: dict[str, datetime] = {}

    async def refresh(self, number: str) -> None:
        """Fetch the account unless it was fetched a moment ago. A number that billing does not
        know is no error: nobody learns which exist. Raises ``GatewayDown`` when the account is
        not here yet and billing does not answer."""
        normal = normalise_number(number)
        now = self._database.clock.now()
        if normal is None or now - self._seen.get(normal, now - FRESH) < FRESH:
            return
        try:
            card = await self._gateway.account(normal)
        except UnknownAccount:
            return
        except GatewayDown:
            if await self._is_here(normal):
                return
            raise
        async with self._database.write() as tx:
            await store(tx, card)
        if len(self._seen) >= MOST_KNOWN:
            self._seen.clear()
        self._seen[normal] = now

    async def refresh_id(self, account_id: int) -> None:
        """As ``refresh``, of an account that is here."""
        async with self._database.read() as session:
            number = await session.scalar(select(Account.number).where(Account.id == account_id))
        if number is not None:
            await self.refresh(number)

    async def _is_here(self, number: str) -> bool:
        async with self._database.read() as session:
            found = await session.scalar(select(Account.id).where(Account.number == number))
        return found is not None


async def store(tx: Transaction, card: AccountCard) -> int:
    """Make ours like ``card``; the account's id. Meters that it does not name stay."""
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    values = {
        "category": Category.BUSINESS if card.organisation else Category.HOUSEHOLD,
        "surname": card.surname,
        "name": card.name,
        "patronymic": card.patronymic,
        "organisation": card.organisation,
        "inn": card.inn,
        "locality": card.locality,
        "street": card.street,
        "house": card.house,
        "flat": card.flat,
        "phone": card.phone,
        "closed_on": card.closed_on,
    }
    account_id = (
        await tx.session.execute(
            insert(Account)
            .values(number=normalise_number(card.number) or card.number, **values)
            .on_conflict_do_update(index_elements=["number"], set_=values)
            .returning(Account.id)
        )
    ).scalar_one()
    for meter in card.meters:
        await _store_meter(tx, account_id, meter)
    return account_id


async def _store_meter(tx: Transaction, account_id: int, card: MeterCard) -> None:
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    values = {
        "zones": card.zones,
        "digits": card.digits,
        "decimals": card.decimals,
        "ratio": card.ratio,
        "remote": card.remote,
        "verification_due": card.verification_due,
        "removed_on": card.removed_on,
    }
    meter_id = (
        await tx.session.execute(
            insert(Meter)
            .values(account_id=account_id, number=card.number, **values)
            .on_conflict_do_update(index_elements=["account_id", "number"], set_=values)
            .returning(Meter.id)
        )
    ).scalar_one()
    if card.taken_on is None or len(card.values) != card.zones:
        return
    # What a customer gave us for the month stays in force: billing will hear of it.
    t1, t2, t3 = (*card.values, None, None)[:3]
    period = card.taken_on.replace(day=1)
    same_month = (
        Reading.meter_id == meter_id,
        Reading.period == period,
        Reading.status == ReadingStatus.ACCEPTED,
    )
    known = await tx.session.scalar(select(Reading.source_message_id).where(*same_month).limit(1))
    there = await tx.session.scalar(select(Reading.id).where(*same_month).limit(1))
    if there is not None and known is not None:
        return
    if there is not None:
        await tx.session.execute(
            update(Reading)
            .where(Reading.id == there)
            .values(t1=t1, t2=t2, t3=t3, taken_on=card.taken_on)
        )
        return
    tx.session.add(
        Reading(
            meter_id=meter_id, t1=t1, t2=t2, t3=t3, taken_on=card.taken_on, period=period,
            received_at=tx.now, channel="billing", status=ReadingStatus.ACCEPTED,
        )
    )  # fmt: skip
    await tx.session.flush()
