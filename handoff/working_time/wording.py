"""Times as customers are told them. All moments here are local."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from web.wording import MONTHS

ON_WEEKDAY = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу",
              "в субботу", "в воскресенье")  # fmt: skip
WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
MINUTES = 24 * 60
SOON = timedelta(hours=3)


def clock_time(at: datetime, now: datetime) -> str:
    """«до 14:20», «завтра до 9:15», «в понедельник до 8:15», «23 ноября до 9:15».

    Rounded up to the minute: an answer in time is never later than what was promised. About
    midnight «до 0:13» needs no day.
    """
    at = _whole_minute(at)
    day, time = at.date(), f"{at.hour}:{at.minute:02}"
    if at.hour == at.minute == 0:
        day, time = day - timedelta(days=1), "24:00"
    ahead = (day - now.date()).days
    if ahead == 0 or abs(at - now) < SOON:
        return f"до {time}"
    if ahead == 1:
        return f"завтра до {time}"
    if 1 < ahead < 7:
        return f"{ON_WEEKDAY[day.weekday()]} до {time}"
    return f"{day.day} {MONTHS[day.month - 1]} до {time}"


def schedule(weekly: Sequence[Sequence[tuple[int, int]]]) -> str:
    """«пн–чт 8:00–17:00, перерыв 12:00–13:00; пт 8:00–16:00», «ежедневно 9:00–21:00».

    ``weekly``: for Monday to Sunday the intervals in minutes from midnight.
    """
    if all(tuple(day) == ((0, MINUTES),) for day in weekly):
        return "круглосуточно"
    runs: list[tuple[int, int]] = []  # first and last day of equal neighbours
    for day in range(len(weekly)):
        if not weekly[day]:
            continue
        if runs and runs[-1][1] == day - 1 and weekly[day] == weekly[day - 1]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return "; ".join(f"{_days(*run)} {_hours(weekly[run[0]])}" for run in runs)


def _whole_minute(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def _days(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return "ежедневно"
    if first == last:
        return WEEKDAYS[first]
    joined = ", " if last == first + 1 else "–"
    return f"{WEEKDAYS[first]}{joined}{WEEKDAYS[last]}"


def intervals(day: Sequence[tuple[int, int]]) -> str:
    """«8:00–12:00, 13:00–17:00»; "" for a day off."""
    return ", ".join(f"{_time(start)}–{_time(end)}" for start, end in day)


def _hours(intervals: Sequence[tuple[int, int]]) -> str:
    text = f"{_time(intervals[0][0])}–{_time(intervals[-1][1])}"
    breaks = [
        f"{_time(end)}–{_time(start)}"
        for (_, end), (start, _) in pairwise(intervals)
        if start > end
    ]
    if not breaks:
        return text
    return f"{text}, {'перерыв' if len(breaks) == 1 else 'перерывы'} {' и '.join(breaks)}"


def _time(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
