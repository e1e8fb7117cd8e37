"""``/inbox/undelivered``: what did not reach customers; ``/inbox/channels``: the line about
messengers that do not answer, a piece of the inbox."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from bots.undelivered.deliveries import Undeliverables
from staff.models import Role
from storage.base import LARGEST_ID
from web.guard import require
from web.respond import go_to, page

ROOM = "undelivered"
FOLDER = Path(__file__).resolve().parent
ROLES = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)

Number = Annotated[int, Form(ge=1, le=LARGEST_ID)]


def router(undeliverables: Undeliverables, channel_title: Callable[[str], str]) -> APIRouter:
    """Include it before the inbox, whose addresses «/inbox/<number>» are of conversations."""
    routes = APIRouter(prefix="/inbox", dependencies=[Depends(require(*ROLES))])

    @routes.get("/channels")
    async def channels(request: Request) -> Response:
        context = {
            "outages": await undeliverables.outages(),
            "undelivered": await undeliverables.count(),
            "restored": await undeliverables.waits_since_restore(),
            "title_of": channel_title,
            "counted": counted,
        }
        return page(request, "undelivered/line.html", context)

    @routes.get("/undelivered")
    async def undelivered(request: Request) -> Response:
        found = await undeliverables.last()
        context = {"found": found, "title_of": channel_title}
        return page(request, "undelivered/list.html", context)

    @routes.post("/undelivered/retry")
    async def retry(request: Request, delivery: Number) -> Response:
        await undeliverables.retry(delivery)
        return go_to(request, "/inbox/undelivered")

    @routes.post("/undelivered/drop")
    async def drop(request: Request, delivery: Number) -> Response:
        await undeliverables.drop(delivery)
        return go_to(request, "/inbox/undelivered")

    return routes


def counted(number: int) -> str:
    """«12 сообщений ждут», in the right form of the words."""
    if number % 10 == 1 and number % 100 != 11:
        return f"{number} сообщение ждёт"
    if number % 10 in {2, 3, 4} and number % 100 not in {12, 13, 14}:
        return f"{number} сообщения ждут"
    return f"{number} сообщений ждут"
