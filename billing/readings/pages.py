"""«Показания на проверке»: ``/readings``, for operators, supervisors and administrators."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from billing.errors import (
    CorrectionUnfit,
    DeliverySettled,
    InvalidValue,
    ReadingDecided,
    ReasonMissing,
    ReviewError,
)
from billing.numbers import format_value, parse_value
from billing.readings.delivery_models import StepKind
from billing.readings.review_texts import named
from billing.readings.reviewing import Decision, Reviewing, Tab
from billing.readings.rules import Mark, Values
from billing.readings.undelivered import Settling
from staff.models import Role
from web.guard import Me, require
from web.respond import is_htmx, notify, page
from web.row_id import RowId

ROLES = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
TABS = {Tab.REVIEW: "На проверке", Tab.UNDELIVERED: "Не дошли до биллинга"}
MARKS = {
    Mark.ROLLOVER: "переход через ноль",
    Mark.UNUSUAL: "расход больше обычного",
    Mark.CORRECTION: "меньше принятого за месяц",
    Mark.REPLACED: "говорит, счётчик заменили",
    Mark.REMOTE: "счётчик передаёт сам",
    Mark.VERIFICATION_EXPIRED: "поверка просрочена",
    Mark.UNVERIFIED: "без фамилии владельца",
}
STEPS = {
    StepKind.NO_ANSWER: "биллинг не ответил",
    StepKind.REFUSED: "биллинг не принял",
    StepKind.RETRIED: "отправили ещё раз",
    StepKind.CLOSED: "закрыли",
}
CHANNELS = {"web": "чат на сайте", "telegram": "Telegram", "vk": "ВКонтакте", "max": "MAX",
            "viber": "Viber", "ok": "Одноклассники", "terminal": "терминал", "office": "офис",
            "billing": "биллинг"}  # fmt: skip
ZONES = {1: ("",), 2: ("день", "ночь"), 3: ("пик", "ночь", "полупик")}
PROBLEMS: dict[type[ReviewError], str] = {
    ReadingDecided: "Эти показания уже решены: коллегой или самим клиентом.",
    ReasonMissing: "Напишите причину.",
    DeliverySettled: "Уже не ждёт: дошло до биллинга, или решил коллега.",
    CorrectionUnfit: "Исправление не подходит: нужно число на каждую зону, не длиннее табло.",
}
LONGEST = 500

Text = Annotated[str, Form(max_length=LONGEST)]


def router(
    reviewing: Reviewing, settling: Settling, *, due: Callable[[datetime], datetime]
) -> APIRouter:
    """``due``: until when a reading of that moment has to be decided (1 working day)."""
    routes = APIRouter(prefix="/readings", dependencies=[Depends(require(*ROLES))])

    async def shown(tab: Tab) -> dict[str, Any]:
        async with reviewing.database.read() as session:
            rows = await reviewing.waiting(session, tab)
            counts = {each: await reviewing.count(session, each) for each in Tab}
        now = reviewing.database.clock.now()
        return {
            "tab": tab,
            "tabs": TABS,
            "rows": [(row, now > due(row.received_at)) for row in rows],
            "counts": counts,
            "marks": MARKS,
            "channels": CHANNELS,
            "steps": STEPS,
            "zones": ZONES,
            "named": named,
            "plain_value": lambda value: format_value(value).replace("\u00a0", ""),
        }

    @routes.get("")
    async def waiting(request: Request, tab: Annotated[Tab, Query()] = Tab.REVIEW) -> Response:
        name = "fragment_readings.html" if is_htmx(request) else "readings.html"
        return page(request, f"billing/{name}", await shown(tab))

    @routes.post("/{reading_id}/accept")
    async def accept(request: Request, me: Me, reading_id: RowId) -> Response:
        decision = Decision(reading_id, me.person_id, accept=True)
        return await carried_out(request, Tab.REVIEW, reviewing.decide(decision))

    @routes.post("/{reading_id}/correct")
    async def correct(
        request: Request,
        me: Me,
        reading_id: RowId,
        t1: Text = "",
        t2: Text = "",
        t3: Text = "",
        reason: Text = "",
    ) -> Response:
        try:
            values: Values = tuple(parse_value(text) for text in (t1, t2, t3) if text.strip())
        except InvalidValue:
            values = ()
        decision = Decision(reading_id, me.person_id, accept=True, values=values, reason=reason)
        return await carried_out(request, Tab.REVIEW, reviewing.decide(decision))

    @routes.post("/{reading_id}/refuse")
    async def refuse(request: Request, me: Me, reading_id: RowId, reason: Text = "") -> Response:
        decision = Decision(reading_id, me.person_id, accept=False, reason=reason)
        return await carried_out(request, Tab.REVIEW, reviewing.decide(decision))

    @routes.post("/{reading_id}/retry")
    async def retry(request: Request, me: Me, reading_id: RowId) -> Response:
        act = settling.retry(reading_id, me.person_id)
        return await carried_out(request, Tab.UNDELIVERED, act)

    @routes.post("/{reading_id}/close")
    async def close(request: Request, me: Me, reading_id: RowId, reason: Text = "") -> Response:
        act = settling.close(reading_id, me.person_id, reason)
        return await carried_out(request, Tab.UNDELIVERED, act)

    async def carried_out(request: Request, tab: Tab, act: Awaitable[str]) -> Response:
        """``act`` gives what became of it, or raises a ReviewError."""
        problem, outcome = "", ""
        try:
            outcome = await act
        except ReviewError as error:
            problem = PROBLEMS[type(error)]
        found, told = await shown(tab), {"told": outcome, "problem": problem}
        name = "fragment_readings.html" if is_htmx(request) else "readings.html"
        if is_htmx(request) and outcome:
            # The page is fetched again because of the event: a line in it would be gone at once.
            return notify(page(request, f"billing/{name}", found), outcome)
        return page(request, f"billing/{name}", found | told, status=422 if problem else 200)

    return routes
