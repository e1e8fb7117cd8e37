"""Days on which banks pass payments on: Monday to Friday without public holidays. No I/O."""

from datetime import date, timedelta

from handoff.working_time.calendar import SATURDAY, PublicHolidays

_HOLIDAYS = PublicHolidays()


def bank_days_after(day: date, count: int) -> date:
    """The ``count``-th bank day after ``day``, which itself does not count (ГК РФ ст. 191)."""
    while count > 0:
        day += timedelta(days=1)
        count -= _is_bank_day(day)
    return day


def _is_bank_day(day: date) -> bool:
    if _HOLIDAYS.is_off(day):
        return False
    return day.weekday() < SATURDAY or _HOLIDAYS.is_moved_workday(day)
