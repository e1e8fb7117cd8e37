"""``/restored``: what has been waiting since a restore from a back-up is sent or left by an
administrator's word, as by ``okno db release``."""

from fastapi import APIRouter, Depends, Request, Response

from conversations import restored
from staff import audit
from staff.models import Role
from storage.database import Database
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
        async with database.write() as tx:
            unsent, unanswered = await restored.held(tx.session)
            await restored.release(tx)
            audit.record(
                tx, me.person_id, "restored.released", unsent=unsent, unanswered=unanswered
            )
        return go_to(request, "/restored")

    @routes.post("/discard")
    async def discard(request: Request, me: Me) -> Response:
        async with database.write() as tx:
            unsent, unanswered = await restored.held(tx.session)
            await restored.discard(tx)
            audit.record(
                tx, me.person_id, "restored.discarded", unsent=unsent, unanswered=unanswered
            )
        return go_to(request, "/restored")

    return routes
