"""The routes of an application, one by one, and something in it to look at."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount

from bots.incoming import Incoming
from conversations.models import MessageKind
from conversations.service import bot_account_id, lock
from okno.services import Services

# Named and written so by a customer: it may nowhere be more than words.
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every route that answers by itself."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, str(route.path)


def mounts(app: FastAPI) -> set[str]:
    return {str(route.path) for route in app.routes if isinstance(route, Mount)}


async def customer_waits(services: Services, text: str = HOSTILE) -> int:
    """A customer of a hostile name waits for an operator; the stay's number."""
    account = await bot_account_id(services.database, "telegram")
    now = services.database.clock.now()
    await services.intake.accept(
        Incoming(
            bot_account_id=account, channel="telegram", chat_id="77", external_id="u1",
            kind=MessageKind.TEXT, sent_at=now, text=text, sender_name=HOSTILE, platform_no=1,
            order_no=1,
        )
    )  # fmt: skip
    async with services.database.write() as tx:
        locked = (await lock(tx, [1]))[1]
        ticket = await services.handoff.request(tx, locked, reason="asked", summary={})
    return ticket.handoff_id
