"""On SQLite brief statements run where they are asked for; what may have to wait does not."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event, text

from storage.database import Database

WHERE = text("SELECT runs_in()")


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """Its connections know ``runs_in()``: the thread in which the statement runs."""
    database = Database(sqlite_url)

    def teach(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.driver_connection._conn.create_function("runs_in", 0, threading.get_ident)

    for engine in (database._writer, database._reader, database._brief_reader):
        event.listen(engine.sync_engine, "checkout", teach)
    yield database
    await database.close()


async def test_a_brief_transaction_waits_for_its_lock_in_the_thread_and_goes_on_here(
    sqlite: Database,
) -> None:
    here = threading.get_ident()
    async with sqlite.write(brief=True) as tx:
        assert (await tx.connection.execute(WHERE)).scalar_one() != here
        assert (await tx.connection.execute(WHERE)).scalar_one() == here
        assert (await tx.session.execute(WHERE)).scalar_one() == here
    async with sqlite.write() as tx:
        for _ in range(2):
            assert (await tx.connection.execute(WHERE)).scalar_one() != here


async def test_a_brief_read_runs_here(sqlite: Database) -> None:
    async with sqlite.read(brief=True) as session:
        assert (await session.execute(WHERE)).scalar_one() == threading.get_ident()
    async with sqlite.read() as session:
        assert (await session.execute(WHERE)).scalar_one() != threading.get_ident()
