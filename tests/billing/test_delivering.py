"""Readings reach the company's billing system once, whatever happens on the way."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, update

from billing.errors import GatewayDown
from billing.gateway import DeliveredReading, OutgoingReading, ReadingVerdict
from billing.models import Reading, ReadingStatus
from billing.readings.delivering import ReadingCourier
from billing.readings.delivery_models import DeliveryOfReading, ReadingDelivery, StepKind
from billing.readings.undelivered import troubles
from billing.readings.undoing import restore
from billing.views import GivenReading, TakenReading
from storage.database import Database
from tests.billing.conftest import TODAY, Company
from tests.conftest import FakeClock


@dataclass(slots=True)
class Billing:
    """The far side: keeps what it got, fails as it is told."""

    got: list[OutgoingReading] = field(default_factory=list)
    down: bool = False
    silent: bool = False
    refuses: str = ""

    async def deliver(self, readings: list[OutgoingReading]) -> list[DeliveredReading]:
        if self.down:
            raise GatewayDown("ConnectTimeout")
        if self.silent:
            return []
        self.got.extend(readings)
        verdict = ReadingVerdict.REFUSED if self.refuses else ReadingVerdict.ACCEPTED
        return [DeliveredReading(one.number, verdict, self.refuses) for one in readings]


@pytest.fixture
def billing() -> Billing:
    return Billing()


@pytest.fixture
def courier(database: Database, billing: Billing) -> ReadingCourier:
    return ReadingCourier(database, billing, holder="test")  # type: ignore[arg-type]


async def give(company: Company, value: int = 12_400, message: int = 1) -> int:
    """A customer's reading of a new account; its id."""
    account_id = await company.account(f"4400{message:08d}")
    meter_id = await company.meter(account_id, f"m{message}")
    await company.reading(meter_id, 12_180)
    contact_id = await company.linked(account_id, f"4400{message:08d}")
    async with company.database.write() as tx:
        taken = await company.billing.take_reading(
            tx,
            GivenReading(contact_id, account_id, meter_id, (value * 1000,), TODAY, "web", message),
        )
    assert isinstance(taken, TakenReading)
    return taken.reading_id


async def replaced(company: Company, courier: ReadingCourier) -> int:
    """A reading that was on its way when another took its place; its id."""
    reading_id = await give(company)
    await courier.deliver_due()
    async with company.database.write() as tx:
        (await tx.session.get_one(Reading, reading_id)).status = ReadingStatus.REPLACED
    return reading_id


async def row_of(database: Database, reading_id: int) -> ReadingDelivery:
    async with database.read() as session:
        return await session.get_one(ReadingDelivery, reading_id)


async def state(database: Database, reading_id: int) -> tuple[str, int]:
    row = await row_of(database, reading_id)
    return row.state, row.attempts


async def test_a_reading_goes_once_after_the_time_of_undoing(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    reading_id = await give(company)
    assert await courier.deliver_due() == 0
    clock.advance(minutes=10)
    assert await courier.deliver_due() == 1
    assert await courier.deliver_due() == 0
    (sent,) = billing.got
    assert (sent.account, sent.meter, sent.values) == ("440000000001", "m1", (12_400_000,))
    assert await state(company.database, reading_id) == (DeliveryOfReading.DELIVERED, 0)


async def test_what_came_from_billing_itself_does_not_go_back(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    meter_id = await company.meter(await company.account())
    await company.reading(meter_id, 500)
    clock.advance(hours=1)
    assert await courier.deliver_due() == 0
    assert billing.got == []


async def test_an_outage_delays_with_growing_pauses_and_loses_nothing(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    reading_id = await give(company)
    clock.advance(minutes=10)
    billing.down = True
    tries = 0
    for _ in range(720):  # an hour, as the courier looks
        await courier.deliver_due()
        clock.advance(seconds=5)
        tries = (await state(company.database, reading_id))[1]
    assert 8 <= tries <= 14
    assert (await row_of(company.database, reading_id)).reason == "ConnectTimeout"
    async with company.database.read() as session:
        (trouble,) = (await troubles(session, [reading_id])).values()
    assert [one.kind for one in trouble.steps] == [StepKind.NO_ANSWER]  # the first in a row
    billing.down = False
    clock.advance(minutes=15)
    assert await courier.deliver_due() == 1
    assert len(billing.got) == 1


async def test_an_answer_that_names_nothing_is_no_delivery(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    reading_id = await give(company)
    clock.advance(minutes=10)
    billing.silent = True
    await courier.deliver_due()
    assert await state(company.database, reading_id) == (DeliveryOfReading.WAITING, 1)


async def test_a_refusal_is_kept_with_its_reason(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    reading_id = await give(company)
    clock.advance(minutes=10)
    billing.refuses = "счётчик снят"
    await courier.deliver_due()
    refused = await row_of(company.database, reading_id)
    assert (refused.state, refused.reason) == (DeliveryOfReading.REFUSED, "счётчик снят")
    async with company.database.read() as session:
        (trouble,) = (await troubles(session, [reading_id])).values()
    assert [(one.kind, one.note) for one in trouble.steps] == [(StepKind.REFUSED, "счётчик снят")]
    assert await courier.deliver_due() == 0


async def test_under_review_it_waits_and_taken_back_it_never_goes(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    first, second = await give(company, message=1), await give(company, message=2)
    await courier.deliver_due()
    async with company.database.write() as tx:
        for reading_id, status in ((first, ReadingStatus.UNDONE), (second, ReadingStatus.REVIEW)):
            await tx.session.execute(
                update(Reading).where(Reading.id == reading_id).values(status=status)
            )
    clock.advance(minutes=30)
    assert await courier.deliver_due() == 0
    assert (await state(company.database, first))[0] == DeliveryOfReading.DROPPED
    async with company.database.write() as tx:
        await tx.session.execute(
            update(Reading).where(Reading.id == second).values(status=ReadingStatus.ACCEPTED)
        )
    assert await courier.deliver_due() == 1
    assert [one.number for one in billing.got] == [f"П-{second:06d}"]
    async with company.database.read() as session:
        rows = await session.scalars(select(ReadingDelivery.state))
        assert sorted(rows) == ["delivered", "dropped"]


async def test_what_an_employee_corrected_goes_in_place_of_the_customers_figures(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    reading_id = await replaced(company, courier)
    async with company.database.write() as tx:
        given = await tx.session.get_one(Reading, reading_id)
        tx.session.add(
            Reading(
                meter_id=given.meter_id, t1=12_300_000, taken_on=TODAY, period=given.period,
                received_at=tx.now, channel="web", status=ReadingStatus.ACCEPTED, verified=True,
                marks=[], replaces_id=reading_id, decided_at=tx.now, decided_by=1,
            )
        )  # fmt: skip
    clock.advance(minutes=10)
    await courier.deliver_due()
    assert [one.values for one in billing.got] == [(12_300_000,)]


async def test_a_reading_that_is_in_force_again_goes_after_all(
    company: Company, courier: ReadingCourier, billing: Billing, clock: FakeClock
) -> None:
    reading_id = await replaced(company, courier)
    await courier.deliver_due()
    assert (await state(company.database, reading_id))[0] == DeliveryOfReading.DROPPED
    async with company.database.write() as tx:
        assert await restore(tx, reading_id) == (12_400_000,)
    clock.advance(minutes=10)
    await courier.deliver_due()
    assert [one.number for one in billing.got] == [f"П-{reading_id:06d}"]
