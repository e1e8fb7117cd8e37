"""The working calendar: when operators work, and arithmetic with working time.

Moments are aware datetimes and come back in UTC. Work goes on in half-open intervals: at the
very minute of closing nobody is there any more.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

import holidays

from handoff.errors import WrongHours
from handoff.working_time import wording

# Minutes from local midnight, from and to; the day ends at 1440.
Interval = tuple[int, int]
Day = tuple[Interval, ...]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES = 24 * 60
WHOLE_DAY: Day = ((0, MINUTES),)
SATURDAY = 5
FRIDAY = 4

# ТК РФ ст. 112, without the days off that are moved.
_HOLIDAYS = {*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}
_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_KEYS = {"around_the_clock", "weekly", "exceptions", "public_holidays", "eve_shorter_minutes"}


class PublicHolidays:
    """Russia's days off: ТК РФ ст. 112, with the days that the government moves each year.

    A year whose decree the library does not know yet has the law's own days.
    """

    def __init__(self) -> None:
        # The library fills in each year on the first question about it.
        self._days_off = holidays.country_holidays("RU")

    def is_off(self, day: date) -> bool:
        return day in self._days_off

    def is_moved_workday(self, day: date) -> bool:
        """A Saturday or Sunday on which the country works for a day off elsewhere."""
        return day not in self._days_off and day in self._days_off.weekend_workdays

    def is_eve(self, day: date) -> bool:
        """The day before a holiday, an hour shorter (ТК РФ ст. 95)."""
        tomorrow = day + timedelta(days=1)
        return _is_holiday(tomorrow) and not _is_holiday(day)


@dataclass(frozen=True)
class WorkingHours:
    """``weekly``: the intervals of Monday to Sunday; ``exceptions`` replace a date's intervals.

    ``public``: days off and moved working days, None where the company works regardless of them.
    ``eve_shorter``: how much earlier the last interval ends on the eve of a holiday.
    """

    zone: ZoneInfo
    weekly: Sequence[Day]
    exceptions: Mapping[date, Day] = field(default_factory=dict)
    public: PublicHolidays | None = None
    eve_shorter: timedelta = timedelta(0)
    around_the_clock: bool = False

    @classmethod
    def from_profile(cls, hours: Mapping[str, Any], zone: ZoneInfo) -> Self:
        """From the profile's YAML. Raises WrongHours.

        Either ``around_the_clock: true``, or ``weekly: {mon: ["08:00-12:00", …], …}`` with, as
        wanted, ``exceptions: {2026-12-31: ["08:00-12:00"], 2027-01-09: []}``,
        ``public_holidays: false`` and ``eve_shorter_minutes: 0`` (default true and 60).
        """
        unknown = sorted(set(hours) - _KEYS)
        if unknown:
            raise WrongHours(f"hours: unknown key {unknown[0]!r}")
        if hours.get("around_the_clock"):
            return cls(zone, (WHOLE_DAY,) * 7, public=PublicHolidays(), around_the_clock=True)
        given = hours.get("weekly")
        if not isinstance(given, Mapping):
            raise WrongHours("hours: there is neither around_the_clock nor weekly")
        wrong = sorted(set(given) - set(WEEKDAYS))
        if wrong:
            raise WrongHours(f"hours.weekly: {wrong[0]!r} is none of {', '.join(WEEKDAYS)}")
        weekly = tuple(_day(given.get(name, ()), f"hours.weekly.{name}") for name in WEEKDAYS)
        if not any(weekly):
            raise WrongHours("hours.weekly: there is no working day")
        return cls(
            zone,
            weekly,
            exceptions={
                _date(day): _day(intervals, f"hours.exceptions.{day}")
                for day, intervals in (hours.get("exceptions") or {}).items()
            },
            public=PublicHolidays() if hours.get("public_holidays", True) else None,
            eve_shorter=_minutes(hours.get("eve_shorter_minutes", 60)),
        )

    @cached_property
    def version(self) -> str:
        """The same for the same hours: tells whether a due time was computed by these."""
        told = (
            str(self.zone), tuple(self.weekly), sorted(self.exceptions.items()),
            self.public is not None, self.eve_shorter, self.around_the_clock,
        )  # fmt: skip
        return hashlib.sha256(repr(told).encode()).hexdigest()[:12]

    def is_open(self, at: datetime) -> bool:
        start, _ = next(self._intervals(at))
        return start <= at

    def next_opening(self, at: datetime) -> datetime:
        """The first moment from ``at`` on when somebody works: ``at`` itself in working time."""
        start, _ = next(self._intervals(at))
        return max(start, at.astimezone(UTC))

    def add_working_time(self, at: datetime, span: timedelta) -> datetime:
        """The earliest moment by which ``span`` of working time has passed since ``at``."""
        if span <= timedelta(0):
            return at.astimezone(UTC)
        left = span
        for start, end in self._intervals(at):
            start = max(start, at)
            if end - start >= left:
                return (start + left).astimezone(UTC)
            left -= end - start
        raise AssertionError("the calendar has no end")

    def working_time_between(self, earlier: datetime, later: datetime) -> timedelta:
        """Zero when ``later`` is not later."""
        total = timedelta(0)
        for start, end in self._intervals(earlier):
            if start >= later:
                return total
            total += max(timedelta(0), min(end, later) - max(start, earlier))
        raise AssertionError("the calendar has no end")

    def add_working_days(self, at: datetime, days: int) -> datetime:
        """The end of work on the ``days``-th working day after that of ``at``.

        The day itself does not count (ГК РФ ст. 191). Where operators work round the clock, the
        offices' days count: Monday to Friday without public holidays.
        """
        day = at.astimezone(self.zone).date()
        left = days
        while left > 0:
            day += timedelta(days=1)
            left -= self._is_working_day(day)
        intervals = self.intervals_of(day)
        return self._moment(day, intervals[-1][1] if intervals else MINUTES)

    def last_closing(self, at: datetime) -> datetime:
        """The end of work on the local day of ``at``, or on the last working day before it."""
        day = at.astimezone(self.zone).date()
        while not (intervals := self.intervals_of(day)):
            day -= timedelta(days=1)
        return self._moment(day, intervals[-1][1])

    def intervals_of(self, day: date) -> Day:
        """When work goes on that day, in local minutes from midnight."""
        if self.around_the_clock:
            return WHOLE_DAY
        if day in self.exceptions:
            return self.exceptions[day]
        usual = self.weekly[day.weekday()]
        if self.public is None:
            return usual
        if self.public.is_off(day):
            return ()
        if self.public.is_moved_workday(day):
            usual = usual or self.weekly[FRIDAY]
        if usual and self.eve_shorter and self.public.is_eve(day):
            return _shortened(usual, self.eve_shorter)
        return usual

    def text(self) -> str:
        """«пн–пт 8:00–17:00, перерыв 12:00–13:00; сб 9:00–14:00», «круглосуточно»."""
        return wording.schedule(self.weekly)

    def clock_time(self, at: datetime, now: datetime) -> str:
        """«до 14:20», «завтра до 9:15», «в понедельник до 8:15», «23 ноября до 9:15»."""
        return wording.clock_time(at.astimezone(self.zone), now.astimezone(self.zone))

    def _is_working_day(self, day: date) -> bool:
        if not self.around_the_clock:
            return bool(self.intervals_of(day))
        public = self._offices
        if public.is_off(day):
            return False
        return day.weekday() < SATURDAY or public.is_moved_workday(day)

    @cached_property
    def _offices(self) -> PublicHolidays:
        return self.public or PublicHolidays()

    def _intervals(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """In UTC, in order, without end: those that are not over at ``at``."""
        # A change of the zone's rules can make a local day begin earlier than its midnight.
        day = at.astimezone(self.zone).date() - timedelta(days=1)
        reached = datetime.min.replace(tzinfo=UTC)
        while True:
            for first, last in self.intervals_of(day):
                start, end = max(self._moment(day, first), reached), self._moment(day, last)
                if end > start:
                    reached = end
                    if end > at:
                        yield start, end
            day += timedelta(days=1)

    def _moment(self, day: date, minutes: int) -> datetime:
        local = datetime.combine(day, time(), tzinfo=self.zone) + timedelta(minutes=minutes)
        return local.astimezone(UTC)


class HoursInForce(WorkingHours):
    """The hours of now: one object for a whole process, which changes when they do."""

    def become(self, other: WorkingHours) -> None:
        for field_ in fields(WorkingHours):
            object.__setattr__(self, field_.name, getattr(other, field_.name))
        for cached in ("version", "_offices"):
            self.__dict__.pop(cached, None)


def _is_holiday(day: date) -> bool:
    return (day.month, day.day) in _HOLIDAYS


def _shortened(intervals: Day, by: timedelta) -> Day:
    """The same day without its last ``by``."""
    left = int(by.total_seconds()) // 60
    kept = list(intervals)
    while kept and left:
        start, end = kept.pop()
        if end - start > left:
            kept.append((start, end - left))
            break
        left -= end - start
    return tuple(kept)


def _minutes(value: object) -> timedelta:
    if not isinstance(value, int) or not 0 <= value < MINUTES:
        raise WrongHours(f"hours.eve_shorter_minutes: {value!r} is no number of minutes")
    return timedelta(minutes=value)


def _date(value: object) -> date:
    """YAML makes dates of unquoted keys and leaves quoted ones as text."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise WrongHours(f"hours.exceptions: {value!r} is no date like 2026-12-31") from error


def _day(given: object, where: str) -> Day:
    if not isinstance(given, list | tuple):
        raise WrongHours(f'{where}: a list like ["08:00-12:00", "13:00-17:00"] is needed')
    day = tuple(_interval(one, where) for one in given)
    for (_, end), (start, _) in pairwise(day):
        if start < end:
            raise WrongHours(f"{where}: the intervals overlap or are out of order")
    return day


def _interval(given: object, where: str) -> Interval:
    found = _INTERVAL.fullmatch(str(given).strip())
    if found is None:
        raise WrongHours(f"{where}: {given!r} is no interval like 08:00-17:00")
    first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if first_minute > 59 or last_minute > 59 or end > MINUTES:
        raise WrongHours(f"{where}: {given!r}: there is no such time")
    if end <= start:
        raise WrongHours(
            f"{where}: {given!r} ends before it begins; a night is 22:00-24:00 and, "
            "on the next day, 00:00-06:00"
        )
    return start, end
