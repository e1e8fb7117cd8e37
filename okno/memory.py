"""What a serving process holds back from its machine: asked of glibc, and of nobody elsewhere."""

import ctypes
import sys
from typing import Final

# mallopt(3): from how many pools threads take. By default every thread has one of its own, and
# what one thread has freed no other can use.
_ARENA_MAX: Final = -8
_POOLS: Final = 2


def share_pools() -> None:
    """To be called before the first thread begins."""
    if (c := _glibc()) is not None:
        c.mallopt(_ARENA_MAX, _POOLS)


def give_back() -> None:
    """Return what the start has used and freed to the system, malloc_trim(3)."""
    if (c := _glibc()) is not None:
        c.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    c = ctypes.CDLL(None)
    return c if hasattr(c, "gnu_get_libc_version") else None
