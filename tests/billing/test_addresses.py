"""An address as people write it; linking by address and by phone."""

import pytest

from billing.customers.addresses import is_address
from billing.customers.identity import Address, is_inn, same_phone
from billing.models import Category
from billing.views import LinkOutcome
from tests.billing.conftest import Company

FLAT = Address("г. Демоград", "ул. Светлая", "12", "45")
HOUSE = Address("г. Светлоозёрск", "пр-т Энергетиков", "3А", None)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("ул. Светлая, д. 12, кв. 45", FLAT),
        ("г. Демоград, улица Светлая, дом 12, квартира 45", FLAT),
        ("светлая 12-45", FLAT),
        ("Светлая 12/45", FLAT),
        ("12-45 ул светлой", FLAT),
        ("свитлая 12 кв 45", FLAT),
        ("123456, Демоград, Светлая, 12, 45", FLAT),
        ("проспект энергетиков 3а", HOUSE),
        ("Светлоозерск, пр. Энергетиков, 3 А", HOUSE),
    ],
)
def test_the_same_address(given: str, address: Address) -> None:
    assert is_address(given, address)


@pytest.mark.parametrize(
    "given",
    ["Светлая 12", "Светлая 12-46", "Светлая 45-12", "Тёмная 12-45", "12-45", "",
     "Светлоозёрск, Светлая 12-45", "Светлая 12-45-1"],
)  # fmt: skip
def test_another_address(given: str) -> None:
    assert not is_address(given, FLAT)


@pytest.mark.parametrize(
    ("text", "good"),
    [("7707083893", True), ("7707083894", False), ("770708389", False), ("77070838930", False),
     ("500100732259", True), ("500100732258", False), ("500100732249", False),
     ("٧٧٠٧٠٨٣٨٩٣", False)],
)  # fmt: skip
def test_the_check_digits_of_an_inn(text: str, good: bool) -> None:
    assert is_inn(text) is good


def test_phones_in_any_spelling() -> None:
    assert same_phone("8 (916) 123-45-67", "+79161234567")
    assert not same_phone("8 (916) 123-45-68", "+79161234567")
    assert not same_phone("", None)
    assert not same_phone("12345", "12345")


async def _by_address(company: Company, contact: int, address: str, name: str) -> LinkOutcome:
    async with company.database.write() as tx:
        return await company.billing.identify_by_address(tx, contact, address, name)


async def test_address_and_full_name_link(company: Company) -> None:
    account = await company.account()
    await company.account("440012340000", flat="46")
    contact = await company.contact()
    outcome = await _by_address(company, contact, "Светлая 12-45", "Иванова Мария")
    assert outcome.account_id == account
    again = await _by_address(company, contact, "Светлая 12-45", "Иванова Мария")
    assert again.account_id == account


async def test_what_does_not_prove_looks_alike(company: Company) -> None:
    await company.account()
    await company.account("440012340000", flat="46", category=Category.BUSINESS)
    await company.account("440012340001", flat="47")
    await company.account("440012340002", flat="47")  # the same holder twice: which is meant?
    answers = [
        await _by_address(company, await company.contact(), address, name)
        for address, name in [
            ("Светлая 12-45", "Иванова"),  # neighbours know the surname
            ("Светлая 12-45", "Сидорова Мария"),
            ("Светлая 99-45", "Иванова Мария"),
            ("Светлая 12-46", "Иванова Мария"),
            ("Светлая 12-47", "Иванова Мария"),
            ("не адрес", "Иванова Мария"),
        ]
    ]
    assert answers == [LinkOutcome(attempts_left=4)] * 6


async def test_a_proved_phone_links_and_another_looks_like_no_account(company: Company) -> None:
    account = await company.account(phone="+79161234567")
    await company.account("440012340000")  # billing knows no phone

    async def tries(number: str, phone: str) -> LinkOutcome:
        contact = await company.contact()
        async with company.database.write() as tx:
            return await company.billing.identify_by_phone(tx, contact, number, phone)

    assert (await tries("440012345678", "8 916 123 45 67")).account_id == account
    wrong = [("440012345678", "+79161234568"), ("440099999999", "+79161234567"),
             ("440012340000", "+79161234567"), ("440012340000", "")]  # fmt: skip
    assert [await tries(*one) for one in wrong] == [LinkOutcome(attempts_left=4)] * 4
