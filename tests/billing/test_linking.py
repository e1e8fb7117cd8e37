"""Who may see an account, and that nobody can find out which accounts exist."""

import asyncio
from datetime import date
from typing import Any

import pytest

from billing.errors import NotLinked
from billing.models import Category
from billing.views import LinkOutcome
from tests.billing.conftest import TODAY, Company
from tests.conftest import FakeClock

NUMBER = "440012345678"
NOBODYS = "440099999999"


async def _tries(company: Company, contact_id: int, number: str, name: str) -> LinkOutcome:
    async with company.database.write() as tx:
        return await company.billing.identify(tx, contact_id, number, name)


async def _accounts(company: Company, contact_id: int) -> Any:
    async with company.database.read() as session:
        return await company.billing.accounts_of(session, contact_id)


async def test_the_holder_is_linked_and_seen_masked(company: Company) -> None:
    account_id = await company.account()
    contact_id = await company.contact()
    assert await _accounts(company, contact_id) == ()

    outcome = await _tries(company, contact_id, "4400-1234 5678", "иванова мария")
    assert (outcome.account_id, outcome.blocked) == (account_id, False)
    (account,) = await _accounts(company, contact_id)
    assert account == outcome.account
    assert account.is_default
    shown = f"{account.masked_number} {account.holder} {account.address}"
    for secret in ("Иванова", "Светлая", "12", "45", NUMBER):
        assert secret not in shown.replace(account.masked_number, "")


async def test_linking_again_changes_nothing_and_needs_no_name(company: Company) -> None:
    account_id = await company.account()
    contact_id = await company.linked(account_id)
    assert (await _tries(company, contact_id, NUMBER, "кто-то")).account_id == account_id
    assert len(await _accounts(company, contact_id)) == 1


async def test_the_first_account_is_the_default(company: Company) -> None:
    first = await company.account()
    second = await company.account("440012340000", flat=None)
    contact_id = await company.linked(first)
    await _tries(company, contact_id, "440012340000", "Иванова")
    accounts = await _accounts(company, contact_id)
    assert [(one.account_id, one.is_default) for one in accounts] == [
        (first, True),
        (second, False),
    ]


async def test_a_wrong_number_and_a_wrong_name_look_alike(company: Company) -> None:
    await company.account()
    await company.account("440050005000", category=Category.BUSINESS, organisation="ООО «Пекарня»")
    answers = [
        await _tries(company, await company.contact(), number, name)
        for number, name in [
            (NUMBER, "Сидорова"),
            (NOBODYS, "Сидорова"),
            (NOBODYS, "Иванова"),
            ("не номер", "Иванова"),
            ("440050005000", "Иванова"),  # an organisation is confirmed by an operator
        ]
    ]
    assert answers == [LinkOutcome(attempts_left=4)] * 5


@pytest.mark.parametrize("number", [NUMBER, NOBODYS, "не номер"])
async def test_five_wrong_tries_in_half_an_hour_block(
    company: Company, clock: FakeClock, number: str
) -> None:
    await company.account()
    contact_id = await company.contact()
    left = []
    for _ in range(5):
        outcome = await _tries(company, contact_id, number, "Сидорова")
        left.append((outcome.attempts_left, outcome.blocked))
        clock.advance(minutes=5)
    assert left == [(4, False), (3, False), (2, False), (1, False), (0, True)]

    blocked = LinkOutcome(blocked=True)
    assert await _tries(company, contact_id, NUMBER, "Иванова") == blocked
    clock.advance(minutes=5, seconds=1)  # the first failure is over half an hour ago
    assert (await _tries(company, contact_id, NUMBER, "Иванова")).account is not None


@pytest.mark.parametrize("number", [NUMBER, NOBODYS])
async def test_strangers_block_a_number_for_strangers_only(company: Company, number: str) -> None:
    """Guessing one number's holder from many chats is stopped; who is linked goes on."""
    account_id = await company.account()
    holder = await company.linked(account_id)
    for _ in range(5):
        assert not (await _tries(company, await company.contact(), number, "Сидорова")).blocked
    assert (await _tries(company, await company.contact(), number, "Иванова")).blocked
    assert (await _tries(company, holder, NUMBER, "Иванова")).account_id == account_id
    async with company.database.read() as session:
        assert (await company.billing.overview(session, holder, account_id)).number == NUMBER


async def test_tries_at_the_same_moment_are_all_counted(company: Company) -> None:
    await company.account()
    contact_id = await company.contact()
    outcomes = await asyncio.gather(
        *(_tries(company, contact_id, NUMBER, "Сидорова") for _ in range(20))
    )
    judged = [outcome for outcome in outcomes if outcome != LinkOutcome(blocked=True)]
    # The fifth failure and a refused try differ only in what they were told to expect.
    assert sorted(outcome.attempts_left for outcome in judged) == [1, 2, 3, 4]
    assert sum(outcome.blocked for outcome in outcomes) == 16


async def test_an_account_is_reached_only_through_its_link(company: Company) -> None:
    account_id = await company.account()
    stranger = await company.contact()
    async with company.database.read() as session:
        with pytest.raises(NotLinked):
            await company.billing.overview(session, stranger, account_id)
        with pytest.raises(NotLinked):
            await company.billing.balance(session, stranger, account_id, TODAY)
        assert await company.billing.panels(session, stranger, TODAY) == ()


async def test_the_overview_holds_meters_and_their_readings(company: Company) -> None:
    account_id = await company.account()
    contact_id = await company.linked(account_id)
    meter_id = await company.meter(account_id, zones=2, decimals=1)
    removed = await company.meter(account_id, "099", removed_on=date(2026, 1, 10))
    await company.reading(meter_id, 12100, 6700)
    await company.reading(meter_id, 11900, 6600, on=date(2026, 9, 19))
    async with company.database.read() as session:
        overview = await company.billing.overview(session, contact_id, account_id)
    old, meter = overview.meters
    assert (old.meter_id, old.last, old.facts.removed_on) == (removed, None, date(2026, 1, 10))
    assert (meter.facts.zones, meter.facts.decimals) == (2, 1)
    assert [past.values for past in meter.history] == [(11900000, 6600000), (12100000, 6700000)]
    assert meter.last is not None
    assert meter.last.taken_on == date(2026, 10, 19)


async def test_operators_see_the_whole(company: Company) -> None:
    account_id = await company.account()
    await company.meter(account_id)
    contact_id = await company.linked(account_id)
    async with company.database.read() as session:
        (panel,) = await company.billing.panels(session, contact_id, TODAY)
        found = await company.billing.find_account(session, "л/с 4400 1234 5678")
        assert await company.billing.find_account(session, NOBODYS) is None
    assert panel.account == found
    assert panel.account.holder.surname == "Иванова"
    assert panel.balance.kopecks == 0
    assert [meter.number for meter in panel.meters] == ["101"]
