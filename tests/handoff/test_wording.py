"""Times as customers are told them."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.working_time import wording
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.promise import promise
from tests.handoff.test_calendar import QUARTER, WEEK, at, hours


@pytest.mark.parametrize(
    ("due", "now", "told"),
    [
        ("2026-11-18T14:20", "2026-11-18T14:05", "до 14:20"),
        ("2026-11-18T14:20:01", "2026-11-18T14:05:01", "до 14:21"),
        ("2026-11-19T09:15", "2026-11-18T20:00", "завтра до 9:15"),
        ("2026-11-19T00:10", "2026-11-18T23:55", "до 0:10"),
        ("2026-11-18T23:55", "2026-11-19T00:10", "до 23:55"),
        ("2026-11-16T12:00", "2026-11-18T23:55", "16 ноября до 12:00"),
        ("2026-11-19T00:00", "2026-11-18T23:45", "до 24:00"),
        ("2026-11-18T23:59:30", "2026-11-18T23:44:30", "до 24:00"),
        ("2026-11-23T08:15", "2026-11-20T18:00", "в понедельник до 8:15"),
        ("2026-11-24T08:15", "2026-11-20T18:00", "во вторник до 8:15"),
        ("2026-11-23T09:15", "2026-11-16T18:00", "23 ноября до 9:15"),
        ("2027-01-11T08:15", "2026-12-30T18:00", "11 января до 8:15"),
    ],
)
def test_clock_time(due: str, now: str, told: str) -> None:
    assert hours().clock_time(at(due), at(now)) == told


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 (local on purpose)
    st.timedeltas(timedelta(seconds=1), timedelta(days=1)),
)
def test_what_is_told_is_never_earlier_than_what_is_due(now: datetime, ahead: timedelta) -> None:
    due = now + ahead
    text = wording.clock_time(due, now).removeprefix("завтра ").removeprefix("до ")
    hour, minute = map(int, text.split(":"))
    told = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        days=wording.clock_time(due, now).startswith("завтра"), hours=hour, minutes=minute
    )
    if told < due:  # about midnight the day goes without saying
        told += timedelta(days=1)
        assert ahead < wording.SOON
    assert timedelta(0) <= told - due < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("weekly", "text"),
    [
        (WEEK, "пн–чт 8:00–17:00, перерыв 12:00–13:00; пт 8:00–16:00, перерыв 12:00–13:00"),
        ({"mon": ["09:00-18:00"], "tue": ["09:00-18:00"]}, "пн, вт 9:00–18:00"),
        ({"wed": ["08:00-10:00", "11:00-13:00", "14:00-15:30"]},
         "ср 8:00–15:30, перерывы 10:00–11:00 и 13:00–14:00"),
        ({day: ["00:00-12:00", "12:00-24:00"] for day in ("sat", "sun")}, "сб, вс 0:00–24:00"),
        ({day: ["09:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
         "ежедневно 9:00–21:00"),
    ],
)  # fmt: skip
def test_schedule(weekly: dict[str, Any], text: str) -> None:
    own = WorkingHours.from_profile({"weekly": weekly}, ZoneInfo("Europe/Moscow"))
    assert own.text() == text


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-11-18T14:05", "Оператор ответит до 14:20."),
        ("2026-11-18T12:30", "Операторы работают {schedule}. Вам ответят до 13:15."),
        ("2026-11-18T16:50", "Операторы работают {schedule}. Вам ответят завтра до 8:05."),
        ("2026-11-21T10:00", "Операторы работают {schedule}. Вам ответят в понедельник до 8:15."),
    ],
)
def test_the_promise_to_the_customer(now: str, told: str) -> None:
    own = hours()
    due = own.add_working_time(at(now), QUARTER)
    assert promise(own, at(now), due) == told.format(schedule=own.text())


def test_midnight_is_no_border_for_those_who_work_on() -> None:
    weekly = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    own = WorkingHours.from_profile({"weekly": weekly}, ZoneInfo("Europe/Moscow"))
    now = at("2026-11-18T23:58")
    told = promise(own, now, own.add_working_time(now, QUARTER))
    assert told == "Оператор ответит до 0:13."
