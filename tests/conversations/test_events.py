"""Numbers of events become visible in order, and only with their transaction."""

import asyncio

import pytest
from sqlalchemy import text

from conversations import events as live
from conversations.events import SIGNAL, Change, Events
from storage.database import Database
from storage.signals import Signals
from tests.fakes.waiting import until


async def seen(database: Database, after: int = 0) -> list[Change]:
    async with database.read() as session:
        return list(await live.since(session, after))


async def test_an_older_transaction_that_ends_last_has_the_later_numbers(
    postgres_url: str,
) -> None:
    """The hole that numbers taken at the insert would leave: a reader who has seen the younger
    transaction's number would never look back for the older one's."""
    database = Database(postgres_url)
    events = Events(Signals(database))
    older_wrote, end_older = asyncio.Event(), asyncio.Event()

    async def older() -> None:
        async with database.write() as tx:
            events.emit(tx, "older")
            await tx.session.execute(text("SELECT 1"))
            older_wrote.set()
            await end_older.wait()

    task = asyncio.create_task(older())
    await older_wrote.wait()
    async with database.write() as tx:
        events.emit(tx, "younger")
    first_look = await seen(database)
    assert [change.kind for change in first_look] == ["younger"]
    end_older.set()
    await task
    second_look = await seen(database, after=first_look[-1].id)
    assert [change.kind for change in second_look] == ["older"]
    await database.close()


async def test_between_number_and_commit_nobody_takes_the_next_number(
    postgres_url: str,
) -> None:
    """Even while a transaction hangs in its commit, no greater number can become visible."""
    database = Database(postgres_url)
    events = Events(Signals(database))
    numbered, commit = asyncio.Event(), asyncio.Event()

    async def hanging() -> None:
        async with database.write() as tx:
            events.emit(tx, "first")
            number = tx._last
            assert number is not None

            async def number_and_hang(inner: object) -> None:
                await number(tx)
                numbered.set()
                await commit.wait()

            tx.last(number_and_hang)

    async def second() -> None:
        async with database.write() as tx:
            events.emit(tx, "second")

    first_task = asyncio.create_task(hanging())
    await numbered.wait()
    second_task = asyncio.create_task(second())

    async def second_waits_for_the_lock() -> bool:
        async with database.read() as session:
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            return bool((await session.execute(text(waiting))).scalar_one() == 1)

    await until(second_waits_for_the_lock, "the second waits")
    assert await seen(database) == []
    commit.set()
    await asyncio.gather(first_task, second_task)
    changes = await seen(database)
    assert [change.kind for change in changes] == ["first", "second"]
    assert changes[0].id < changes[1].id
    await database.close()


async def test_a_reader_that_follows_meets_every_event_of_many_writers(
    database: Database, events: Events
) -> None:
    async def write(writer: int) -> None:
        for n in range(5):
            async with database.write() as tx:
                events.emit(tx, "made", writer=writer, n=n)
                await tx.session.execute(text("SELECT 1"))
                await asyncio.sleep(0)

    followed: list[Change] = []
    writers = asyncio.gather(*(write(writer) for writer in range(10)))
    while len(followed) < 50:
        done = writers.done()
        followed += await seen(database, followed[-1].id if followed else 0)
        assert not done or len(followed) == 50, "an event was passed over"
    await writers
    for writer in range(10):
        mine = [change.ids["n"] for change in followed if change.ids["writer"] == writer]
        assert mine == [0, 1, 2, 3, 4]


async def test_a_rolled_back_change_leaves_no_event(database: Database, events: Events) -> None:
    async def fail() -> None:
        async with database.write() as tx:
            events.emit(tx, "never")
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        await fail()
    async with database.write() as tx:
        events.emit(tx, "made", conversation_id=5, message=7)
    (change,) = await seen(database)
    assert (change.kind, change.conversation_id, change.ids) == ("made", 5, {"message": 7})
    async with database.read() as session:
        assert await live.bounds(session) == (change.id, change.id)


async def test_a_change_wakes_who_follows(
    database: Database, signals: Signals, events: Events
) -> None:
    await signals.start()
    waiter = signals.subscribe(SIGNAL)
    if not database.is_sqlite:
        await until(lambda: waiter._event.is_set(), "the listener listens")
        await waiter.wait(1)
    async with database.write() as tx:
        events.emit(tx, "made")
    assert await waiter.wait(10)
    await signals.close()
