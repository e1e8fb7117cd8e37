"""Where the tasks of a test that was broken off are waiting: the loop's own stack says nothing."""

import asyncio
import gc
from collections.abc import Iterator
from types import FrameType
from typing import Any


def report() -> str:
    tasks = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
    return "\n\n".join(
        "\n  ".join([task.get_name(), *map(_place, _frames(task.get_coro()))]) for task in tasks
    )


def _frames(step: Any) -> Iterator[FrameType]:
    """From the task's coroutine to what it waits for in the end."""
    while step is not None:
        frame = getattr(step, "cr_frame", None) or getattr(step, "gi_frame", None)
        if frame is not None:
            yield frame
        step = getattr(step, "cr_await", None) or getattr(step, "gi_yieldfrom", None)


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}"
