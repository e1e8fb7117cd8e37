"""The board's figures: plain functions; and the board's pages."""

import io
from datetime import timedelta

from openpyxl import load_workbook

from handoff.board.announcements import Told, districts_of
from handoff.board.figures import Ran, Rated, Wrote, answers, by_month, figures, percentile
from handoff.board.workbook import workbook
from handoff.models import ClockKind, Outcome
from handoff.working_time.calendar import WorkingHours
from tests.handoff.conftest import MOSCOW
from tests.handoff.test_calendar import at

FIRST = ClockKind.FIRST_ANSWER


def ran(start: str, end: str | None, outcome: str | None, **more: str) -> Ran:
    return Ran(
        more.get("kind", FIRST), at(start), at(end) if end else None, outcome,
        more.get("operator", "Ольга"), more.get("group", ""),
    )  # fmt: skip


def test_only_working_time_counts(hours: WorkingHours) -> None:
    found = answers(
        [
            ran("2026-11-20T16:55", "2026-11-23T08:05", Outcome.MET),  # Friday to Monday
            ran("2026-11-18T12:00", "2026-11-18T12:20", Outcome.MISSED),
            ran("2026-11-18T12:00", None, Outcome.MISSED),
            ran("2026-11-18T12:00", "2026-11-18T12:01", Outcome.DROPPED),
            ran("2026-11-18T12:00", None, None),
        ],
        hours.working_time_between,
    )
    assert (found.count, found.share, found.median, found.mean) == (3, 1 / 3, 15, 15)


def test_percentiles() -> None:
    assert percentile([], 50) is None
    assert percentile([7], 90) == 7
    assert percentile([0, 10], 90) == 9


def test_a_day(hours: WorkingHours) -> None:
    morning = at("2026-11-18T09:30")
    wrote = [
        Wrote(1, "web", morning, "greet", True),
        Wrote(1, "web", morning + timedelta(minutes=1), "balance", True),
        Wrote(1, "web", morning + timedelta(days=1), "balance", False),
        Wrote(2, "telegram", morning, "", False),
    ]
    found = figures(
        wrote,
        [ran("2026-11-18T12:00", "2026-11-18T12:05", Outcome.MET, group="Общая")],
        [Rated(5, "Ольга"), Rated(2, "Иван")],
        [(2, morning)],
        zone=MOSCOW,
        span=hours.working_time_between,
        title={"balance": "Долг"}.get,  # type: ignore[arg-type]
    )
    assert (found.contacts, found.messages, found.handed_over) == (3, 4, 1)
    assert found.alone == 2 / 3
    assert found.not_understood == 1 / 3
    assert found.channels == [("web", 2), ("telegram", 1)]
    assert found.subjects == [("Долг", 2)]
    assert found.hours[9] == ("9", 3)
    assert found.rating == 3.5
    assert found.ratings == [("5", 1), ("4", 0), ("3", 0), ("2", 1), ("1", 0)]
    (olga,) = found.operators
    assert (olga.name, olga.first.median, olga.rating) == ("Ольга", 5, 5)
    assert [row.name for row in found.groups] == ["Общая"]


def test_months(hours: WorkingHours) -> None:
    found = by_month(
        [
            ran("2026-10-30T12:00", "2026-10-30T12:10", Outcome.MET),
            ran("2026-11-18T12:00", "2026-11-18T12:04", Outcome.MET),
            ran("2026-11-18T12:00", "2026-11-18T13:00", Outcome.MET, kind=ClockKind.MATTER),
        ],
        zone=MOSCOW,
        span=hours.working_time_between,
    )
    assert [(month, first.mean, matter.mean) for month, first, matter in found] == [
        ("2026-11", 4, 60),
        ("2026-10", 10, None),
    ]


def test_a_name_is_no_formula(hours: WorkingHours) -> None:
    found = figures(
        [], [ran("2026-11-18T12:00", "2026-11-18T12:05", Outcome.MET, operator="=1+1")], [], [],
        zone=MOSCOW, span=hours.working_time_between, title=str,
    )  # fmt: skip
    book = load_workbook(io.BytesIO(workbook(found, [], "сегодня")))
    cell = book["Операторы"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_whom_an_announcement_concerns() -> None:
    outage = Told(1, "Авария", ("power_outage", "faq/meter_*"), ("telegram",))
    assert outage.fits({"power_outage"}, "telegram")
    assert outage.fits({"faq/meter_fault"}, "telegram")
    assert outage.fits({"operator"}, "telegram")
    assert not outage.fits({"balance"}, "telegram")
    assert not outage.fits({"power_outage"}, "web")
    assert Told(2, "Всем", (), ()).fits({"balance"}, "web")


def test_whose_district_it_is() -> None:
    told = Told(1, "Авария.", (), (), ("ул. Светлая", "Мира 12", "пос. Заречный"))
    for address, concerned in (
        ("Примерск, Светлая ул., 3", True),
        ("Примерск, просп. Мира, 12", True),
        ("Примерск, просп. Мира, 14", False),
        ("Заречный, Лесная, 1", True),
        ("Примерск, Тёмная, 1", False),
    ):
        assert told.to([address]) == ("Авария." if concerned else None)
    assert told.to(["Примерск, Тёмная, 1", "Примерск, Светлая, 2"]) == "Авария."
    unknown = told.to([])
    assert unknown is not None
    assert "Касается адресов: ул. Светлая, Мира 12, пос. Заречный" in unknown.replace("\\", "")
    assert Told(2, "Всем.", (), ()).to([]) == "Всем."
    assert districts_of(" ул.  Светлая ,, ул. ;\nМира 12,Мира 12") == ["ул. Светлая", "Мира 12"]


def test_days_and_waits(hours: WorkingHours) -> None:
    morning = at("2026-11-18T09:30")
    wrote = [Wrote(1, "web", morning + timedelta(days=day), "", False) for day in (0, 2)]
    clocks = [
        ran("2026-11-18T12:00", f"2026-11-18T12:{minute:02}", Outcome.MET)
        for minute in (0, 2, 3, 15, 16)
    ]
    found = figures(
        wrote, clocks, [Rated(4, "Ольга", "Общая")], [],
        zone=MOSCOW, span=hours.working_time_between, title=str,
    )  # fmt: skip
    assert found.days == [("18.11", 1), ("19.11", 0), ("20.11", 1)]
    assert dict(found.waits) == {
        "до 2": 2, "до 5": 1, "до 10": 0, "до 15": 1, "до 30": 1, "до 60": 0, "дольше 60": 0,
    }  # fmt: skip
