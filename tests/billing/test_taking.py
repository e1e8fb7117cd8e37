"""Readings on the way into the base: once per message, one in force per period."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from billing.errors import NotLinked
from billing.models import Reading, ReadingStatus
from billing.readings.rules import (
    AcceptanceRules,
    Mark,
    NeedsConfirmation,
    Outside,
    Question,
    Reason,
    Refused,
)
from billing.service import BillingService
from billing.views import (
    GivenReading,
    TakenReading,
    Unverified,
    UnverifiedOutcome,
    UnverifiedReading,
)
from tests.billing.conftest import TODAY, Company
from tests.conftest import FakeClock

NUMBER = "440012345678"


@pytest.fixture
async def given(company: Company) -> GivenReading:
    """12345 by the holder of a meter that showed 12180 a month ago."""
    account_id = await company.account()
    meter_id = await company.meter(account_id, decimals=1)
    await company.reading(meter_id, 12015, on=date(2026, 9, 19))
    await company.reading(meter_id, 12180)
    contact_id = await company.linked(account_id)
    return GivenReading(
        contact_id=contact_id,
        account_id=account_id,
        meter_id=meter_id,
        values=(12345000,),
        taken_on=TODAY,
        channel="telegram",
        source_message_id=1001,
    )


async def _take(
    company: Company, given: GivenReading
) -> TakenReading | NeedsConfirmation | Refused:
    async with company.database.write() as tx:
        return await company.billing.take_reading(tx, given)


async def _taken(company: Company, given: GivenReading) -> TakenReading:
    result = await _take(company, given)
    assert isinstance(result, TakenReading)
    return result


async def _states(company: Company) -> list[tuple[int, str]]:
    """(kWh, status) of November's readings, in the order of coming."""
    async with company.database.read() as session:
        rows = await session.execute(
            select(Reading.t1, Reading.status)
            .where(Reading.period == date(2026, 11, 1))
            .order_by(Reading.id)
        )
        return [(t1 // 1000, status) for t1, status in rows]


async def test_a_reading_is_stored_with_date_and_channel(
    company: Company, given: GivenReading, clock: FakeClock
) -> None:
    taken = await _taken(company, given)
    assert taken.status is ReadingStatus.ACCEPTED
    assert taken.number == f"П-{taken.reading_id:06d}"
    assert (taken.values, taken.consumption) == ((12345000,), (165000,))
    assert (taken.taken_on, taken.received_at, taken.channel) == (TODAY, clock.now(), "telegram")
    assert not taken.repeated
    async with company.database.read() as session:
        overview = await company.billing.overview(session, given.contact_id, given.account_id)
    last = overview.meters[0].last
    assert last is not None
    assert (last.values, last.number) == ((12345000,), taken.number)


async def test_the_same_message_gives_the_same_reading(
    company: Company, given: GivenReading, clock: FakeClock
) -> None:
    first = await _taken(company, given)
    clock.advance(minutes=3)
    second = await _taken(company, given)
    assert second == replace(first, repeated=True)
    assert await _states(company) == [(12345, "accepted")]


async def test_the_same_message_ten_times_at_once(company: Company, given: GivenReading) -> None:
    results = await asyncio.gather(*(_taken(company, given) for _ in range(10)))
    assert sum(not result.repeated for result in results) == 1
    assert len({result.number for result in results}) == 1
    assert await _states(company) == [(12345, "accepted")]


async def test_messages_at_once_leave_one_reading_in_force(
    company: Company, given: GivenReading
) -> None:
    await asyncio.gather(
        *(
            _take(company, replace(given, values=(12345000 + n * 1000,), source_message_id=n))
            for n in range(1, 11)
        )
    )
    in_force = [state for state in await _states(company) if state[1] == "accepted"]
    assert len(in_force) == 1


async def test_the_database_itself_refuses_a_second_one(
    company: Company, given: GivenReading
) -> None:
    await _taken(company, given)
    row = {
        "meter_id": given.meter_id, "t1": 1, "taken_on": TODAY, "received_at": None,
        "channel": "web", "status": "refused", "verified": True, "marks": [],
        "period": date(2026, 11, 1), "source_message_id": None,
    }  # fmt: skip
    for same in ({"source_message_id": given.source_message_id}, {"status": "accepted"}):
        with pytest.raises(IntegrityError):
            async with company.database.write() as tx:
                await tx.session.execute(insert(Reading), [{**row, "received_at": tx.now, **same}])
    with pytest.raises(IntegrityError):  # what nobody proved is never in force
        async with company.database.write() as tx:
            await tx.session.execute(
                insert(Reading),
                [{**row, "received_at": tx.now, "verified": False, "status": "accepted",
                  "period": date(2027, 1, 1)}],
            )  # fmt: skip


async def test_one_message_may_bring_two_meters(company: Company, given: GivenReading) -> None:
    other = await company.meter(given.account_id, "102")
    await _taken(company, given)
    taken = await _taken(company, replace(given, meter_id=other, values=(77000,)))
    assert not taken.repeated


async def test_a_question_stores_nothing_until_it_is_confirmed(
    company: Company, given: GivenReading
) -> None:
    doubtful = replace(given, values=(14000000,))
    asked = await _take(company, doubtful)
    assert isinstance(asked, NeedsConfirmation)
    assert asked.questions == (Question.UNUSUAL,)
    assert await _states(company) == []

    taken = await _taken(company, replace(doubtful, confirmed=asked.questions))
    assert (taken.status, taken.marks) == (ReadingStatus.REVIEW, (Mark.UNUSUAL,))
    async with company.database.read() as session:
        overview = await company.billing.overview(session, given.contact_id, given.account_id)
    last = overview.meters[0].last
    assert last is not None
    assert last.values == (12180000,), "what waits for review is not in force"


async def test_a_refusal_stores_nothing(company: Company, given: GivenReading) -> None:
    result = await _take(company, replace(given, values=(12000000,)))
    assert isinstance(result, Refused)
    assert result.reason is Reason.LESS_THAN_BEFORE
    assert await _states(company) == []


async def test_a_correction_replaces_and_history_is_kept(
    company: Company, given: GivenReading
) -> None:
    first = await _taken(company, given)
    second = await _taken(company, replace(given, values=(12350000,), source_message_id=1002))
    assert await _states(company) == [(12345, "replaced"), (12350, "accepted")]
    async with company.database.read() as session:
        row = await session.get_one(Reading, second.reading_id)
    assert row.replaces_id == first.reading_id


async def test_a_lower_correction_waits_beside_what_is_in_force(
    company: Company, given: GivenReading
) -> None:
    await _taken(company, given)
    lower = replace(
        given, values=(12300000,), source_message_id=1002, confirmed=[Question.CORRECTION]
    )
    assert (await _taken(company, lower)).status is ReadingStatus.REVIEW
    await _taken(company, replace(lower, values=(12310000,), source_message_id=1003))
    assert await _states(company) == [
        (12345, "accepted"), (12300, "replaced"), (12310, "review"),
    ]  # fmt: skip
    await _taken(company, replace(given, values=(12360000,), source_message_id=1004))
    assert await _states(company) == [
        (12345, "replaced"), (12300, "replaced"), (12310, "replaced"), (12360, "accepted"),
    ]  # fmt: skip


async def test_only_a_linked_contact_gives_a_verified_reading(
    company: Company, given: GivenReading
) -> None:
    with pytest.raises(NotLinked):
        await _take(company, replace(given, contact_id=await company.contact()))


async def test_the_profiles_days_are_obeyed(company: Company, given: GivenReading) -> None:
    billing = BillingService(AcceptanceRules(first_day=20, last_day=25, outside=Outside.REFUSE))
    async with company.database.write() as tx:
        result = await billing.take_reading(tx, given)
    assert result == Refused(Reason.OUTSIDE_DAYS)


class TestUnverified:
    """A reading by account number alone: the answer tells nothing about the account."""

    @pytest.fixture
    async def stranger(self, company: Company, given: GivenReading) -> UnverifiedReading:
        return UnverifiedReading(
            contact_id=await company.contact(),
            number="4400-1234-5678",
            values=(12345000,),
            taken_on=TODAY,
            channel="web",
            source_message_id=2001,
        )

    async def _take(self, company: Company, given: UnverifiedReading) -> Unverified:
        async with company.database.write() as tx:
            return await company.billing.take_unverified_reading(tx, given)

    async def test_it_waits_for_review_beside_verified_ones(
        self, company: Company, given: GivenReading, stranger: UnverifiedReading
    ) -> None:
        assert (await self._take(company, stranger)).outcome is UnverifiedOutcome.TAKEN
        # The holder's own, the same even, is neither hindered nor replaced by it.
        await _taken(company, given)
        assert await _states(company) == [(12345, "review"), (12345, "accepted")]
        async with company.database.read() as session:
            row = (
                await session.execute(select(Reading).where(Reading.verified.is_(False)))
            ).scalar_one()
        assert row.marks == ["unverified"]

    async def test_doubts_are_marked_and_not_asked(
        self, company: Company, stranger: UnverifiedReading
    ) -> None:
        taken = await self._take(company, replace(stranger, values=(14000000,)))
        assert taken.outcome is UnverifiedOutcome.TAKEN
        async with company.database.read() as session:
            marks = await session.scalar(select(Reading.marks).where(Reading.verified.is_(False)))
        assert marks == ["unverified", "unusual"]

    async def test_whatever_does_not_fit_gets_one_answer(
        self, company: Company, given: GivenReading, stranger: UnverifiedReading
    ) -> None:
        await company.account("440077778888", closed_on=date(2026, 11, 17))
        answers = [
            await self._take(
                company, replace(wrong, contact_id=await company.contact(), source_message_id=n)
            )
            for n, wrong in enumerate(
                [
                    replace(stranger, number="440099999999"),
                    replace(stranger, number="не номер"),
                    replace(stranger, number="440077778888"),
                    replace(stranger, values=(12000000,)),
                    replace(stranger, values=(12345678000,)),
                    replace(stranger, values=(12345000, 6789000)),
                ]
            )
        ]
        assert answers == [Unverified(UnverifiedOutcome.DOES_NOT_FIT)] * 6
        assert await _states(company) == []

    async def test_two_meters_that_fit_are_not_guessed_between(
        self, company: Company, given: GivenReading, stranger: UnverifiedReading
    ) -> None:
        await company.meter(given.account_id, "102")
        result = await self._take(company, stranger)
        assert result.outcome is UnverifiedOutcome.DOES_NOT_FIT

    async def test_the_same_message_is_taken_once_and_counted_once(
        self, company: Company, stranger: UnverifiedReading
    ) -> None:
        results = [await self._take(company, stranger) for _ in range(5)]
        assert results == [results[0]] * 5
        assert results[0].reading_number is not None
        assert await _states(company) == [(12345, "review")]

    async def test_three_tries_a_day(
        self, company: Company, stranger: UnverifiedReading, clock: FakeClock
    ) -> None:
        outcomes = []
        for n in range(4):
            number = stranger.number if n % 2 else "440099999999"
            message = replace(stranger, number=number, source_message_id=3000 + n)
            outcomes.append((await self._take(company, message)).outcome)
        assert outcomes == [
            UnverifiedOutcome.DOES_NOT_FIT,
            UnverifiedOutcome.TAKEN,
            UnverifiedOutcome.DOES_NOT_FIT,
            UnverifiedOutcome.TOO_MANY,
        ]
        clock.advance(days=1)
        tomorrow = replace(stranger, source_message_id=3004)
        assert (await self._take(company, tomorrow)).outcome is UnverifiedOutcome.TAKEN

    async def test_tries_at_the_same_moment_are_all_counted(
        self, company: Company, stranger: UnverifiedReading
    ) -> None:
        results = await asyncio.gather(
            *(self._take(company, replace(stranger, source_message_id=n)) for n in range(10))
        )
        taken = [one for one in results if one.outcome is UnverifiedOutcome.TAKEN]
        assert len(taken) == 3
        async with company.database.read() as session:
            stored = await session.scalar(select(func.count()).where(Reading.verified.is_(False)))
        assert stored == 3
