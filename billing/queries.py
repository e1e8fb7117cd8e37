"""Reads of the billing tables. None of them asks who may see the answer: ``service`` does."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from billing.customers.identity import Address, Holder, mask_address, mask_holder, mask_number
from billing.models import (
    Account,
    AccountLink,
    Category,
    Charge,
    ChargeKind,
    Meter,
    Payment,
    Reading,
    ReadingStatus,
)
from billing.payments.balance import Balance, ChargeSum, LastPayment, reckon
from billing.readings.rules import MeterFacts, PastReading, Values
from billing.views import AccountFacts, LinkedAccount, MeterOverview

HISTORY_LENGTH = 14  # a year, the month before it, and one that waits for review


def reading_number(reading_id: int) -> str:
    """Our number of a reading, told to the customer: «П-000123»."""
    return f"П-{reading_id:06d}"


def account_facts(account: Account) -> AccountFacts:
    return AccountFacts(
        id=account.id,
        number=account.number,
        category=Category(account.category),
        holder=Holder(account.surname, account.name, account.patronymic),
        organisation=account.organisation,
        inn=account.inn,
        address=Address(account.locality, account.street, account.house, account.flat),
        phone=account.phone,
        closed_on=account.closed_on,
    )


def linked_account(link: AccountLink, account: Account) -> LinkedAccount:
    facts = account_facts(account)
    return LinkedAccount(
        account_id=account.id,
        number=account.number,
        masked_number=mask_number(account.number),
        holder=facts.organisation or mask_holder(facts.holder),
        address=mask_address(facts.address),
        nickname=link.nickname,
        is_default=link.is_default,
        category=facts.category,
        closed_on=facts.closed_on,
    )


# Built once, as those below: most messages about accounts, readings and money ask them.
_BY_NUMBER = select(Account).where(Account.number == bindparam("number"))


async def account_by_number(session: AsyncSession, number: str) -> Account | None:
    """``number`` in its normal form."""
    found: Account | None = await session.scalar(_BY_NUMBER, {"number": number})
    return found


_LINKS = (
    select(AccountLink, Account)
    .join(Account, Account.id == AccountLink.account_id)
    .where(AccountLink.contact_id == bindparam("contact"), AccountLink.unlinked_at.is_(None))
)
_LINKS_IN_ORDER = _LINKS.order_by(AccountLink.is_default.desc(), AccountLink.id)
_ONE_LINK = _LINKS.where(AccountLink.account_id == bindparam("account"))


async def links_of(session: AsyncSession, contact_id: int) -> list[tuple[AccountLink, Account]]:
    """Open links, the default first, then in the order of linking."""
    rows = await session.execute(_LINKS_IN_ORDER, {"contact": contact_id})
    return [(link, account) for link, account in rows]


async def link(
    session: AsyncSession, contact_id: int, account_id: int
) -> tuple[AccountLink, Account] | None:
    found = await session.execute(_ONE_LINK, {"contact": contact_id, "account": account_id})
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


def meter_facts(meter: Meter, account_closed_on: date | None) -> MeterFacts:
    return MeterFacts(
        zones=meter.zones,
        digits=meter.digits,
        decimals=meter.decimals,
        ratio=meter.ratio,
        remote=meter.remote,
        verification_due=meter.verification_due,
        removed_on=meter.removed_on,
        account_closed_on=account_closed_on,
    )


def values_of(*registers: int | None) -> Values:
    return tuple(value for value in registers if value is not None)


_METERS = select(Meter).where(Meter.account_id == bindparam("account")).order_by(Meter.number)


async def meters_of(session: AsyncSession, account: AccountFacts) -> tuple[MeterOverview, ...]:
    """The account's meters by number, those removed too."""
    return await meters_at(session, account.id, account.closed_on)


