"""Organisations that wait for confirmation: two buttons beside the conversation."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from billing.customers.claiming import LONGEST_REASON, ClaimDecision, Claims
from billing.errors import ClaimDecided, ClaimUnfit
from handoff.inbox.queue import Stay
from web.guard import Me
from web.respond import go_to, is_htmx, notify, page
from web.row_id import RowId

CONFLICT = 409


def claim_actions(claims: Claims, stay_of: Callable[[int], Awaitable[Stay]]) -> APIRouter:
    """Routes below ``/inbox/{handoff_id}/claims``; the caller guards them. ``stay_of`` raises 404:
    a claim is decided beside the conversation with the customer who made it."""
    routes = APIRouter(prefix="/{handoff_id}/claims/{claim_id}")

    @routes.post("/confirm")
    async def confirm(request: Request, me: Me, handoff_id: RowId, claim_id: RowId) -> Response:
        stay = await stay_of(handoff_id)
        decision = ClaimDecision(claim_id, stay.contact_id, me.person_id, accept=True)
        return await carried_out(request, handoff_id, decision)

    @routes.post("/refuse")
    async def refuse(
        request: Request,
        me: Me,
        handoff_id: RowId,
        claim_id: RowId,
        reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
    ) -> Response:
        stay = await stay_of(handoff_id)
        decision = ClaimDecision(claim_id, stay.contact_id, me.person_id, False, reason)
        return await carried_out(request, handoff_id, decision)

    async def carried_out(request: Request, handoff_id: int, decision: ClaimDecision) -> Response:
        try:
            done = await claims.decide(decision)
        except ClaimDecided:
            return trouble(request, handoff_id, "Заявка уже решена: коллегой или самим клиентом.")
        except ClaimUnfit:
            return trouble(request, handoff_id, "Договор и ИНН не сходятся: подтвердить нельзя.")
        if is_htmx(request):
            return notify(Response(status_code=204), done)
        return go_to(request, f"/inbox/{handoff_id}")

    def trouble(request: Request, handoff_id: int, text: str) -> Response:
        if is_htmx(request):
            return notify(Response(status_code=CONFLICT), text, "trouble")
        told = {"title": "Не получилось", "text": text}
        context = {"trouble": told, "status": "", "stale": True, "back": f"/inbox/{handoff_id}"}
        return page(request, "error.html", context, status=CONFLICT)

    return routes
