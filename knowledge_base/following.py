"""Looking again whenever any process has changed something, and now and then without a sign."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from conversations import events
from storage.signals import Signals

log = structlog.get_logger(__name__)

# How soon a lost wake-up is made good.
SWEEP_SECONDS: Final = 15.0
# Every live event wakes us, ours or not: look at most so often.
STEP_SECONDS: Final = 1.0


async def follow(
    refresh: Callable[[], Awaitable[object]],
    signals: Signals,
    stop: asyncio.Event,
    *,
    failed: str,
    step: float = STEP_SECONDS,
) -> None:
    """Call ``refresh`` again and again until ``stop``; ``failed`` names in the log what did not
    succeed and will be tried again."""
    waiter = signals.subscribe(events.SIGNAL)
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            try:
                await refresh()
            except Exception:
                log.exception(failed)
            await asyncio.wait({stopping}, timeout=step)
            pause = asyncio.create_task(waiter.wait(SWEEP_SECONDS))
            await asyncio.wait({stopping, pause}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
    finally:
        stopping.cancel()
        signals.unsubscribe(events.SIGNAL, waiter)
