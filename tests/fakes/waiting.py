"""Waiting for what must come true, with a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], bool | Awaitable[bool]],
    what: str,
    seconds: float = 60,
    every: float = 0.005,
) -> None:
    """Return as soon as ``condition`` holds, looked at ``every`` so many seconds; fail with
    ``what`` when it does not in time."""
    deadline = time.monotonic() + seconds
    while True:
        holds = condition()
        if not isinstance(holds, bool):
            holds = await holds
        if holds:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        await asyncio.sleep(every)
