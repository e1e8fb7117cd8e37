"""How much one browser and one address may do: token buckets in this process's memory.

Several processes allow several times as much; a restart forgives. Both are harmless here: the
limits keep a flood from the operators and the disk, they guard no secret.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from storage.clock import Clock

MOST_KEYS = 50_000


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, then one more every ``every``."""

    burst: int
    every: timedelta


@dataclass(frozen=True, slots=True)
class ChatLimits:
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


class Buckets:
    """One bucket per key. Keys not used for longest are forgotten when there are too many."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        # When the key's bucket will be full again.
        self._full_at: OrderedDict[str, datetime] = OrderedDict()

    def wait(self, key: str) -> timedelta:
        """How long until one may be taken; zero for «now»."""
        now = self._clock.now()
        spent = max(self._full_at.get(key, now), now) - now
        return max(spent - (self._rate.burst - 1) * self._rate.every, timedelta())

    def take(self, key: str) -> None:
        now = self._clock.now()
        self._full_at[key] = max(self._full_at.get(key, now), now) + self._rate.every
        self._full_at.move_to_end(key)
        if len(self._full_at) > MOST_KEYS:
            self._full_at.popitem(last=False)


def take_all(*wanted: tuple[Buckets, str]) -> timedelta:
    """Take one from each bucket; or none, and how long to wait until there is one in each."""
    longest = max(buckets.wait(key) for buckets, key in wanted)
    if not longest:
        for buckets, key in wanted:
            buckets.take(key)
    return longest


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


def address_key(host: str) -> str:
    """IPv6: the /64, which is what one subscriber gets."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{address.exploded[:19]}::/64"
