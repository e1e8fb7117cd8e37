"""How much one of many may do: token buckets in this process's memory.

Several processes allow several times as much; a restart forgives. Both are harmless here: the
limits keep a flood from the operators and the disk, they guard no secret.
"""

from collections import OrderedDict
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
