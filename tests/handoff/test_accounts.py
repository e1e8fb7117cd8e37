"""The customer's account as an operator sees it."""

from dataclasses import replace
from datetime import date

import pytest

from billing.customers.identity import Address, Holder
from billing.models import Category
from billing.payments.balance import Balance
from billing.readings.rules import MeterFacts, PastReading
from billing.views import AccountFacts, AccountPanel, MeterOverview
from handoff.customer.accounts import confirmed

PANEL = AccountPanel(
    account=AccountFacts(
        id=1,
        number="440012345678",
        category=Category.HOUSEHOLD,
        holder=Holder("Иванова", "Мария", "Петровна"),
        organisation=None,
        address=Address("г. Примерск", "ул. Мира", "12", "45"),
        phone=None,
        closed_on=None,
    ),
    nickname="Дача",
    balance=Balance("440012345678", date(2026, 11, 18), 123456, 0, 123456, None, None),
    meters=(
        MeterOverview(
            1, "0112", MeterFacts(zones=2, digits=5),
            (PastReading((4512000, 2210500), date(2026, 10, 20), date(2026, 10, 1)),),
        ),
        MeterOverview(2, "0113", MeterFacts(zones=1, digits=5), ()),
        MeterOverview(3, "0114", MeterFacts(zones=1, digits=5, removed_on=date(2025, 1, 1)), ()),
    ),
)  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_an_account() -> None:
    shown = confirmed(PANEL)
    assert (shown.number, shown.nickname, shown.holder) == (
        "440012345678", "Дача", "Иванова Мария Петровна"
    )  # fmt: skip
    assert plain(shown.address) == "г. Примерск, ул. Мира, д. 12, кв. 45"
    assert [(meter.number, plain(meter.last)) for meter in shown.meters] == [
        ("0112", "4 512 / 2 210,5 от 20.10.2026"),
        ("0113", "показаний нет"),
    ]


@pytest.mark.parametrize(
    ("kopecks", "text", "owes"),
    [(123456, "Долг 1 234,56 ₽", True), (-500, "Переплата 5,00 ₽", False), (0, "Долга нет", False)],
)
def test_what_is_owed(kopecks: int, text: str, owes: bool) -> None:
    shown = confirmed(replace(PANEL, balance=replace(PANEL.balance, kopecks=kopecks)))
    assert (plain(shown.balance), shown.owes) == (text, owes)
