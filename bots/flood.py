"""One chat that writes without end: the assistant stops answering it, and nothing else changes.

What is written beyond the limit is stored and shown to operators, but not handled. The first such
message gets a line that says so; then there is silence until the chat has become quieter.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from bots.buckets import MOST_KEYS, Rate
from storage.clock import Clock


class Verdict(Enum):
    PASSES = auto()
    TOLD = auto()  # the first one too many
    SILENT = auto()


@dataclass(slots=True)
class _Chat:
    """``full_at``: when its bucket will be full again. ``seen_at``: the latest moment so far."""

    full_at: datetime
    seen_at: datetime
    told: bool = False


class Floods:
    """``rate``: how many messages of a chat are handled at once, and how fast more.

    A message counts at the moment at which it was written, by the platform: what has waited for
    us through an outage comes at once and is no flood.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._chats: OrderedDict[str, _Chat] = OrderedDict()

    def look(self, key: str, written_at: datetime) -> Verdict:
        """Whether one more message of the chat ``key`` is to be handled."""
        at = min(written_at, self._clock.now())
        chat = self._chats.setdefault(key, _Chat(at, at))
        # Not every event tells its moment (a press has ours), and they overtake each other: what
        # was written before the last one has not come too soon after it.
        at = chat.seen_at = max(chat.seen_at, at)
        self._chats.move_to_end(key)
        if len(self._chats) > MOST_KEYS:
            self._chats.popitem(last=False)
        used = max(chat.full_at - at, timedelta())
        whole = self._rate.burst * self._rate.every
        if chat.told and used > whole / 2:
            return Verdict.SILENT
        if used + self._rate.every > whole:
            chat.told = True
            return Verdict.TOLD
        chat.told = False
        chat.full_at = at + used + self._rate.every
        return Verdict.PASSES
