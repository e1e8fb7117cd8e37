"""What a process holds back from its machine (asked of glibc, and of nobody elsewhere), and how
often it looks for what it has lost."""

import ctypes
import gc
import sys
from typing import Final

# mallopt(3): from how many pools threads take. By default every thread has one of its own, and
# what one thread has freed no other can use.
_ARENA_MAX: Final = -8
_POOLS: Final = 2
# Loading makes a million objects that stay, and a message thousands that die with it: the default
# of 700 looks through them far too often.
_YOUNG_OBJECTS: Final = 20_000


def collect_seldom() -> None:
    """To be called before anything large is imported: a tenth of the start is saved."""
    gc.set_threshold(_YOUNG_OBJECTS)


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
