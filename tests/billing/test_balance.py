"""What is owed: the reckoning alone, and over the tables."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from billing.models import Charge, ChargeKind, Payment
from billing.payments.balance import ChargeSum, LastPayment, reckon
from tests.billing.conftest import TODAY, Company

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
CHARGES = [
    ChargeSum(date(2026, 8, 1), ChargeKind.OPENING, 10_000),
    ChargeSum(SEPTEMBER, ChargeKind.ELECTRICITY, 80_000, 146_000),
    ChargeSum(OCTOBER, ChargeKind.ELECTRICITY, 90_000, 164_500),
    ChargeSum(OCTOBER, ChargeKind.PENALTY, 250),
]


@pytest.mark.parametrize(
    ("paid", "kopecks", "earlier", "current", "penalty"),
    [
        (0, 180_250, 90_000, 90_250, 250),
        (50_000, 130_250, 40_000, 90_250, 250),
        (90_000, 90_250, 0, 90_250, 250),
        (150_000, 30_250, 0, 30_250, 250),
        (180_150, 100, 0, 100, 100),
        (180_250, 0, 0, 0, 0),
        (200_000, -19_750, 0, 0, 0),
    ],
)
def test_payments_cover_the_oldest_first(
    paid: int, kopecks: int, earlier: int, current: int, penalty: int
) -> None:
    balance = reckon("440012345678", TODAY, CHARGES, paid, None)
    assert (balance.kopecks, balance.earlier, balance.current) == (kopecks, earlier, current)
    assert balance.penalty_kopecks == penalty


def test_the_last_bill_is_due_on_the_fifteenth_of_the_next_month() -> None:
    bill = reckon("1", TODAY, CHARGES, 0, None).bill
    assert bill is not None
    assert (bill.month, bill.kopecks, bill.pay_by) == (OCTOBER, 90_250, date(2026, 11, 15))
    assert [line.kind for line in bill.lines] == [ChargeKind.ELECTRICITY, ChargeKind.PENALTY]


def test_a_bill_in_the_customers_favour_leaves_the_earlier_debt() -> None:
    charges = [
        ChargeSum(SEPTEMBER, ChargeKind.ELECTRICITY, 80_000),
        ChargeSum(OCTOBER, ChargeKind.RECALCULATION, -30_000),
    ]
    balance = reckon("1", TODAY, charges, 0, None)
    assert (balance.kopecks, balance.earlier, balance.current) == (50_000, 50_000, 0)


def test_a_new_account_owes_nothing() -> None:
    balance = reckon("1", TODAY, [], 0, None)
    assert (balance.kopecks, balance.bill, balance.last_payment) == (0, None, None)


async def test_over_the_tables(company: Company) -> None:
    account_id = await company.account()
    other = await company.account("440012340000")
    contact_id = await company.linked(account_id)

    def charge(month: date, kind: ChargeKind, kopecks: int, zone: int = 0) -> dict[str, object]:
        return {
            "account_id": account_id, "month": month, "kind": kind, "zone": zone,
            "kopecks": kopecks, "kwh": 1000, "charged_on": date(2026, month.month + 1, 1),
        }  # fmt: skip

    def payment(
        number: int, kopecks: int, at: datetime, owner: int = account_id
    ) -> dict[str, object]:
        return {
            "account_id": owner, "paid_at": at, "received_at": at, "kopecks": kopecks,
            "channel": "bank", "external_id": f"p{number}",
        }  # fmt: skip

    last = datetime(2026, 11, 18, 8, 59, tzinfo=UTC)
    async with company.database.write() as tx:
        await tx.session.execute(
            insert(Charge),
            [
                charge(SEPTEMBER, ChargeKind.ELECTRICITY, 50_000, 1),
                charge(SEPTEMBER, ChargeKind.ELECTRICITY, 30_000, 2),
                charge(OCTOBER, ChargeKind.ELECTRICITY, 90_000, 1),
                charge(date(2026, 11, 1), ChargeKind.ELECTRICITY, 70_000, 1),  # not billed yet
            ],
        )
        await tx.session.execute(
            insert(Payment),
            [
                payment(1, 80_000, datetime(2026, 10, 10, tzinfo=UTC)),
                payment(2, 10_000, last),
                payment(3, 5_000, datetime(2026, 11, 19, tzinfo=UTC)),  # tomorrow
                payment(4, 999_999, last, other),
            ],
        )
    async with company.database.read() as session:
        balance = await company.billing.balance(session, contact_id, account_id, TODAY)
        before = await company.billing.balance(session, contact_id, account_id, date(2026, 10, 9))
    assert (balance.kopecks, balance.earlier, balance.as_of) == (80_000, 0, TODAY)
    assert balance.number == "440012345678"
    assert balance.last_payment == LastPayment(10_000, last, "bank")
    assert balance.bill is not None
    assert balance.bill.lines == (ChargeSum(OCTOBER, ChargeKind.ELECTRICITY, 90_000, 1000),)
    assert before.kopecks == 80_000
    assert before.bill is not None
    assert before.bill.lines == (ChargeSum(SEPTEMBER, ChargeKind.ELECTRICITY, 80_000, 2000),)


async def test_a_payment_comes_once(company: Company) -> None:
    account_id = await company.account()
    for times in (1, 2):
        async with company.database.write() as tx:
            row = Payment(
                account_id=account_id, paid_at=tx.now, received_at=tx.now, kopecks=100,
                channel="bank", external_id="same",
            )  # fmt: skip
            tx.session.add(row)
            if times == 2:
                with pytest.raises(IntegrityError):
                    await tx.session.flush()
                return
