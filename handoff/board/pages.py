"""The supervisor's board: ``/board``, how it stands now, announcements, any period, export."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from markupsafe import Markup

from handoff.board import announcements, charts
from handoff.board import now as board
from handoff.board.figures import Answers, Figures
from handoff.board.now import LONGEST_PERIOD, Period, Reports
from handoff.board.workbook import KINDS, workbook
from handoff.inbox import labels
from handoff.service import HandoffService
from handoff.working_time.clock import heat, left
from staff import audit
from staff.groups import all_groups
from staff.models import Role
from web.guard import Me, require
from web.respond import go_to, page
from web.row_id import RowId

ROLES = (Role.SUPERVISOR, Role.ADMINISTRATOR)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# More bars than this are not told apart.
MOST_COLUMNS = 62

Day = Annotated[date | None, Query()]


def board_router(
    service: HandoffService,
    *,
    sure: float,
    intent_title: Callable[[str], str],
    subjects: Mapping[str, str],
) -> APIRouter:
    """``sure``: the confidence from which on the assistant answers by itself."""
    shown = _Board(service, Reports(service.hours, sure=sure, title=intent_title), subjects)
    routes = APIRouter(prefix="/board", dependencies=[Depends(require(*ROLES))])

    @routes.get("")
    async def whole(request: Request, first: Day = None, last: Day = None) -> Response:
        period = shown.period(first, last)
        return page(request, "handoff/board.html", await shown.everything(period))

    @routes.get("/now")
    async def now(request: Request) -> Response:
        return page(request, "handoff/board_now.html", await shown.now())

    @routes.get("/export.xlsx")
    async def export(me: Me, first: Day = None, last: Day = None) -> Response:
        period = shown.period(first, last)
        content = await shown.export(period)
        async with service.database.write() as tx:
            audit.record(tx, me.person_id, "board.exported")
        name = f"okno-{period.first}-{period.last}.xlsx"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=XLSX, headers=headers)

    @routes.post("/announcements")
    async def announce(
        request: Request,
        me: Me,
        text: Annotated[str, Form(max_length=announcements.LONGEST)] = "",
        topics: Annotated[list[str] | None, Form()] = None,
        channels: Annotated[list[str] | None, Form()] = None,
        districts: Annotated[str, Form(max_length=5_000)] = "",
        starts: Annotated[str, Form(max_length=32)] = "",
        ends: Annotated[str, Form(max_length=32)] = "",
    ) -> Response:
        problem = await shown.announce(
            me.person_id, text, topics or [], channels or [], districts, starts, ends
        )
        if problem:
            found = await shown.everything(shown.period(None, None))
            form = {"problem": problem, "text": text, "districts": districts}
            return page(request, "handoff/board.html", found | form, status=422)
        return go_to(request, "/board")

    @routes.post("/announcements/{announcement_id}/end")
    async def end(request: Request, me: Me, announcement_id: RowId) -> Response:
        async with service.database.write() as tx:
            await announcements.end(tx, announcement_id, by=me.person_id)
        return go_to(request, "/board")

    return routes


class _Board:
    """What the templates show."""

    def __init__(
        self, service: HandoffService, reports: Reports, subjects: Mapping[str, str]
    ) -> None:
        self._service = service
        self._database = service.database
        self._reports = reports
        self._subjects = subjects

    def period(self, first: date | None, last: date | None) -> Period:
        """Today by default. Raises HTTPException 422."""
        today = self._local(self._database.clock.now()).date()
        first, last = first or today, last or today
        if last < first or last - first > LONGEST_PERIOD:
            raise HTTPException(422)
        return Period(first, last)

    async def now(self) -> dict[str, Any]:
        moment = self._database.clock.now()
        async with self._database.read() as session:
            found = await board.now(session, moment)
            groups = await all_groups(session)
        hours = self._service.hours
        return {
            "found": found,
            "staff_groups": groups,
            "now": moment,
            "labels": labels,
            "heat": lambda due: heat(due, moment),
            "left": lambda due: left(due, moment, hours.clock_time(due, moment)),
            "waited": hours.working_time_between(found.longest_since, moment)
            if found.longest_since
            else None,
        }

    async def everything(self, period: Period) -> dict[str, Any]:
        moment = self._database.clock.now()
        async with self._database.read() as session:
            told = await announcements.not_over(session, moment)
            figures = await self._reports.figures(session, period)
            months = await self._reports.months(session, moment)
        today = self._local(moment).date()
        return await self.now() | {
            "announcements": told,
            "subjects": self._subjects,
            "period": period,
            "presets": {
                "Сегодня": (today, today),
                "7 дней": (today - timedelta(days=6), today),
                "30 дней": (today - timedelta(days=29), today),
            },
            "figures": figures,
            "kinds": KINDS,
            "months": months,
            "charts": self._charts(figures, months),
            "channel_title": lambda name: labels.channel(name)[0],
            "problem": "",
            "text": "",
            "districts": "",
        }

    def _charts(
        self, figures: Figures, months: Sequence[tuple[str, Answers, Answers]]
    ) -> list[tuple[str, Markup]]:
        told = [
            ("Обращения по часам", figures.hours),
            ("Первый ответ, минут", figures.waits),
        ]
        if 1 < len(figures.days) <= MOST_COLUMNS:
            told.insert(0, ("Обращения по дням", figures.days))
        waiting = [(month, round(first.mean or 0)) for month, first, _ in reversed(months)]
        if len(waiting) > 1:
            told.append(("Среднее ожидание первого ответа по месяцам, минут", waiting))
        return [(title, charts.columns(values, title)) for title, values in told]

    async def export(self, period: Period) -> bytes:
        async with self._database.read() as session:
            figures = await self._reports.figures(session, period)
            months = await self._reports.months(session, self._database.clock.now())
        told = f"{period.first:%d.%m.%Y} – {period.last:%d.%m.%Y}"
        return await asyncio.to_thread(workbook, figures, months, told)

    async def announce(
        self,
        by: int,
        text: str,
        topics: list[str],
        channels: list[str],
        districts: str,
        starts: str,
        ends: str,
    ) -> str:
        """What is wrong with the form; "" when it was taken."""
        now = self._database.clock.now()
        try:
            starts_at = self._moment(starts) or now
            ends_at = self._moment(ends)
        except ValueError:
            return "Время не понято."
        if not text.strip():
            return "Напишите текст объявления."
        if ends_at is not None and ends_at <= max(starts_at, now):
            return "Объявление заканчивается раньше, чем начинается."
        async with self._database.write() as tx:
            await announcements.announce(
                tx, text=text.strip(), topics=[t for t in topics if t in self._subjects],
                channels=[c for c in channels if c in labels.CHANNELS],
                districts=announcements.districts_of(districts),
                starts_at=starts_at, ends_at=ends_at, by=by,
            )  # fmt: skip
        return ""

    def _moment(self, local: str) -> datetime | None:
        """Of a form's field, in the company's zone. Raises ValueError."""
        if not local.strip():
            return None
        return datetime.fromisoformat(local).replace(tzinfo=self._service.hours.zone)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._service.hours.zone)
