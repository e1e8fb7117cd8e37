"""``/restored``: what has been waiting since a restore from a back-up is sent or left by an
administrator's word, as by ``okno db release``."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Depends, Request, Response

from conversations import restored
from staff import audit
from staff.models import Role
from storage.database import Database, Transaction
from web.guard import Me, require
from web.respond import go_to, page


def restored_router(database: Database) -> APIRouter:
    routes = APIRouter(prefix="/restored", dependencies=[Depends(require(Role.ADMINISTRATOR))])

    @routes.get("")
    async def waiting(request: Request) -> Response:
        async with database.read() as session:
            unsent, unanswered = await restored.held(session)
        context = {"unsent": unsent, "unanswered": unanswered}
        return page(request, "undelivered/restored.html", context)

    @routes.post("/release")
    async def release(request: Request, me: Me) -> Response:
        await decide(me, "restored.released", restored.release)
        return go_to(request, "/restored")

    @routes.post("/discard")
    async def discard(request: Request, me: Me) -> Response:
        await decide(me, "restored.discarded", restored.discard)
        return go_to(request, "/restored")

    async def decide(me: Me, action: str, do: Callable[[Transaction], Awaitable[None]]) -> None:
        async with database.write() as tx:
            unsent, unanswered = await restored.held(tx.session)
            await do(tx)
            audit.record(tx, me.person_id, action, unsent=unsent, unanswered=unanswered)

    return routes
