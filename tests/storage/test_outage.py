"""A database that refuses writes is told of once, and works again by itself."""

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from storage.database import Database
from storage.jobs import schedule
from storage.outage import is_outage


async def _fill(database: Database, key: str) -> None:
    async with database.write() as tx:
        await schedule(tx, "fill", key, tx.now, {"text": "x" * 200_000})


async def test_a_full_disk(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.write() as tx:
        pages = (await tx.connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with capture_logs() as logs:
        for key in "ab":
            with pytest.raises(OperationalError) as refused:
                await _fill(database, key)
            assert is_outage(refused.value)
        assert database.refusals.reason == "the disk is full"
        async with database.write() as tx:
            await tx.connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        await _fill(database, "a")
    assert database.refusals.reason is None
    assert [entry["event"] for entry in logs] == ["storage.refused", "storage.works_again"]
    await database.close()


async def test_an_error_of_the_work_itself_is_no_refusal(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with pytest.raises(OSError, match="of ours"):
        async with database.write():
            raise OSError("a file of ours")
    assert database.refusals.reason is None
    await database.close()