async def meters_at(
    session: AsyncSession, account_id: int | None, closed_on: date | None
) -> tuple[MeterOverview, ...]:
    """As many statements for no account as for one with three meters: the time an answer takes
    tells nothing."""
    meters = list(await session.scalars(_METERS, {"account": account_id}))
    histories = await histories_of(session, [meter.id for meter in meters])
    return tuple(
        MeterOverview(
            meter_id=meter.id,
            number=meter.number,
            facts=meter_facts(meter, closed_on),
            history=histories.get(meter.id, ()),
        )
        for meter in meters
    )


async def history_of(session: AsyncSession, meter_id: int) -> tuple[PastReading, ...]:
    """Readings in force and those of the holder under review, oldest first."""
    return (await histories_of(session, [meter_id])).get(meter_id, ())


_NUMBERED = (
    select(
        Reading.id, Reading.meter_id, Reading.t1, Reading.t2, Reading.t3,
        Reading.taken_on, Reading.period, Reading.status,
        func.row_number()
        .over(partition_by=Reading.meter_id, order_by=(Reading.period.desc(), Reading.id.desc()))
        .label("place"),
    )
    .where(
        Reading.meter_id.in_(bindparam("meters", expanding=True)),
        Reading.verified,
        Reading.status.in_((ReadingStatus.ACCEPTED, ReadingStatus.REVIEW)),
    )
    .subquery()
)  # fmt: skip
_HISTORIES = (
    select(_NUMBERED)
    .where(_NUMBERED.c.place <= HISTORY_LENGTH)
    .order_by(_NUMBERED.c.meter_id, _NUMBERED.c.place.desc())
)


async def histories_of(
    session: AsyncSession, meter_ids: Sequence[int]
) -> dict[int, tuple[PastReading, ...]]:
    """``history_of`` each meter that has one."""
    rows = await session.execute(_HISTORIES, {"meters": meter_ids})
    histories: dict[int, list[PastReading]] = {}
    for row in rows:
        past = PastReading(
            values=values_of(row.t1, row.t2, row.t3),
            taken_on=row.taken_on,
            period=row.period,
            accepted=row.status == ReadingStatus.ACCEPTED,
            number=reading_number(row.id),
        )
        histories.setdefault(row.meter_id, []).append(past)
    return {meter_id: tuple(history) for meter_id, history in histories.items()}


_CHARGES = (
    select(Charge.month, Charge.kind, func.sum(Charge.kopecks), func.sum(Charge.kwh))
    .where(Charge.account_id == bindparam("account"), Charge.charged_on <= bindparam("on"))
    .group_by(Charge.month, Charge.kind)
    .order_by(Charge.month, Charge.kind)
)
_CAME = (Payment.account_id == bindparam("account"), Payment.received_at < bindparam("until"))
_PAID = select(func.sum(Payment.kopecks)).where(*_CAME)
_LAST_PAYMENT = (
    select(Payment.kopecks, Payment.paid_at, Payment.channel)
    .where(*_CAME)
    .order_by(Payment.received_at.desc(), Payment.id.desc())
    .limit(1)
)


async def balance_of(
    session: AsyncSession, account_id: int, number: str, on: date, *, pay_day: int
) -> Balance:
    # The company's days end no later than UTC's: it lies east of Greenwich. What came in until
    # then counts; a payment of this minute is there in every zone.
    until = datetime.combine(on + timedelta(days=1), time(), UTC)
    charges = await session.execute(_CHARGES, {"account": account_id, "on": on})
    came = {"account": account_id, "until": until}
    paid = await session.scalar(_PAID, came)
    last = (await session.execute(_LAST_PAYMENT, came)).one_or_none()
    return reckon(
        number,
        on,
        [
            # PostgreSQL sums big integers to decimals.
            ChargeSum(month, ChargeKind(kind), int(kopecks), None if kwh is None else int(kwh))
            for month, kind, kopecks, kwh in charges
        ],
        int(paid or 0),
        LastPayment(last.kopecks, last.paid_at, last.channel) if last else None,
        pay_day=pay_day,
    )
