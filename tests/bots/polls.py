"""A poll loop that runs until it is told to stop, or dies."""

import asyncio
from typing import Protocol


class Poller(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...


class Polling:
    def __init__(self, poller: Poller) -> None:
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(poller.run(self._stop))

    async def stop(self) -> None:
        self._stop.set()
        await self._task

    async def die(self) -> None:
        """Without the ways of an orderly end."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
