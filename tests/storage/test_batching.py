"""Work that waits together shares a transaction."""

import asyncio
from collections.abc import Sequence

from storage.batching import Batcher
from storage.database import Database, Transaction


async def test_what_comes_while_the_turn_is_another_s_goes_along(database: Database) -> None:
    batches: list[list[int]] = []

    async def work(_tx: Transaction, items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        return [item * 10 for item in items]

    batcher = Batcher(database, work)
    async with asyncio.timeout(15):
        async with database.write_in_turn():
            first = asyncio.create_task(batcher.submit(1))
            for _ in range(5):  # until it stands in the queue
                await asyncio.sleep(0)
            second = asyncio.create_task(batcher.submit(2))
            await asyncio.sleep(0)
        assert await asyncio.gather(first, second) == [10, 20]
    assert batches == [[1, 2]]


async def test_without_a_connection_nobody_waits_for_ever() -> None:
    async def work(_tx: Transaction, items: Sequence[int]) -> list[int]:
        return list(items)

    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    batcher = Batcher(database, work)
    async with asyncio.timeout(15):
        both = await asyncio.gather(batcher.submit(1), batcher.submit(2), return_exceptions=True)
    assert all(isinstance(one, OSError) for one in both), both
    await database.close()
