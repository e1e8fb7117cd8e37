"""``/hours``: when operators work, and what that makes of the days to come."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from handoff.errors import WrongHours
from handoff.service import HandoffService
from handoff.working_time import wording
from handoff.working_time.calendar import MINUTES, WEEKDAYS, WorkingHours
from handoff.working_time.hours import OfficeHours
from staff.models import Role
from web.guard import Me, require
from web.respond import go_to, page

NAMES = ("Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье")
# Rows for dates that are not there yet.
SPARE = 3
AHEAD = timedelta(days=120)
_CLOCK = r"\d{1,2}[:.]\d{2}"
_INTERVAL = re.compile(rf"({_CLOCK})\s*[-–—]\s*({_CLOCK})")
_DAY_OFF = ("", "-", "–", "—", "выходной")


# What an unticked box and a forgotten field say.
_NOTHING: dict[str, Any] = dict.fromkeys((*WEEKDAYS, "always", "public", "shorter"), "")


def hours_router(office: OfficeHours, service: HandoffService) -> APIRouter:
    routes = APIRouter(prefix="/hours", dependencies=[Depends(require(Role.ADMINISTRATOR))])

    async def shown(
        request: Request, form: Mapping[str, Any], *, problem: str = "", saved: bool = False
    ) -> Response:
        now = service.database.clock.now()
        hours = office.in_force
        context = {
            "form": form,
            "weekdays": list(zip(WEEKDAYS, NAMES, strict=True)),
            "problem": problem,
            "saved": saved,
            "last": await office.last(),
            "schedule": hours.text(),
            "is_open": hours.is_open(now),
            "opening": hours.next_opening(now),
            "days": unusual(hours, now.astimezone(hours.zone).date()),
        }
        return page(request, "handoff/hours.html", context, status=422 if problem else 200)

    @routes.get("")
    async def whole(request: Request, saved: bool = False) -> Response:
        change = await office.last()
        hours = change.hours if change and change.hours else office.profile
        return await shown(request, as_form(hours), saved=saved)

    @routes.post("")
    async def save(request: Request, me: Me) -> Response:
        form = await request.form()
        given = _NOTHING | {
            key: str(value) for key, value in form.multi_items() if key not in ("on", "day")
        }
        given["rows"] = list(
            zip(map(str, form.getlist("on")), map(str, form.getlist("day")), strict=False)
        )
        try:
            hours = None if given.get("act") == "profile" else from_form(given)
            await office.save(hours, me.person_id)
        except WrongHours as error:
            return await shown(request, given, problem=str(error))
        # Every open promise is computed anew by the new hours.
        await service.calendar_loaded()
        return go_to(request, "/hours?saved=true")

    return routes


def as_form(hours: Mapping[str, Any]) -> dict[str, Any]:
    """The profile's shape as the page's fields; ``rows``: dates with their hours."""
    weekly = hours.get("weekly") or {}
    exceptions = sorted(
        (str(day), day_text(of)) for day, of in (hours.get("exceptions") or {}).items()
    )
    return {
        "always": "true" if hours.get("around_the_clock") else "",
        "public": "true" if hours.get("public_holidays", True) else "",
        "shorter": str(hours.get("eve_shorter_minutes", 60)),
        "rows": exceptions + [("", "")] * SPARE,
    } | {name: ", ".join(map(_dashed, weekly.get(name, ()))) for name in WEEKDAYS}


def from_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the profile has hours. Raises WrongHours: one line in Russian."""
    if form.get("always"):
        return {"around_the_clock": True}
    weekly = {
        name: _intervals(str(form.get(name, "")), title)
        for name, title in zip(WEEKDAYS, NAMES, strict=True)
    }
    if not any(weekly.values()):
        raise WrongHours("Нужен хотя бы один рабочий день.")
    shorter = str(form.get("shorter", "")).strip() or "0"
    if not shorter.isdecimal() or int(shorter) >= MINUTES:
        raise WrongHours("Накануне праздника: напишите, на сколько минут день короче, например 60.")
    exceptions: dict[str, list[str]] = {}
    for on, day in form.get("rows", ()):
        if not on.strip():
            if day.strip():
                raise WrongHours(f"Выберите дату для «{day.strip()}».")
            continue
        try:
            exact = date.fromisoformat(on.strip())
        except ValueError as error:
            raise WrongHours(f"«{on.strip()[:20]}» — не дата.") from error
        exceptions[exact.isoformat()] = _intervals(day, f"{exact:%d.%m.%Y}")
    return {
        "weekly": weekly,
        "exceptions": exceptions,
        "public_holidays": bool(form.get("public")),
        "eve_shorter_minutes": int(shorter),
    }


def unusual(hours: WorkingHours, today: date) -> list[tuple[date, str]]:
    """The days to come that differ from their weekday, with their hours."""
    if hours.around_the_clock:
        return []
    days = (today + timedelta(days=n) for n in range(AHEAD.days))
    return [
        (day, wording.intervals(hours.intervals_of(day)) or "выходной")
        for day in days
        if hours.intervals_of(day) != hours.weekly[day.weekday()]
    ]


def day_text(intervals: Sequence[str]) -> str:
    return ", ".join(map(_dashed, intervals)) or "выходной"


def _dashed(interval: str) -> str:
    return re.sub(r"\s*[-–]\s*", "–", interval)


def _intervals(text: str, where: str) -> list[str]:
    """«8:00–12:00, 13:00–17:00» as the profile has it. Raises WrongHours."""
    text = text.strip().rstrip(".;,")
    if text.casefold() in _DAY_OFF:
        return []
    found: list[str] = []
    ended = 0
    for part in re.split(r"\s*[,;]\s*", text):
        interval = _INTERVAL.fullmatch(part)
        start, end = (_minute(one) for one in interval.groups()) if interval else (None, None)
        if start is None or end is None:
            raise WrongHours(
                f"{where}: напишите часы так: 8:00–12:00, 13:00–17:00. Пусто — выходной."
            )
        if end <= start:
            raise WrongHours(
                f"{where}: {part} кончается раньше, чем начинается. Ночь делят в 24:00."
            )
        if start < ended:
            raise WrongHours(f"{where}: часы пересекаются или стоят не по порядку.")
        ended = end
        found.append(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}")
    return found


def _minute(text: str) -> int | None:
    hour, minute = map(int, re.split("[:.]", text))
    return hour * 60 + minute if minute < 60 and hour * 60 + minute <= MINUTES else None
