"""Working time: lunch, weekends, holidays and moved days, midnight, changes of the zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handoff.errors import WrongHours
from handoff.working_time.calendar import MINUTES, WorkingHours

MOSCOW = ZoneInfo("Europe/Moscow")
ABAKAN = ZoneInfo("Asia/Krasnoyarsk")
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = {
    "mon": ["08:00-12:00", "13:00-17:00"],
    "tue": ["08:00-12:00", "13:00-17:00"],
    "wed": ["08:00-12:00", "13:00-17:00"],
    "thu": ["08:00-12:00", "13:00-17:00"],
    "fri": ["08:00-12:00", "13:00-16:00"],
}
QUARTER = timedelta(minutes=15)


def hours(zone: ZoneInfo = MOSCOW, **more: Any) -> WorkingHours:
    return WorkingHours.from_profile({"weekly": WEEK} | more, zone)


def at(text: str, zone: ZoneInfo = MOSCOW) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-18T14:05", "2026-11-18T14:20"),  # an ordinary Wednesday
        ("2026-11-18T11:50", "2026-11-18T13:05"),  # over lunch
        ("2026-11-18T12:30", "2026-11-18T13:15"),  # during lunch
        ("2026-11-18T11:45", "2026-11-18T12:00"),  # exactly what is left before lunch
        ("2026-11-18T16:50", "2026-11-19T08:05"),  # over the night
        ("2026-11-18T16:45", "2026-11-18T17:00"),  # exactly what is left of the day
        ("2026-11-18T17:00", "2026-11-19T08:15"),  # the minute of closing is not working time
        ("2026-11-18T23:59", "2026-11-19T08:15"),
        ("2026-11-19T00:00", "2026-11-19T08:15"),
        ("2026-11-20T16:30", "2026-11-23T08:15"),  # Friday evening
        ("2026-11-21T10:00", "2026-11-23T08:15"),  # Saturday
        ("2025-12-30T16:00", "2025-12-30T16:15"),  # the year's last working day: 31.12 is moved
        ("2025-12-30T17:00", "2026-01-12T08:15"),  # … and then 9.01 is off for 3.01
        ("2026-11-03T15:50", "2026-11-05T08:05"),  # the eve of 4.11 ends at 16:00
        ("2026-03-06T15:50", "2026-03-10T08:05"),  # 8.03 is a Sunday, Monday is off for it
        ("2024-04-27T10:00", "2024-04-27T10:15"),  # a working Saturday
        ("2024-04-29T10:00", "2024-05-02T08:15"),  # … and the Monday off for it
    ],
)
def test_fifteen_minutes_of_working_time(asked: str, due: str) -> None:
    assert hours().add_working_time(at(asked), QUARTER) == at(due)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-18T10:00", "2026-11-18T10:00"),
        ("2026-11-18T12:00", "2026-11-18T13:00"),
        ("2026-12-30T17:00", "2027-01-11T08:00"),
        ("2027-01-01T00:00", "2027-01-11T08:00"),
    ],
)
def test_next_opening(moment: str, opens: str) -> None:
    assert hours().next_opening(at(moment)) == at(opens)
    assert hours().is_open(at(moment)) is (moment == opens)


def test_exceptions_replace_what_the_calendar_says() -> None:
    own = hours(exceptions={date(2026, 11, 4): ["10:00-14:00"], "2026-11-05": []})
    assert own.is_open(at("2026-11-04T10:00"))  # a public holiday on which this company works
    assert own.next_opening(at("2026-11-04T14:00")) == at("2026-11-06T08:00")


def test_a_company_that_works_on_holidays() -> None:
    own = hours(public_holidays=False)
    assert own.is_open(at("2026-11-04T10:00"))
    assert own.is_open(at("2026-11-03T16:30"))  # and its eves are not shorter


def test_a_short_eve_may_swallow_the_last_interval() -> None:
    own = hours(eve_shorter_minutes=5 * 60)
    assert own.intervals_of(date(2026, 11, 3)) == ((8 * 60, 11 * 60),)
    own = hours(eve_shorter_minutes=4 * 60)
    assert own.intervals_of(date(2026, 11, 3)) == ((8 * 60, 12 * 60),)


def test_hours_are_local() -> None:
    far = hours(ABAKAN)
    assert far.is_open(at("2026-11-18T08:00", ABAKAN))
    assert not far.is_open(at("2026-11-18T08:00", MOSCOW).replace(tzinfo=ABAKAN).astimezone(MOSCOW)
                           - timedelta(minutes=1))  # fmt: skip
    # Sunday evening in Moscow is Monday morning there.
    assert far.is_open(at("2026-11-23T04:30", MOSCOW))
    assert not far.is_open(at("2026-11-23T13:30", MOSCOW))


def test_round_the_clock_holidays_change_nothing() -> None:
    always = WorkingHours.from_profile({"around_the_clock": True}, MOSCOW)
    new_year = at("2026-12-31T23:55")
    assert always.is_open(new_year)
    assert always.add_working_time(new_year, QUARTER) == at("2027-01-01T00:10")
    assert always.text() == "круглосуточно"


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        ("2026-11-18T09:00", 1, "2026-11-19T17:00"),
        ("2026-11-18T23:00", 3, "2026-11-23T17:00"),
        ("2026-11-20T09:00", 0, "2026-11-20T16:00"),
        ("2026-11-21T12:00", 1, "2026-11-23T17:00"),
        ("2026-12-30T10:00", 1, "2027-01-11T17:00"),
        ("2026-11-02T10:00", 1, "2026-11-03T16:00"),  # the eve of a holiday is shorter
    ],
)
def test_working_days(asked: str, days: int, due: str) -> None:
    assert hours().add_working_days(at(asked), days) == at(due)


def test_working_days_of_a_company_that_is_always_open_are_the_offices() -> None:
    always = WorkingHours.from_profile({"around_the_clock": True}, MOSCOW)
    assert always.add_working_days(at("2026-11-20T09:00"), 1) == at("2026-11-24T00:00")
    assert always.add_working_days(at("2026-12-30T09:00"), 1) == at("2027-01-12T00:00")
    assert always.add_working_days(at("2024-04-26T09:00"), 1) == at("2024-04-28T00:00")


def test_an_interval_in_the_hour_that_spring_takes_away() -> None:
    night = WorkingHours.from_profile(
        {"weekly": {day: ["01:00-02:30", "03:00-04:00"] for day in WEEKDAYS}}, BERLIN
    )
    start = at("2026-03-29T00:00", BERLIN)
    assert night.working_time_between(start, start + timedelta(hours=6)) == timedelta(hours=2)


def test_an_autumn_day_of_25_hours_is_counted_whole() -> None:
    always = WorkingHours.from_profile({"around_the_clock": True}, BERLIN)
    day = at("2026-10-25T00:00", BERLIN), at("2026-10-26T00:00", BERLIN)
    assert always.working_time_between(*day) == timedelta(hours=25)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@st.composite
def days(draw: st.DrawFn) -> list[str]:
    edges = sorted(draw(st.sets(st.integers(0, MINUTES), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs]


@st.composite
def calendars(draw: st.DrawFn) -> WorkingHours:
    weekly = {day: draw(days()) for day in WEEKDAYS}
    weekly[draw(st.sampled_from(WEEKDAYS))] = ["09:00-18:00"]
    zones = ["Europe/Moscow", "Asia/Kamchatka", "Europe/Kaliningrad", "Europe/Berlin",
             "America/Havana", "Australia/Lord_Howe", "UTC"]  # fmt: skip
    return WorkingHours.from_profile(
        {"weekly": weekly, "public_holidays": draw(st.booleans())},
        ZoneInfo(draw(st.sampled_from(zones))),
    )


moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis wants naive limits)
spans = st.timedeltas(timedelta(0), timedelta(hours=60))


@settings(max_examples=150)
@given(calendars(), moments, spans)
@example(hours(), datetime(2026, 12, 31, 20, 59, tzinfo=UTC), QUARTER)
def test_adding_and_measuring_agree(
    calendar: WorkingHours, start: datetime, span: timedelta
) -> None:
    due = calendar.add_working_time(start, span)
    assert calendar.working_time_between(start, due) == span
    if span:
        # The earliest such moment: just before it, something was still missing.
        assert calendar.working_time_between(start, due - timedelta(seconds=1)) < span
        assert calendar.is_open(due - timedelta(microseconds=1))


@settings(max_examples=150)
@given(calendars(), moments)
def test_the_next_opening_is_the_first_open_moment(
    calendar: WorkingHours, moment: datetime
) -> None:
    opens = calendar.next_opening(moment)
    assert opens >= moment
    assert calendar.is_open(opens)
    assert calendar.is_open(moment) is (opens == moment)
    assert calendar.working_time_between(moment, opens) == timedelta(0)


@settings(max_examples=100)
@given(calendars(), moments, spans, spans)
def test_working_time_adds_up(
    calendar: WorkingHours, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second
    between = calendar.working_time_between
    assert between(start, middle) + between(middle, end) == between(start, end)
    assert between(start, end) <= end - start
    assert between(end, start) == timedelta(0)


@settings(max_examples=100)
@given(calendars(), moments, st.integers(1, 12))
def test_working_days_count_one_by_one(calendar: WorkingHours, start: datetime, n: int) -> None:
    due = calendar.add_working_days(start, n)
    assert due == calendar.add_working_days(calendar.add_working_days(start, n - 1)
                                            - timedelta(minutes=1), 1)  # fmt: skip
    assert due > start


@pytest.mark.parametrize(
    ("given_hours", "words"),
    [
        ({}, "neither around_the_clock nor weekly"),
        ({"weekly": {}}, "no working day"),
        ({"weekly": {"mon": "08:00-17:00"}}, "a list"),
        ({"weekly": {"mo": ["08:00-17:00"]}}, "'mo'"),
        ({"weekly": {"mon": ["8-17"]}}, "no interval"),
        ({"weekly": {"mon": ["08:00-24:30"]}}, "no such time"),
        ({"weekly": {"mon": ["22:00-06:00"]}}, "ends before"),
        ({"weekly": {"mon": ["08:00-12:00", "11:00-17:00"]}}, "overlap"),
        ({"weekly": WEEK, "exceptions": {"tomorrow": []}}, "no date"),
        ({"weekly": WEEK, "eve_shorter_minutes": "60"}, "no number of minutes"),
        ({"weekly": WEEK, "hollidays": False}, "unknown key"),
    ],
)
def test_a_wrong_profile_is_told_in_one_line(given_hours: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongHours, match=words):
        WorkingHours.from_profile(given_hours, MOSCOW)
