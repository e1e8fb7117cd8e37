"""Wake-ups reach other processes over PostgreSQL, and only after the commit."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from storage import signals as signalling
from storage.database import Database
from storage.signals import Signals, Waiter
from tests.fakes.waiting import until


@pytest.fixture
async def two(postgres_url: str) -> AsyncIterator[list[tuple[Database, Signals]]]:
    """Two processes' views of one database, listening."""
    made = [(database, Signals(database)) for database in (Database(postgres_url) for _ in "ab")]
    for _, signals in made:
        await signals.start()
        await listening(signals)
    yield made
    for database, signals in made:
        await signals.close()
        await database.close()


async def listening(signals: Signals) -> None:
    """A listener wakes everybody when it begins: something may have come while it was deaf."""
    waiter = signals.subscribe("probe")
    assert await waiter.wait(10)
    signals.unsubscribe("probe", waiter)


async def wake(database: Database, signals: Signals, *names: str) -> None:
    async with database.write() as tx:
        for name in names:
            signals.wake(tx, name)


async def test_a_signal_reaches_both_processes(two: list[tuple[Database, Signals]]) -> None:
    waiters = [signals.subscribe("intake") for _, signals in two]
    await wake(*two[0], "intake")
    assert await asyncio.gather(*(waiter.wait(10) for waiter in waiters)) == [True, True]


async def test_only_the_named_are_woken(two: list[tuple[Database, Signals]]) -> None:
    _, receiver = two[1]
    intake, outbox = receiver.subscribe("intake"), receiver.subscribe("outbox:1")
    await wake(*two[0], "outbox:1", "other")
    assert await outbox.wait(10)
    assert not intake._event.is_set()


async def test_a_rolled_back_transaction_wakes_nobody(
    two: list[tuple[Database, Signals]],
) -> None:
    (database, signals), (_, receiver) = two
    waiter, last = receiver.subscribe("intake"), receiver.subscribe("last")

    async def fail() -> None:
        async with database.write() as tx:
            signals.wake(tx, "intake")
            await tx.session.execute(text("SELECT 1"))
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        await fail()
    await wake(database, signals, "last")
    assert await last.wait(10), "what was sent after it has come"
    assert not waiter._event.is_set()


async def test_a_lost_listener_comes_back_and_wakes_everybody(
    two: list[tuple[Database, Signals]], postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signalling, "RECONNECT_SECONDS", 0.01)
    database, signals = two[0]
    waiter = signals.subscribe("intake")
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    )
    await admin.close()
    assert await waiter.wait(10), "woken by the new listener: something may have been missed"
    await wake(database, signals, "intake")
    assert await waiter.wait(10)


async def test_in_one_process_a_signal_comes_with_the_commit(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    signals = Signals(database)
    waiter = signals.subscribe("intake")
    async with database.write() as tx:
        signals.wake(tx, "intake")
        signals.wake(tx, "intake")
        assert not waiter._event.is_set()
    assert await waiter.wait(0)
    assert not await waiter.wait(0), "two in one transaction are one"
    await database.close()


async def test_what_comes_while_the_sleeper_works_is_not_lost() -> None:
    waiter = Waiter()
    waiter.set()
    assert await waiter.wait(0)
    waiter.set()
    await until(lambda: waiter._event.is_set(), "it is kept")
    assert await waiter.wait(0)
