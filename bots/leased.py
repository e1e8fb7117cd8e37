"""Work that at most one process does at a time, for as long as it holds a lease."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bots.stopping import until_stopped
from storage import leases
from storage.database import Database

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 3.0

Work = Callable[[], Coroutine[Any, Any, None]]


async def under_lease(
    database: Database, name: str, holder: str, work: Work, stop: asyncio.Event
) -> None:
    """Run ``work``, which never ends by itself, until told to stop.

    It is cancelled wherever it stands, also when the lease went to somebody else, so it must
    lose nothing by that.
    """
    await until_stopped(stop, _keep(database, name, holder, work))
    await leases.release(database, name, holder)


async def _keep(database: Database, name: str, holder: str, work: Work) -> None:
    running: asyncio.Task[None] | None = None
    try:
        while True:
            try:
                held = await leases.acquire(database, name, holder) is not None
            except Exception:
                # Without a database the work stores nothing and confirms nothing either.
                log.exception("bots.lease_not_renewed", lease=name)
                held = running is not None
            if held and running is None:
                running = asyncio.create_task(work())
            elif not held and running is not None:
                await _end(running)
                running = None
            if running is None:
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                # Renewed from aside: a poll may last longer than the lease.
                await asyncio.wait({running}, timeout=leases.LEASE_TTL.total_seconds() / 3)
                if running.done():
                    await running
                    raise RuntimeError(f"{name} ended by itself")
    finally:
        if running is not None:
            await _end(running)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
