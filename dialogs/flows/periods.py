"""The months a customer means: from the dates that were understood. No I/O."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from nlu import Understanding


@dataclass(frozen=True, slots=True)
class Period:
    """``since`` and ``until`` are days, both included."""

    since: date
    until: date

    @property
    def first_month(self) -> date:
        return self.since.replace(day=1)

    @property
    def last_month(self) -> date:
        return self.until.replace(day=1)

    @property
    def is_one_month(self) -> bool:
        return self.first_month == self.last_month


def period_of(found: Understanding | None) -> Period | None:
    """The first date of the message: a day, a month, a year, or a range of such."""
    dates = found.of("date") if found else ()
    for entity in dates:
        first, _, last = entity.value.partition("/")
        begin, end = _span(first), _span(last or first)
        if begin is not None and end is not None and begin[0] <= end[1]:
            return Period(begin[0], end[1])
    return None


def day_of(found: Understanding | None) -> date | None:
    """A day that was named as a day, not as a month or a year."""
    dates = found.of("date") if found else ()
    for entity in dates:
        span = _span(entity.value)
        if span is not None and span[0] == span[1]:
            return span[0]
    return None


def _span(value: str) -> tuple[date, date] | None:
    """«2026-10-25», «2026-10» or «2026» as its first and last day."""
    try:
        parts = [int(part) for part in value.split("-")]
        match parts:
            case [year]:
                return date(year, 1, 1), date(year, 12, 31)
            case [year, month]:
                return date(year, month, 1), date(year, month, monthrange(year, month)[1])
            case [year, month, day]:
                return date(year, month, day), date(year, month, day)
    except ValueError:
        return None
    return None
