"""What is old is forgotten in the night, a little at a time; what is not, stays."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select, update

from conversations.models import Conversation, Delivery, Event, Message
from handoff.models import Handoff
from okno import profile as profiles
from okno import retention
from okno.profile import Retention
from okno.retention import Forgetting
from storage.database import Database
from storage.jobs import Job, JobRunner
from tests.conftest import FakeClock
from tests.storage.test_archive import fill

MOSCOW = ZoneInfo("Europe/Moscow")
TERMS = Retention(conversations_months=6, technical_days=30, events_days=14)


@pytest.fixture
def forgetting(database: Database) -> Forgetting:
    return Forgetting(database, TERMS, MOSCOW)


async def nights(database: Database, clock: FakeClock, forgetting: Forgetting, days: int) -> None:
    """Let the jobs run as a process would that looks every hour."""
    jobs = JobRunner(database, forgetting.jobs(), holder="test", period=1)
    await forgetting.begin()
    for _ in range(days * 24):
        clock.advance(hours=1)
        while await jobs.run_due():
            clock.advance(seconds=10)


async def texts(database: Database) -> list[str]:
    async with database.read() as session:
        return list((await session.execute(select(Message.text).order_by(Message.id))).scalars())


async def test_words_are_blanked_when_their_term_is_over(
    database: Database, clock: FakeClock, forgetting: Forgetting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    await fill(database, messages=5)
    async with database.write() as tx:
        await tx.session.execute(
            insert(Handoff).values(
                conversation_id=5, reason="callback", summary={"phone": "+7 900 000-00-00"},
                state="closed", name_folded="анна", requested_at=tx.now, first_due_at=tx.now,
                closed_at=tx.now,
            )
        )  # fmt: skip
    clock.advance(days=185)
    await nights(database, clock, forgetting, 1)
    assert await texts(database) == [f"сколько я должен? {number}" for number in range(5)]
    await nights(database, clock, forgetting, 2)
    assert await texts(database) == [""] * 5
    async with database.read() as session:
        row = (await session.execute(select(Message).order_by(Message.id.desc()))).scalars().first()
        assert row is not None
        assert (row.data, row.understanding, row.text_folded) == ({}, None, "")
        stay = (await session.execute(select(Handoff))).scalar_one()
        assert (stay.summary, stay.name_folded, stay.reason) == ({}, "", "callback")
        chat = (await session.execute(select(Conversation))).scalar_one()
        assert (chat.display_name, chat.state) == (None, {})
        # What is not sent yet is not old.
        assert (await session.execute(select(func.count()).select_from(Delivery))).scalar_one() == 1


async def test_events_and_done_jobs_go_after_their_days(
    database: Database, clock: FakeClock, forgetting: Forgetting
) -> None:
    async with database.write() as tx:
        await tx.session.execute(insert(Event).values(kind="x", ids={}, created_at=tx.now))
    await nights(database, clock, forgetting, 13)
    async with database.read() as session:
        assert (await session.execute(select(func.count()).select_from(Event))).scalar_one() == 1
    await nights(database, clock, forgetting, 32)
    async with database.read() as session:
        assert (await session.execute(select(func.count()).select_from(Event))).scalar_one() == 0
        oldest = (await session.execute(select(func.min(Job.due_at)))).scalar_one()
    assert clock.now() - oldest < timedelta(days=33)


async def test_who_writes_again_in_the_last_moment_is_not_forgotten(
    database: Database, clock: FakeClock, forgetting: Forgetting
) -> None:
    """Between the look for what is old and the forgetting of it."""
    await fill(database)
    clock.advance(days=200)
    found = await forgetting.look({})
    assert found["conversation"] == [5]
    async with database.write() as tx:
        await tx.session.execute(update(Conversation).values(last_message_at=tx.now))
    async with database.write() as tx:
        await forgetting.act(tx, {}, found)
    async with database.read() as session:
        chat = (await session.execute(select(Conversation))).scalar_one()
        assert chat.display_name is not None
    assert not any(await texts(database))


async def test_a_restart_does_not_add_a_second_night(
    database: Database, clock: FakeClock, forgetting: Forgetting
) -> None:
    await forgetting.begin()
    await forgetting.begin()
    async with database.read() as session:
        due = (await session.execute(select(Job.due_at))).scalars().all()
    assert [at.astimezone(MOSCOW).strftime("%d.%m %H:%M") for at in due] == ["19.11 03:30"]


def test_contacts_are_kept_for_half_a_year_at_least() -> None:
    assert profiles.load("demo").retention.conversations_months >= 6
    with pytest.raises(ValueError, match="greater than or equal to 6"):
        Retention(conversations_months=5)
