"""A customer's attached accounts and his consent."""

import pytest
from sqlalchemy import select

from billing.customers.consents import ConsentText
from billing.customers.own_accounts import Change, tidy_name
from billing.models import Consent, ConsentKind
from billing.service import BillingService
from billing.views import LinkOutcome, ProofSet
from tests.billing.conftest import Company
from tests.conftest import FakeClock


@pytest.fixture
async def three(company: Company) -> tuple[int, list[int]]:
    """A contact with three accounts."""
    accounts = [await company.account(f"44001234567{n}") for n in range(3)]
    contact = await company.linked(accounts[0], "440012345670")
    for n in (1, 2):
        async with company.database.write() as tx:
            await company.billing.identify(tx, contact, f"44001234567{n}", "Иванова")
    return contact, accounts


async def _change(
    company: Company, contact: int, account: int, what: Change, name: str = ""
) -> bool:
    async with company.database.write() as tx:
        return await company.billing.change_account(tx, contact, account, what, name)


async def _seen(company: Company, contact: int) -> list[tuple[int, str | None, bool]]:
    async with company.database.read() as session:
        found = await company.billing.accounts_of(session, contact)
    return [(one.account_id, one.nickname, one.is_default) for one in found]


async def test_a_name_the_default_and_detaching(
    company: Company, three: tuple[int, list[int]]
) -> None:
    contact, (first, second, third) = three
    assert await _change(company, contact, second, Change.RENAME, " «Дача» ")
    assert await _change(company, contact, second, Change.DEFAULT)
    assert await _seen(company, contact) == [
        (second, "Дача", True), (first, None, False), (third, None, False),
    ]  # fmt: skip
    assert await _change(company, contact, second, Change.DETACH)
    assert await _seen(company, contact) == [(first, None, True), (third, None, False)]
    assert await _change(company, contact, third, Change.RENAME, "дача"), "the name is free again"


async def test_a_name_is_taken_once_and_is_no_number(
    company: Company, three: tuple[int, list[int]]
) -> None:
    contact, (first, second, _) = three
    assert await _change(company, contact, first, Change.RENAME, "Дом")
    assert not await _change(company, contact, second, Change.RENAME, "дом")
    assert not await _change(company, contact, second, Change.RENAME, "440012345671")
    assert [tidy_name(text) for text in ("д" * 31, "<b>", "", "дом 2")] == [
        None, None, None, "дом 2",
    ]  # fmt: skip


async def test_somebody_elses_account_is_not_touched(
    company: Company, three: tuple[int, list[int]]
) -> None:
    contact, (first, *_) = three
    stranger = await company.contact()
    for what in Change:
        assert not await _change(company, stranger, first, what, "Моё")
    assert (await _seen(company, contact))[0] == (first, None, True)


async def test_withdrawing_detaches_and_a_new_text_is_asked_anew(
    company: Company, three: tuple[int, list[int]], clock: FakeClock
) -> None:
    contact, _ = three
    old = BillingService(consent=ConsentText(ConsentKind.CONSENT, "1", "Согласны?"))
    new = BillingService(consent=ConsentText(ConsentKind.CONSENT, "2", "Согласны теперь?"))
    for _ in range(2):
        async with company.database.write() as tx:
            await old.record_consent(tx, contact, 7)
    async with company.database.read() as session:
        assert (await old.consent_standing(session, contact)).given
        assert not (await new.consent_standing(session, contact)).given
    clock.advance(minutes=1)
    async with company.database.write() as tx:
        await new.record_consent(tx, contact, 8)
    async with company.database.write() as tx:
        assert await new.withdraw_consent(tx, contact) == 3
    assert await _seen(company, contact) == []
    async with company.database.read() as session:
        assert not (await new.consent_standing(session, contact)).given
        kept = list(await session.scalars(select(Consent).order_by(Consent.id)))
    assert [(one.version, one.text, one.message_id) for one in kept] == [
        ("1", "Согласны?", 7), ("2", "Согласны теперь?", 8),
    ]  # fmt: skip
    assert all(one.withdrawn_at == clock.now() for one in kept)


async def test_a_proof_that_the_profile_does_not_take_is_a_wrong_one(company: Company) -> None:
    await company.account(phone="+79161234567")
    strict = BillingService(proofs=[ProofSet.NUMBER_AND_NAME])
    contact = await company.contact()
    async with company.database.write() as tx:
        by_phone = await strict.identify_by_phone(tx, contact, "440012345678", "+79161234567")
    async with company.database.write() as tx:
        by_address = await strict.identify_by_address(tx, contact, "Светлая 12-45", "Иванова Мария")
    assert (by_phone, by_address) == (LinkOutcome(attempts_left=4), LinkOutcome(attempts_left=3))
    async with company.database.write() as tx:
        assert (await strict.identify(tx, contact, "440012345678", "Иванова")).account is not None
