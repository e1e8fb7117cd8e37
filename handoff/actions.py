"""What an operator presses in the inbox. Refusals leave the typed text where it is."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response

from handoff import labels
from handoff.corrections import correct
from handoff.desk import UNDO, Said
from handoff.errors import (
    AnswerOwed,
    AnswerTooLong,
    CustomerGone,
    EmptyAnswer,
    HandoffError,
    HandoffUnknown,
    NobodyThere,
    NotWaiting,
    NotWarned,
    NotYours,
    PersonalDataHere,
    SentDifferently,
    TooLate,
)
from handoff.later import Preset, Promise
from handoff.service import HandoffService
from handoff.steps import Operator
from staff.models import Role
from staff.sessions import SignedIn
from web.guard import Me
from web.respond import go_to, is_htmx, notify, page, tell_script
from web.shell import shell_of

LARGEST_ID = 2**62
KEY = r"^[0-9A-Za-z-]{16,64}$"
CONFLICT = 409
Result = TypeVar("Result")

StayId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def actions(service: HandoffService) -> APIRouter:
    """Routes below ``/inbox/{handoff_id}``; the caller guards them."""
    routes = APIRouter(prefix="/{handoff_id}")
    desk, later, moving = service.desk, service.later, service.moving

    @routes.post("/take")
    async def take(
        request: Request,
        me: Me,
        handoff_id: StayId,
        instead_of: Annotated[int | None, Form(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        act = desk.take(handoff_id, _operator(me), instead_of=instead_of)
        return await _perform(request, handoff_id, act)

    @routes.post("/say")
    async def say(
        request: Request,
        me: Me,
        handoff_id: StayId,
        key: Annotated[str, Form(pattern=KEY)],
        text: Annotated[str, Form()] = "",
        mode: Annotated[str, Form(pattern="^(answer|note)$")] = "answer",
    ) -> Response:
        if mode == "note":
            note = desk.note(handoff_id, _operator(me), text, client_key=key)
            return await _perform(request, handoff_id, note)
        answer = desk.answer(handoff_id, _operator(me), text, client_key=key)
        return await _perform(request, handoff_id, answer, _still_owed, _can_be_undone)

    @routes.post("/undo")
    async def undo(
        request: Request,
        me: Me,
        handoff_id: StayId,
        message: Annotated[int, Form(ge=1, le=LARGEST_ID)],
    ) -> Response:
        act = desk.undo(handoff_id, _operator(me), message)
        return await _perform(request, handoff_id, act)

    @routes.post("/again")
    async def send_again(
        request: Request,
        me: Me,
        handoff_id: StayId,
        message: Annotated[int, Form(ge=1, le=LARGEST_ID)],
    ) -> Response:
        act = desk.send_again(handoff_id, _operator(me), message)
        return await _perform(request, handoff_id, act)

    @routes.post("/no-answer")
    async def needs_no_answer(request: Request, me: Me, handoff_id: StayId) -> Response:
        return await _perform(request, handoff_id, desk.needs_no_answer(handoff_id, _operator(me)))

    @routes.post("/return")
    async def give_back(request: Request, me: Me, handoff_id: StayId) -> Response:
        act = desk.return_to_assistant(handoff_id, _operator(me))
        return await _perform(request, handoff_id, act)

    @routes.post("/close")
    async def close(
        request: Request,
        me: Me,
        handoff_id: StayId,
        subject: Annotated[str, Form(max_length=100)] = "",
        rate: Annotated[bool, Form()] = False,
    ) -> Response:
        act = desk.close(handoff_id, _operator(me), subject=subject, ask_rating=rate)
        return await _perform(request, handoff_id, act)

    @routes.post("/rating")
    async def ask_rating(request: Request, me: Me, handoff_id: StayId) -> Response:
        act = service.ratings.ask(handoff_id, _operator(me))
        return await _perform(request, handoff_id, act, _rating_asked)

    @routes.post("/snooze")
    async def snooze(
        request: Request, me: Me, handoff_id: StayId, until: Annotated[Preset, Form()]
    ) -> Response:
        return await _perform(request, handoff_id, later.snooze(handoff_id, _operator(me), until))

    @routes.post("/unsnooze")
    async def unsnooze(request: Request, me: Me, handoff_id: StayId) -> Response:
        return await _perform(request, handoff_id, later.unsnooze(handoff_id, _operator(me)))

    @routes.post("/promise")
    async def promise(
        request: Request,
        me: Me,
        handoff_id: StayId,
        kind: Annotated[Promise, Form()],
        phone: Annotated[str, Form(max_length=40)] = "",
    ) -> Response:
        act = later.promise(handoff_id, _operator(me), kind, phone=phone.strip())
        return await _perform(request, handoff_id, act)

    @routes.post("/transfer")
    async def transfer(
        request: Request,
        me: Me,
        handoff_id: StayId,
        to: Annotated[str, Form(pattern=r"^(person|group)-[0-9]{1,18}$")],
        note: Annotated[str, Form(max_length=4_000)] = "",
    ) -> Response:
        kind, _, number = to.partition("-")
        hand_over = moving.to_person if kind == "person" else moving.to_group
        act = hand_over(handoff_id, _operator(me), int(number), note)
        return await _perform(request, handoff_id, act)

    @routes.post("/abuse/{step}")
    async def abuse(
        request: Request,
        me: Me,
        handoff_id: StayId,
        step: Annotated[str, Path(pattern="^(warn|stop|lift)$")],
    ) -> Response:
        if step == "lift" and me.role not in (Role.SUPERVISOR, Role.ADMINISTRATOR):
            raise HTTPException(403)
        steps = {"warn": service.abuse.warn, "stop": service.abuse.stop, "lift": service.abuse.lift}
        return await _perform(request, handoff_id, steps[step](handoff_id, _operator(me)))

    @routes.post("/misunderstood")
    async def misunderstood(
        request: Request,
        me: Me,
        handoff_id: StayId,
        message: Annotated[int, Form(ge=1, le=LARGEST_ID)],
        right: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        act = correct(service.database, message, right, me.person_id)
        return await _perform(request, handoff_id, act, _corrected)

    return routes


def _still_owed(said: Said) -> str:
    return "Отправлено. Это ещё не ответ по сути, поэтому время идёт." if said.owed else ""


def _can_be_undone(said: Said) -> dict[str, object]:
    return {"message": said.message_id, "seconds": UNDO.total_seconds()}


def _rating_asked(asked: bool) -> str:
    return "Попросили оценку." if asked else "Оценку уже просили."


def _corrected(known: bool) -> str:
    return "Спасибо, передали редакторам." if known else "Такого сообщения нет."


def _operator(me: SignedIn) -> Operator:
    return Operator(me.person_id, me.display_name)


async def _perform(
    request: Request,
    handoff_id: int,
    act: Awaitable[Result],
    remark: Callable[[Result], str] | None = None,
    detail: Callable[[Result], dict[str, object]] | None = None,
) -> Response:
    """204 for the page's script, the conversation's page for a plain form; 409 when refused.
    ``remark``: what is worth a word about what was done, "" for nothing; ``detail``: what the
    page's script learns of it, as the event «ib:done»."""
    try:
        done = await act
    except HandoffUnknown as error:
        raise HTTPException(404) from error
    except HandoffError as error:
        return await _refused(request, handoff_id, error)
    if is_htmx(request):
        words = remark(done) if remark is not None else ""
        response = Response(status_code=204)
        if words:
            notify(response, words)
        if detail is not None:
            tell_script(response, "ib:done", detail(done))
        return response
    return go_to(request, f"/inbox/{handoff_id}")


