"""How much one browser and one address may do in the site chat."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from bots.buckets import Rate


class ChatLimits(NamedTuple):
    """An address may be an office or a mobile operator with many people behind it."""

    messages_per_visitor: Rate = Rate(8, timedelta(seconds=3))
    messages_per_address: Rate = Rate(60, timedelta(seconds=1))
    visitors_per_address: Rate = Rate(20, timedelta(seconds=20))
    files_per_visitor: Rate = Rate(10, timedelta(seconds=20))
    files_per_address: Rate = Rate(30, timedelta(seconds=10))
    phones_per_visitor: Rate = Rate(3, timedelta(minutes=1))
    reads_per_address: Rate = Rate(200, timedelta(milliseconds=100))
    streams_per_visitor: int = 8
    streams_per_address: int = 100


class Places:
    """How many streams are open, by key."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def are_free(self, key: str, most: int) -> bool:
        return self._taken[key] < most

    @contextmanager
    def taken(self, *keys: str) -> Iterator[None]:
        self._taken.update(keys)
        try:
            yield
        finally:
            self._taken.subtract(keys)
            for key in keys:
                if self._taken[key] <= 0:
                    del self._taken[key]
