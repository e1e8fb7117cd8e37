"""What an operator does for the customer from the right-hand panel."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response

from billing.errors import GatewayDown
from handoff.customer.earlier import Span, span_of
from handoff.customer.identities import span_of_chat
from handoff.customer.lending import Lent
from handoff.customer.proving import Shown
from handoff.errors import BillingAway
from handoff.inbox import labels
from handoff.inbox.acting import operator_of, perform
from handoff.inbox.actions import KEY
from handoff.inbox.queue import Stay
from handoff.inbox.thread import Thread
from handoff.service import HandoffService
from staff import audit
from web.guard import Me
from web.respond import go_to, page
from web.row_id import RowId

LONGEST_NUMBER = 60
LONGEST_NAME = 200


def customer_pages(
    service: HandoffService,
    stay_of: Callable[[int], Awaitable[Stay]],
    refresh: Callable[[str], Awaitable[None]] | None,
    intent_title: Callable[[str], str],
) -> APIRouter:
    """Routes below ``/inbox/{handoff_id}``; the caller guards them. ``stay_of`` raises 404."""
    routes = APIRouter(prefix="/{handoff_id}")
    thread = Thread(service.hours.zone, intent_title)
    database = service.database

    @routes.post("/lend")
    async def lend(
        request: Request, me: Me, handoff_id: RowId, what: Annotated[Lent, Form()]
    ) -> Response:
        act = service.lending.lend(handoff_id, operator_of(me), what)
        return await perform(request, handoff_id, act)

    @routes.post("/confirm")
    async def confirm(
        request: Request,
        me: Me,
        handoff_id: RowId,
        number: Annotated[str, Form(max_length=LONGEST_NUMBER)] = "",
        holder: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
        shown: Annotated[list[Shown] | None, Form()] = None,
    ) -> Response:
        async def act() -> None:
            if refresh is not None:
                try:
                    await refresh(number)
                except GatewayDown as error:
                    raise BillingAway from error
            who = operator_of(me)
            await service.proving.confirm(handoff_id, who, number, holder, shown or ())

        return await perform(request, handoff_id, act(), lambda _: "Личность подтверждена.")

    @routes.get("/earlier/{other_id}")
    async def earlier(request: Request, me: Me, handoff_id: RowId, other_id: RowId) -> Response:
        """The words of another stay of the same customer, to read only."""
        stay = await stay_of(handoff_id)
        async with database.read() as session:
            span = await span_of(session, stay.contact_id, other_id, database.clock.now())
        return await read(request, me, span)

    @routes.get("/chats/{conversation_id}")
    async def chat(request: Request, me: Me, handoff_id: RowId, conversation_id: RowId) -> Response:
        """What the customer wrote in another messenger, to read only."""
        stay = await stay_of(handoff_id)
        now = database.clock.now()
        async with database.read() as session:
            span = await span_of_chat(session, stay.contact_id, conversation_id, now)
        return await read(request, me, span)

    @routes.post("/chats/{conversation_id}/part")
    async def part(request: Request, me: Me, handoff_id: RowId, conversation_id: RowId) -> Response:
        act = service.joining.part(handoff_id, operator_of(me), conversation_id)
        return await perform(request, handoff_id, act, lambda _: "Разговор отсоединён.")

    @routes.post("/first")
    async def first(
        request: Request,
        me: Me,
        handoff_id: RowId,
        key: Annotated[str, Form(pattern=KEY)],
        text: Annotated[str, Form()] = "",
    ) -> Response:
        """Write into a closed conversation; the page of the new stay follows."""
        begun = handoff_id

        async def act() -> None:
            nonlocal begun
            who = operator_of(me)
            begun = await service.first.write(handoff_id, who, text, client_key=key)

        answer = await perform(request, handoff_id, act())
        return go_to(request, f"/inbox/{begun}?tab=mine") if begun != handoff_id else answer

    async def read(request: Request, me: Me, span: Span | None) -> Response:
        if span is None:
            raise HTTPException(404)
        async with database.read() as session:
            lines = await thread.span(session, span)
        async with database.write() as tx:
            audit.record(
                tx, me.person_id, "conversation.viewed",
                object_kind="conversation", object_id=span.conversation_id,
            )  # fmt: skip
        return page(request, "handoff/earlier.html", {"thread": lines, "labels": labels})

    return routes
