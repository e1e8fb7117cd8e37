"""What an operator presses in the inbox. Refusals leave the typed text where it is."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response

from handoff.desk import UNDO, Said
from handoff.inbox.acting import operator_of, perform
from handoff.inbox.corrections import correct
from handoff.inbox.uploads import MOST, Uploads
from handoff.later import Preset, Promise
from handoff.service import HandoffService
from staff.models import Role
from storage.base import LARGEST_ID
from web.guard import Me
from web.row_id import RowId

KEY = r"^[0-9A-Za-z-]{16,64}$"


def actions(service: HandoffService, uploads: Uploads) -> APIRouter:
    """Routes below ``/inbox/{handoff_id}``; the caller guards them. ``uploads``: opens what the
    composer names of files."""
    routes = APIRouter(prefix="/{handoff_id}")
    desk, later, moving = service.desk, service.later, service.moving

    @routes.post("/take")
    async def take(
        request: Request,
        me: Me,
        handoff_id: RowId,
        instead_of: Annotated[int | None, Form(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        act = desk.take(handoff_id, operator_of(me), instead_of=instead_of)
        return await perform(request, handoff_id, act)

    @routes.post("/say")
    async def say(
        request: Request,
        me: Me,
        handoff_id: RowId,
        key: Annotated[str, Form(pattern=KEY)],
        text: Annotated[str, Form()] = "",
        mode: Annotated[str, Form(pattern="^(answer|note)$")] = "answer",
        file: Annotated[list[str], Form(max_length=MOST)] = [],  # noqa: B006 (never changed)
        seen: Annotated[int | None, Form(ge=0, le=LARGEST_ID)] = None,
    ) -> Response:
        if mode == "note":
            note = desk.note(handoff_id, operator_of(me), text, client_key=key)
            return await perform(request, handoff_id, note)

        async def answer() -> Said:
            files = [uploads.open(token, me.person_id) for token in file]
            who = operator_of(me)
            return await desk.answer(handoff_id, who, text, client_key=key, files=files, seen=seen)

        return await perform(request, handoff_id, answer(), _still_owed, _can_be_undone)

    @routes.post("/undo")
    async def undo(
        request: Request,
        me: Me,
        handoff_id: RowId,
        message: Annotated[int, Form(ge=1, le=LARGEST_ID)],
    ) -> Response:
        act = desk.undo(handoff_id, operator_of(me), message)
        return await perform(request, handoff_id, act)

    @routes.post("/again")
    async def send_again(
        request: Request,
        me: Me,
        handoff_id: RowId,
        message: Annotated[int, Form(ge=1, le=LARGEST_ID)],
    ) -> Response:
        act = desk.send_again(handoff_id, operator_of(me), message)
        return await perform(request, handoff_id, act)

    @routes.post("/no-answer")
    async def needs_no_answer(request: Request, me: Me, handoff_id: RowId) -> Response:
        return await perform(request, handoff_id, desk.needs_no_answer(handoff_id, operator_of(me)))

    @routes.post("/return")
    async def give_back(request: Request, me: Me, handoff_id: RowId) -> Response:
        act = desk.return_to_assistant(handoff_id, operator_of(me))
        return await perform(request, handoff_id, act)

    @routes.post("/close")
    async def close(
        request: Request,
        me: Me,
        handoff_id: RowId,
        subject: Annotated[str, Form(max_length=100)] = "",
        rate: Annotated[bool, Form()] = False,
    ) -> Response:
        act = desk.close(handoff_id, operator_of(me), subject=subject, ask_rating=rate)
        return await perform(request, handoff_id, act)

    @routes.post("/rating")
    async def ask_rating(request: Request, me: Me, handoff_id: RowId) -> Response:
        act = service.ratings.ask(handoff_id, operator_of(me))
        return await perform(request, handoff_id, act, _rating_asked)

    @routes.post("/snooze")
    async def snooze(
        request: Request, me: Me, handoff_id: RowId, until: Annotated[Preset, Form()]
    ) -> Response:
        return await perform(request, handoff_id, later.snooze(handoff_id, operator_of(me), until))

    @routes.post("/unsnooze")
    async def unsnooze(request: Request, me: Me, handoff_id: RowId) -> Response:
        return await perform(request, handoff_id, later.unsnooze(handoff_id, operator_of(me)))

    @routes.post("/promise")
    async def promise(
        request: Request,
        me: Me,
        handoff_id: RowId,
        kind: Annotated[Promise, Form()],
        phone: Annotated[str, Form(max_length=40)] = "",
    ) -> Response:
        act = later.promise(handoff_id, operator_of(me), kind, phone=phone.strip())
        return await perform(request, handoff_id, act)

    @routes.post("/label")
    async def label(
        request: Request,
        me: Me,
        handoff_id: RowId,
        label: Annotated[str, Form(max_length=200)] = "",
        off: Annotated[bool, Form()] = False,
    ) -> Response:
        change = service.labels.take_off if off else service.labels.put
        return await perform(request, handoff_id, change(handoff_id, operator_of(me), label))

    @routes.post("/transfer")
    async def transfer(
        request: Request,
        me: Me,
        handoff_id: RowId,
        to: Annotated[str, Form(pattern=r"^(person|group)-[0-9]{1,18}$")],
        note: Annotated[str, Form(max_length=4_000)] = "",
    ) -> Response:
        kind, _, number = to.partition("-")
        hand_over = moving.to_person if kind == "person" else moving.to_group
        act = hand_over(handoff_id, operator_of(me), int(number), note)
        return await perform(request, handoff_id, act)

    @routes.post("/abuse/{step}")
    async def abuse(
        request: Request,
        me: Me,
        handoff_id: RowId,
        step: Annotated[str, Path(pattern="^(warn|stop|lift)$")],
    ) -> Response:
        if step == "lift" and me.role not in (Role.SUPERVISOR, Role.ADMINISTRATOR):
            raise HTTPException(403)
        steps = {"warn": service.abuse.warn, "stop": service.abuse.stop, "lift": service.abuse.lift}
        return await perform(request, handoff_id, steps[step](handoff_id, operator_of(me)))

    @routes.post("/misunderstood")
    async def misunderstood(
        request: Request,
        me: Me,
        handoff_id: RowId,
        message: Annotated[int, Form(ge=1, le=LARGEST_ID)],
        right: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        act = correct(service.database, message, right, me.person_id)
        return await perform(request, handoff_id, act, _corrected)

    return routes


def _still_owed(said: Said) -> str:
    return "Отправлено. Это ещё не ответ по сути, поэтому время идёт." if said.owed else ""


def _can_be_undone(said: Said) -> dict[str, object]:
    return {"message": said.message_id, "seconds": UNDO.total_seconds()}


def _rating_asked(asked: bool) -> str:
    return "Попросили оценку." if asked else "Оценку уже просили."


def _corrected(known: bool) -> str:
    return "Спасибо, передали редакторам." if known else "Такого сообщения нет."
