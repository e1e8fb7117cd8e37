"""The demo's accounts are what they say, on any day of filling."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from billing import queries
from billing.customers.identity import full_name, is_holder, is_inn, normalise_number
from billing.demo.filling import DEMO_ACCOUNTS, fill
from billing.models import Account, Charge, ChargeKind, Meter, Payment, Reading
from billing.payments.balance import PAY_DAY, Balance
from billing.readings.rules import AcceptanceRules, Accepted, NeedsConfirmation, Question, check
from billing.views import AccountFacts, MeterOverview
from storage.database import Database

TODAY = date(2026, 11, 18)
SMALL = 40


async def _account(
    database: Database, number: str, today: date = TODAY
) -> tuple[AccountFacts, Balance, tuple[MeterOverview, ...]]:
    async with database.read() as session:
        account = await queries.account_by_number(session, number)
        assert account is not None
        facts = queries.account_facts(account)
        balance = await queries.balance_of(session, facts.id, number, today, pay_day=PAY_DAY)
        return facts, balance, await queries.meters_of(session, facts)


def _number(surname: str) -> str:
    return next(one.number for one in DEMO_ACCOUNTS if one.surname == surname)


async def test_a_thousand_accounts_with_a_year_of_life(database: Database) -> None:
    told: list[tuple[int, int]] = []
    filled = await fill(database, today=TODAY, progress=lambda *how_far: told.append(how_far))
    assert filled == 1000
    assert told[-1] == (1000, 1000)
    async with database.read() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(table))
            for table in (Account, Meter, Reading, Charge, Payment)
        ]
        zones = Counter(await session.scalars(select(Meter.zones)))
        closed = await session.scalar(select(func.count()).where(Account.closed_on.is_not(None)))
        latest = await session.scalar(select(func.max(Reading.taken_on)))
        lowest = await session.scalar(
            select(func.min(Charge.kopecks)).where(Charge.kind != ChargeKind.RECALCULATION)
        )
    assert counts[0] == 1000
    assert all(count and count > 1000 for count in counts[1:])
    assert min(zones[1], zones[2], zones[3]) > 20
    assert closed
    assert latest is not None
    assert latest.month == 10
    assert lowest is not None
    assert lowest >= 0


async def test_the_well_known_accounts_show_what_they_say(database: Database) -> None:
    await fill(database, today=TODAY, accounts=SMALL)

    facts, balance, meters = await _account(database, _number("Иванова"))
    assert full_name(facts.holder) == "Иванова Мария Петровна"
    assert balance.earlier > 0
    assert balance.current > 0
    assert balance.penalty_kopecks > 0
    assert meters[0].last is not None
    assert meters[0].last.values == (12_180_000,)

    _, balance, meters = await _account(database, _number("Петров"))
    assert (balance.kopecks, meters[0].facts.zones) == (0, 2)

    _, balance, meters = await _account(database, _number("Сидорова"))
    assert (balance.kopecks, meters[0].facts.zones) == (-150_000, 3)

    _, _, meters = await _account(database, _number("Кузнецов"))
    result = check((80_000,), meters[0].facts, meters[0].history, TODAY, AcceptanceRules())
    assert isinstance(result, NeedsConfirmation)
    assert result.questions == (Question.ROLLOVER,)

    _, _, meters = await _account(database, _number("Смирнова"))
    assert meters[0].facts.verification_due is not None
    assert meters[0].facts.verification_due < TODAY

    facts, _, _ = await _account(database, _number("Фёдоров"))
    assert facts.closed_on is not None
    assert facts.closed_on < TODAY

    _, _, meters = await _account(database, _number("Морозов"))
    assert [meter.facts.removed_on is None for meter in meters] == [True, True, False]

    _, _, meters = await _account(database, _number("Волкова"))
    assert meters[0].facts.remote

    facts, _, _ = await _account(database, _number("Соколов"))
    assert facts.organisation is not None
    for organisation in ("Соколов", "Егоров"):
        facts, _, _ = await _account(database, _number(organisation))
        assert is_inn(facts.inn or "")


@pytest.mark.parametrize(
    "today", [date(2026, 3, 1), date(2026, 11, 2), date(2026, 12, 31), date(2028, 2, 29)]
)
async def test_any_day_is_good_for_filling(database: Database, today: date) -> None:
    await fill(database, today=today, accounts=SMALL)
    _, balance, meters = await _account(database, _number("Петров"), today)
    assert balance.kopecks == 0
    last = meters[0].last
    assert last is not None
    assert last.period < today.replace(day=1)
    usual = tuple(value + 60_000 for value in last.values)
    assert isinstance(
        check(usual, meters[0].facts, meters[0].history, today, AcceptanceRules()), Accepted
    )


async def test_each_filling_is_the_same(sqlite_url: str, postgres_url: str) -> None:
    shown = []
    for url in (sqlite_url, postgres_url):
        database = Database(url)
        await fill(database, today=TODAY, accounts=SMALL)
        async with database.read() as session:
            rows = await session.execute(
                select(Account.number, Account.surname, Reading.t1, Reading.taken_on)
                .join(Meter, Meter.account_id == Account.id)
                .join(Reading, Reading.meter_id == Meter.id)
                .order_by(Account.number, Reading.taken_on, Reading.t1)
            )
            shown.append([tuple(row) for row in rows])
        await database.close()
    assert shown[0] == shown[1]


def test_well_known_accounts_can_be_typed_in() -> None:
    numbers = [account.number for account in DEMO_ACCOUNTS]
    assert len(set(numbers)) == len(numbers)
    for account in DEMO_ACCOUNTS:
        assert normalise_number(account.number) == account.number
        assert is_holder(account.surname, account.holder)
        assert account.shows
