"""The order of the inbox's lists, and places in it. No I/O.

A page begins after a place, not at a number of rows: the hundredth costs what the first does.
What has a date stands before what has none; each is read in the order of an index of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from handoff.models import Handoff
from storage.base import LARGEST_ID, UtcDateTime

Column = InstrumentedAttribute[Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Run:
    """A part of a list that is sorted by ``keys``; the last key is unique."""

    only: ColumnElement[bool]
    keys: Sequence[Column]
    newest_first: bool = False

    def order(self) -> list[ColumnElement[Any]]:
        return [key.desc() if self.newest_first else key.asc() for key in self.keys]

    def after(self, values: Sequence[Any]) -> ColumnElement[bool]:
        place = tuple_(*(literal(v, k.type) for v, k in zip(values, self.keys, strict=True)))
        return tuple_(*self.keys) < place if self.newest_first else tuple_(*self.keys) > place

    def values(self, stay: Handoff) -> list[Any]:
        return [getattr(stay, key.key) for key in self.keys]


# Danger, then what is due soonest; then those that are owed nothing.
BY_DUE = (
    Run(Handoff.rank_at.is_not(None), (Handoff.urgency, Handoff.rank_at, Handoff.id)),
    Run(Handoff.rank_at.is_(None), (Handoff.id,)),
)
BY_WAKING = (
    Run(Handoff.wake_at.is_not(None), (Handoff.wake_at, Handoff.id)),
    Run(Handoff.wake_at.is_(None), (Handoff.id,)),
)
BY_END = (Run(Handoff.closed_at.is_not(None), (Handoff.closed_at, Handoff.id), newest_first=True),)
BY_NUMBER = (Run(Handoff.id > 0, (Handoff.id,), newest_first=True),)


@dataclass(frozen=True, slots=True)
class Place:
    """The last line of a page: which run of the list it is in, and its keys."""

    run: int
    values: tuple[Any, ...]

    def text(self) -> str:
        """For an address: «0-1-1763744400000000-17»."""
        return "-".join(str(_number(value)) for value in (self.run, *self.values))


def place(text: str, runs: Sequence[Run]) -> Place | None:
    """What ``Place.text`` has written; None for anything else."""
    parts = text.split("-")
    if not all(part.isascii() and part.isdecimal() and len(part) < 20 for part in parts):
        return None
    run, *numbers = map(int, parts)
    if run >= len(runs) or len(numbers) != len(runs[run].keys) or max(numbers) > LARGEST_ID:
        return None
    return Place(run, tuple(map(_value, numbers, runs[run].keys)))


def _number(value: Any) -> int:
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else int(value)


def _value(number: int, key: Column) -> Any:
    if not isinstance(key.type, UtcDateTime):
        return number
    # Beyond the calendar there is nothing to come.
    return _EPOCH + min(number * _MICROSECOND, timedelta(days=365 * 1000))
