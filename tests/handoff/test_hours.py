"""The administrator's hours: read, refused in words, in force at once, with the open promises."""

import asyncio
from zoneinfo import ZoneInfo

import pytest

from handoff.errors import WrongHours
from handoff.working_time.calendar import HoursInForce, WorkingHours
from handoff.working_time.hours import SIGNAL, OfficeHours
from handoff.working_time.hours_pages import as_form, from_form, hours_router, unusual
from staff.models import Role
from tests.handoff.conftest import MOSCOW, WEEK, WORKDAY, House
from tests.handoff.inbox import PASSWORD, hub_of, inbox_app, staff_of
from tests.handoff.test_calendar import at
from tests.handoff.test_pages import browser

WORDS = {"mon": "8:00–12:00, 13:00–17:00", "shorter": "60", "public": "true"}


@pytest.fixture
def hours() -> WorkingHours:
    return HoursInForce.from_profile(WORKDAY, MOSCOW)


def test_what_is_written_is_what_is_read() -> None:
    rows = [("2026-12-31", "9.00-12.00"), ("2027-01-09", "выходной"), ("", "")]
    form = WORDS | {"tue": " 08:00 - 24:00. ", "rows": rows}
    found = from_form(form)
    assert found["weekly"]["mon"] == ["08:00-12:00", "13:00-17:00"]
    assert found["weekly"]["tue"] == ["08:00-24:00"]
    assert found["weekly"]["wed"] == []
    assert found["exceptions"] == {"2026-12-31": ["09:00-12:00"], "2027-01-09": []}
    WorkingHours.from_profile(found, ZoneInfo("Asia/Tokyo"))
    assert from_form(as_form(found)) == found
    everyday = {"weekly": WEEK}
    assert from_form(as_form(everyday))["weekly"] == {**WEEK, "sat": [], "sun": []}
    assert from_form(as_form({"around_the_clock": True})) == {"around_the_clock": True}


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"mon": ""}, "хотя бы один рабочий день"),
        ({"mon": "с 8 до 17"}, "Понедельник: напишите часы так"),
        ({"mon": "8:00–25:00"}, "Понедельник: напишите часы так"),
        ({"mon": "17:00–8:00"}, "кончается раньше"),
        ({"mon": "8:00–13:00, 12:00–17:00"}, "пересекаются"),
        ({"shorter": "час"}, "Накануне праздника"),
        ({"rows": [("31 декабря", "")]}, "не дата"),
        ({"rows": [("", "8:00–12:00")]}, "Выберите дату"),
        ({"rows": [("2026-12-31", "нет")]}, "31.12.2026: напишите часы"),
    ],
)
def test_what_cannot_be_read_is_said(form: dict[str, object], told: str) -> None:
    with pytest.raises(WrongHours, match=told):
        from_form(WORDS | form)


def test_days_that_differ() -> None:
    own = WorkingHours.from_profile(WORKDAY | {"exceptions": {"2026-06-15": []}}, MOSCOW)
    days = {f"{day:%d.%m}": told for day, told in unusual(own, at("2026-06-01T12:00").date())}
    # The eve of a holiday, the holiday, a day of our own.
    assert (days["11.06"], days["12.06"], days["15.06"]) == ("8:00–16:00", "выходной", "выходной")
    assert "10.06" not in days


async def test_the_page(house: House) -> None:
    """Saved hours are in force here at once, and elsewhere after a look; open clocks follow."""
    in_force = house.service.hours
    assert isinstance(in_force, HoursInForce)
    office = OfficeHours(house.database, house.signals, in_force, WORKDAY)
    staff, hub = await staff_of(house), hub_of(house)
    await staff.add(login="anna", display_name="Анна", role=Role.ADMINISTRATOR, password=PASSWORD)
    app = inbox_app(house, staff, hub)
    app.include_router(hours_router(office, house.service))
    admin, olga, irina = [await browser(app, login) for login in ("anna", "olga", "irina")]
    elsewhere = HoursInForce.from_profile(WORKDAY, MOSCOW)
    try:
        for other in (olga, irina):
            assert (await other.get("/hours")).status_code == 403
            assert (await other.press("/hours", **WORDS)).status_code == 403
        assert "взяты из файла профиля" in await admin.text("/hours")
        stay = await house.waiting()
        before = (await house.stay(stay)).next_due_at
        wrong = await admin.press("/hours", **WORDS | {"mon": "как обычно"})
        assert wrong.status_code == 422
        assert 'value="как обычно"' in wrong.text
        assert (await house.stay(stay)).next_due_at == before
        # Everybody comes on Mondays only now.
        saved = await admin.press("/hours", **WORDS)
        assert saved.headers["hx-redirect"] == "/hours?saved=true"
        after = (await house.stay(stay)).next_due_at
        assert after is not None
        assert after.astimezone(MOSCOW).strftime("%a %H:%M") == "Mon 08:15"
        assert "Изменил: Анна" in await admin.text("/hours?saved=true")
        other = OfficeHours(house.database, house.signals, elsewhere, WORKDAY)
        stop = asyncio.Event()

        async def looked() -> None:
            stop.set()

        async with asyncio.timeout(20):
            following = asyncio.create_task(other.follow(stop, looked))
            await asyncio.sleep(0)
            house.signals.wake_here(SIGNAL)
            await following
        assert elsewhere.version == in_force.version
        await admin.press("/hours", act="profile")
        assert (await house.stay(stay)).next_due_at == before
    finally:
        for one in (admin, olga, irina):
            await one.client.aclose()
        staff.close()
