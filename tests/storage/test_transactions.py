"""The databases keep what the design claims of them."""

import asyncio

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from conversations.models import BotAccount
from storage import leases, migrate
from storage.database import Database, Transaction
from storage.errors import LeaseLost
from storage.jobs import JobRunner, schedule
from tests.conftest import FakeClock


async def test_fifty_concurrent_increments_lose_none(database: Database) -> None:
    async with database.write() as tx:
        tx.session.add(BotAccount(id=1, channel="web", name="counter", position=0))

    async def increment() -> None:
        async with database.write() as tx:
            current = (
                await tx.session.execute(
                    select(BotAccount.position).where(BotAccount.id == 1).with_for_update()
                )
            ).scalar_one()
            assert current is not None
            await tx.session.execute(
                update(BotAccount).where(BotAccount.id == 1).values(position=current + 1)
            )

    await asyncio.gather(*(increment() for _ in range(50)))
    async with database.read() as session:
        assert (await session.execute(select(BotAccount.position))).scalar_one() == 50


async def test_a_read_session_of_sqlite_cannot_write(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.read() as session:
        with pytest.raises(DBAPIError, match="readonly"):
            await session.execute(update(BotAccount).values(position=1))
    await database.close()


async def test_models_and_migrations_agree(database: Database) -> None:
    assert await migrate.differences(database) == []
    assert await migrate.is_current(database)


async def test_a_lease_is_held_by_one_and_moves_with_a_higher_epoch(
    database: Database, sqlite_url: str, clock: FakeClock
) -> None:
    first = await leases.acquire(database, "sender:1", "a")
    assert first is not None
    assert await leases.acquire(database, "sender:1", "b") is None
    assert await leases.acquire(database, "sender:1", "a") == first
    await leases.release(database, "sender:1", "a")
    second = await leases.acquire(database, "sender:1", "b")
    assert second is not None
    assert second > first
    with pytest.raises(LeaseLost):
        async with database.write() as tx:
            await leases.check(tx, "sender:1", "a", first)
    async with database.write() as tx:
        await leases.check(tx, "sender:1", "b", second)


async def test_jobs_run_when_due_once_and_again_after_a_failure(
    database: Database, clock: FakeClock
) -> None:
    ran: list[str] = []
    failing = True

    async def remember(tx: Transaction, payload: dict[str, str]) -> None:
        if failing:
            raise ValueError("not yet")
        ran.append(payload["what"])

    runner = JobRunner(database, {"remember": remember}, holder="a", period=1)
    due = clock.now()
    async with database.write() as tx:
        for _ in range(2):
            await schedule(tx, "remember", "k", due, {"what": "x"})
        clock.advance(minutes=5)
        await schedule(tx, "remember", "k", clock.now(), {"what": "later"})
    clock.advance(minutes=-4)
    assert await runner.run_due() == 1
    assert ran == []
    failing = False
    clock.advance(minutes=1)
    assert await runner.run_due() == 1
    assert ran == ["x"]
    assert await runner.run_due() == 0
    clock.advance(minutes=3)
    await runner.run_due()
    assert ran == ["x", "later"]
