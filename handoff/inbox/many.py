"""Several conversations at once: take, close, label, give to somebody."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response

from handoff.errors import HandoffError
from handoff.inbox.tags import LONGEST
from handoff.inbox.tags import MOST as MOST_LABELS
from handoff.service import HandoffService
from handoff.steps import Operator
from staff.models import Role
from web.guard import Me
from web.respond import go_to, is_htmx, notify
from web.wording import plural

MOST = 200
# Why an act may fail for some.
_WHY = {"label": f"метка нужна не длиннее {LONGEST} знаков, на разговоре их до {MOST_LABELS}"}


def many(service: HandoffService) -> APIRouter:
    """``POST /inbox/many``; the caller guards it. Each one is a transaction of its own: what does
    not work for one does not stop the others."""
    routes = APIRouter()

    @routes.post("/many")
    async def act_on_many(
        request: Request,
        me: Me,
        act: Annotated[str, Form(pattern=r"^(take|close|label|(person|group)-[0-9]{1,18})$")],
        ids: Annotated[list[int] | None, Form()] = None,
        label: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        who = Operator(me.person_id, me.display_name)
        supervises = me.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)
        if act.startswith(("person-", "group-")) and not supervises:
            raise HTTPException(403)
        done = 0
        chosen = sorted(set(ids or ()))[:MOST]
        for handoff_id in chosen:
            try:
                await _one(service, act, handoff_id, who, label)
                done += 1
            except HandoffError:
                continue
        if not is_htmx(request):
            return go_to(request, "/inbox")
        text = f"Готово: {done} {plural(done, 'разговор', 'разговора', 'разговоров')}."
        if done < len(chosen):
            why = _WHY.get(act, "они у коллег или закрыты")
            text += f" Не получилось: {len(chosen) - done}, {why}."
        return notify(Response(status_code=204), text, "done" if done else "trouble")

    return routes


def _one(
    service: HandoffService, act: str, handoff_id: int, who: Operator, label: str
) -> Awaitable[None]:
    if act == "take":
        return service.desk.take(handoff_id, who)
    if act == "close":
        return service.desk.close(handoff_id, who)
    if act == "label":
        return service.labels.put(handoff_id, who, label)
    kind, _, number = act.partition("-")
    if kind == "group":
        return service.moving.assign_group(handoff_id, who, int(number))
    return service.moving.assign(handoff_id, who, int(number))