async def _refused(request: Request, handoff_id: int, error: HandoffError) -> Response:
    text = await _reason(request, error)
    if is_htmx(request):
        return notify(Response(status_code=CONFLICT), text, "trouble")
    trouble = {"title": "Не получилось", "text": text}
    context = {"trouble": trouble, "status": "", "stale": True, "back": f"/inbox/{handoff_id}"}
    return page(request, "error.html", context, status=CONFLICT)


async def _reason(request: Request, error: HandoffError) -> str:
    match error:
        case NotYours(holder=None):
            return "Этот разговор ждёт в очереди. Сначала возьмите его."
        case NotYours(holder=holder):
            names = await shell_of(request).staff.names([holder] if holder else [])
            who = names.get(holder or 0, "коллега")
            return f"Разговор уже взят: отвечает {who}. Ваш текст остался на месте."
        case NotWaiting():
            return "Разговор уже закрыт. Ваш текст остался на месте."
        case EmptyAnswer():
            return "Напишите текст."
        case AnswerTooLong(limit=limit):
            return f"Слишком длинно: можно до {limit} знаков. Разделите на части."
        case CustomerGone(reason=reason):
            return f"{labels.unreachable(reason)} Ваш текст остался на месте."
        case PersonalDataHere(found=found):
            return (
                f"В этом канале нельзя писать о клиенте: {', '.join(found)}. Уберите это "
                "или позовите клиента в чат на сайте. Ваш текст остался на месте."
            )
        case NotWarned():
            return "Сначала отправьте предупреждение."
        case AnswerOwed():
            return "Скоро истекает время ответа. Сначала ответьте клиенту."
        case TooLate():
            return "Уже отправлено: отменить нельзя."
        case NobodyThere():
            return "Передать некому: выберите другого сотрудника или группу."
        case SentDifferently():
            return (
                "Это сообщение уже ушло в прежнем виде. "
                "Если нужно дополнить, отправьте исправленное ещё раз."
            )
        case _:
            return "Не получилось. Попробуйте ещё раз."
