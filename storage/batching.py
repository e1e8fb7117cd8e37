"""Work that waits together shares one transaction.

A durable commit costs the same for one message as for fifty. While one batch commits, the next
gathers; nothing is delayed on purpose.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from storage.database import Database, Transaction
from storage.outage import is_outage

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_LIMIT = 100

_Waiting = tuple[Item, "asyncio.Future[Result]"]


class Batcher(Generic[Item, Result]):
    """``submit(item)`` returns the item's result after the commit, or raises its error.

    ``work(tx, items)`` returns one result per item, in order. A batch that fails is rolled back
    and its items are tried one by one, so that a bad one harms only itself; in an outage of the
    database all fail at once.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result]]],
    ) -> None:
        self._database = database
        self._work = work
        self._waiting: list[_Waiting[Item, Result]] = []
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch: list[_Waiting[Item, Result]] = []
            try:
                await self._commit(batch)
            except Exception as error:
                # Without a connection nothing was taken.
                self._take(batch)
                if len(batch) == 1 or is_outage(error):
                    for _, future in batch:
                        _fail(future, error)
                    continue
                for one in batch:
                    try:
                        await self._commit([one])
                    except Exception as single_error:
                        _fail(one[1], single_error)

    def _take(self, batch: "list[_Waiting[Item, Result]]") -> None:
        """Fill an empty batch from what waits."""
        if not batch:
            batch += self._waiting[:BATCH_LIMIT]
            del self._waiting[:BATCH_LIMIT]

    async def _commit(self, batch: "list[_Waiting[Item, Result]]") -> None:
        async with self._database.write_in_turn() as tx:
            # Only now: what came while it waited its turn goes along.
            self._take(batch)
            results = await self._work(tx, [item for item, _ in batch])
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def close(self) -> None:
        """Wait until everything that was submitted is stored."""
        if self._runner is not None:
            await asyncio.gather(self._runner, return_exceptions=True)


def _fail(future: "asyncio.Future[Result]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
