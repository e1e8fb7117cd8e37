"""What every billing gateway gives: our tables, and a real HTTP server over the same data."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import stamina

from billing.demo import filling as demo
from billing.embedded import EmbeddedGateway
from billing.errors import UnknownAccount
from billing.gateway import BillingGateway, OutgoingReading, ReadingVerdict
from billing.http_gateway import HttpGateway
from billing.models import ChargeKind
from storage.database import Database
from tests.conftest import FakeClock
from tests.fakes.billing_system import SECRET, BillingSystem

TODAY = date(2026, 11, 18)
OCTOBER = date(2026, 10, 1)
IVANOVA, PETROV, SIDOROVA, SOKOLOV = (
    "440012345678", "440087654321", "440011112222", "440050005000",
)  # fmt: skip


@pytest.fixture(params=["embedded", "http"])
async def gateway(
    request: pytest.FixtureRequest, database: Database, clock: FakeClock
) -> AsyncIterator[BillingGateway]:
    await demo.fill(database, today=TODAY, accounts=12)
    embedded = EmbeddedGateway(database, ZoneInfo("Europe/Moscow"))
    if request.param == "embedded":
        yield embedded
        return
    stamina.set_testing(True)
    async with BillingSystem(embedded, clock).running() as system:
        http = HttpGateway(system.url, SECRET, clock)
        yield http
        await http.close()
    stamina.set_testing(False)


async def test_an_account_with_its_meters(gateway: BillingGateway) -> None:
    card = await gateway.account(SIDOROVA)
    assert (card.number, card.surname, card.name) == (SIDOROVA, "Сидорова", "Анна")
    assert (card.locality, card.house, card.flat) == ("г. Демоград", "30", "112")
    (meter,) = card.meters
    assert (meter.zones, meter.digits, meter.decimals) == (3, 6, 1)
    assert meter.values == (4_890_000, 2_410_000, 1_950_000)
    assert meter.taken_on is not None
    assert meter.taken_on.month == 10
    bakery = await gateway.account(SOKOLOV)
    assert (bakery.organisation, bakery.inn) == ("ООО «Демо-Пекарня»", "9900000017")


async def test_a_debt_an_overpayment_and_nothing(gateway: BillingGateway) -> None:
    debt = await gateway.balance(IVANOVA, TODAY)
    assert debt.kopecks == debt.earlier + debt.current
    assert debt.as_of == TODAY
    assert debt.bill is not None
    assert (debt.bill.month, debt.bill.pay_by) == (OCTOBER, date(2026, 11, 15))
    assert debt.last_payment is not None
    assert debt.last_payment.paid_at.tzinfo is not None
    assert debt.penalty_kopecks > 0
    assert (await gateway.balance(SIDOROVA, TODAY)).kopecks == -150_000
    assert (await gateway.balance(PETROV, TODAY)).kopecks == 0


async def test_the_sum_of_the_lines_is_the_bill(gateway: BillingGateway) -> None:
    for number in (IVANOVA, PETROV, SIDOROVA):
        (bill,) = await gateway.bills(number, OCTOBER, OCTOBER)
        balance = await gateway.balance(number, TODAY)
        assert balance.bill is not None
        assert bill.kopecks == balance.bill.kopecks


async def test_lines_keep_all_they_say(gateway: BillingGateway) -> None:
    (bill,) = await gateway.bills(PETROV, OCTOBER, OCTOBER)
    first, second = [line for line in bill.lines if line.zone == 1]
    assert (first.since, first.until) == (OCTOBER, date(2026, 10, 14))
    assert (second.since, second.until) == (date(2026, 10, 15), date(2026, 10, 31))
    assert first.tariff is not None
    assert second.tariff == 629 == first.tariff + 21
    (bill,) = await gateway.bills(SIDOROVA, OCTOBER, OCTOBER)
    (line,) = [one for one in bill.lines if one.kind is ChargeKind.RECALCULATION]
    assert (line.kopecks, line.note) == (-12_350, "за дни без света")


async def test_bills_are_of_the_months_asked_for_newest_first(gateway: BillingGateway) -> None:
    bills = await gateway.bills(IVANOVA, date(2026, 7, 1), date(2026, 9, 1))
    assert [bill.month.month for bill in bills] == [9, 8, 7]
    assert list(await gateway.bills(IVANOVA, date(2019, 1, 1), date(2019, 12, 1))) == []


async def test_payments_since_a_day_newest_first(gateway: BillingGateway) -> None:
    everything = await gateway.payments(PETROV, date(2000, 1, 1))
    assert len(everything) >= 10
    assert [paid.received_at for paid in everything] == sorted(
        (paid.received_at for paid in everything), reverse=True
    )
    some = await gateway.payments(PETROV, date(2026, 10, 1))
    assert 0 < len(some) < 4
    assert all(paid.paid_at >= datetime(2026, 9, 30, 21, tzinfo=UTC) for paid in some)
    assert len({paid.external_id for paid in everything}) == len(everything)


async def test_without_a_document_there_is_none(gateway: BillingGateway) -> None:
    assert await gateway.document(IVANOVA, OCTOBER) is None


@pytest.mark.parametrize("number", ["999999999999", "Э/2019-15", "44 00", "../balance", "%2e&x=1"])
async def test_an_account_that_is_not_there(gateway: BillingGateway, number: str) -> None:
    with pytest.raises(UnknownAccount):
        await gateway.account(number)
    with pytest.raises(UnknownAccount):
        await gateway.balance(number, TODAY)
    with pytest.raises(UnknownAccount):
        await gateway.bills(number, OCTOBER, OCTOBER)
    with pytest.raises(UnknownAccount):
        await gateway.payments(number, TODAY)
    with pytest.raises(UnknownAccount):
        await gateway.document(number, OCTOBER)


async def test_readings_are_accepted_again_as_before(gateway: BillingGateway) -> None:
    reading = OutgoingReading(
        "П-000001", IVANOVA, "1012345678", (12_345_000,), TODAY, date(2026, 11, 1),
        datetime(2026, 11, 18, 9, tzinfo=UTC), "web",
    )  # fmt: skip
    for _ in range(2):
        (result,) = await gateway.deliver([reading])
        assert (result.number, result.verdict) == ("П-000001", ReadingVerdict.ACCEPTED)
