"""Work that goes on until the process is told to stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def until_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Run ``work``, which never ends by itself; then it is cancelled wherever it stands."""
    working = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({stopped, working}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, stopped):
            task.cancel()
        await asyncio.gather(working, stopped, return_exceptions=True)
