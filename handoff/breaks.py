"""«Перерыв»: somebody at work who takes nothing for a while; what he owes goes to the others."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from handoff import shift
from staff.presence import set_break
from storage.database import Database
from web.guard import Me
from web.respond import go_to, is_htmx, notify

BEGUN = "Перерыв: новые разговоры не придут, а неотвеченные вернутся в очередь."
ENDED = "Вы снова на месте."


def breaks(database: Database) -> APIRouter:
    """``POST /inbox/break``; the caller guards it."""
    routes = APIRouter()

    @routes.post("/break")
    async def take_break(request: Request, me: Me, on: Annotated[bool, Form()] = False) -> Response:
        async with database.write() as tx:
            await set_break(tx, me.person_id, on=on)
            await shift.look_soon(tx)
        if not is_htmx(request):
            return go_to(request, "/inbox")
        return notify(Response(status_code=204), BEGUN if on else ENDED)

    return routes
