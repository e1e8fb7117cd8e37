"""A reading taken back by the one who gave it."""

from dataclasses import replace
from itertools import count

from sqlalchemy import select

from billing.models import Reading
from billing.views import GivenReading, TakenReading, Undone
from tests.billing.conftest import TODAY, Company
from tests.conftest import FakeClock


async def _given(company: Company) -> GivenReading:
    account_id = await company.account()
    meter_id = await company.meter(account_id)
    await company.reading(meter_id, 12180)
    contact_id = await company.linked(account_id)
    conversation = await company.conversation(contact_id)
    return GivenReading(contact_id, account_id, meter_id, (12330000,), TODAY, "telegram", 1,
                        conversation)  # fmt: skip


async def _take(company: Company, given: GivenReading) -> TakenReading:
    async with company.database.write() as tx:
        taken = await company.billing.take_reading(tx, given)
    assert isinstance(taken, TakenReading)
    return taken


_MESSAGES = count(1000)


async def _undo(
    company: Company, contact_id: int, reading_id: int | None = None, message_id: int | None = None
) -> Undone:
    """In a message of its own unless told which."""
    message_id = message_id or next(_MESSAGES)
    async with company.database.write() as tx:
        return await company.billing.undo_reading(tx, contact_id, message_id, reading_id)


async def _statuses(company: Company) -> list[str]:
    async with company.database.read() as session:
        rows = await session.scalars(
            select(Reading.status).where(Reading.conversation_id.is_not(None)).order_by(Reading.id)
        )
        return list(rows)


async def test_the_one_before_is_in_force_again(company: Company) -> None:
    given = await _given(company)
    first = await _take(company, given)
    second = await _take(company, replace(given, values=(12350000,), source_message_id=2))
    undone = await _undo(company, given.contact_id)
    assert (undone.number, undone.restored) == (second.number, (12330000,))
    assert await _statuses(company) == ["accepted", "undone"]
    assert (await _undo(company, given.contact_id, first.reading_id)).number == first.number
    assert await _statuses(company) == ["undone", "undone"]
    third = await _take(company, replace(given, source_message_id=3))
    assert not third.replaces


async def test_again_is_told_the_same_and_changes_nothing(company: Company) -> None:
    given = await _given(company)
    taken = await _take(company, given)
    first = await _undo(company, given.contact_id, taken.reading_id)
    assert await _undo(company, given.contact_id, taken.reading_id) == first
    assert await _undo(company, given.contact_id) == Undone()


async def test_a_message_read_again_takes_back_no_other_reading(company: Company) -> None:
    """A death after the reading was taken back and before the answer was stored."""
    given = await _given(company)
    await _take(company, given)
    second = await _take(company, replace(given, values=(12350000,), source_message_id=2))
    first_time = await _undo(company, given.contact_id, message_id=77)
    assert (first_time.number, first_time.restored) == (second.number, (12330000,))
    assert await _undo(company, given.contact_id, message_id=77) == first_time
    assert await _statuses(company) == ["accepted", "undone"]
    assert (await _undo(company, given.contact_id, message_id=78)).values == (12330000,)


async def test_ten_minutes_and_no_longer(company: Company, clock: FakeClock) -> None:
    given = await _given(company)
    taken = await _take(company, given)
    clock.advance(minutes=10, seconds=1)
    assert (await _undo(company, given.contact_id)).late
    assert await _statuses(company) == ["accepted"]
    later = await _take(company, replace(given, values=(12350000,), source_message_id=2))
    clock.advance(minutes=10)
    assert not (await _undo(company, given.contact_id, later.reading_id)).late
    assert taken.undo_until < later.undo_until


async def test_somebody_elses_reading_is_not_his_to_take_back(company: Company) -> None:
    given = await _given(company)
    taken = await _take(company, given)
    stranger = await company.contact()
    assert await _undo(company, stranger, taken.reading_id) == Undone()
    assert await _undo(company, stranger) == Undone()
    assert await _statuses(company) == ["accepted"]
