"""For those who run it: is it alive, is it ready, what do the figures say."""

import asyncio
import ipaddress
from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import func, select, text

from conversations.models import Conversation, Delivery, DeliveryState, Quarantine
from handoff.models import AnswerClock
from handoff.working_time.clocks import ANSWERS
from okno.services import Services

WAITING = Gauge("okno_handoff_waiting", "Conversations that wait for an operator")
LATE = Gauge("okno_handoff_late", "Conversations whose answer is overdue")
UNHANDLED_AGE = Gauge("okno_unhandled_oldest_seconds", "Age of the oldest unhandled message")
UNSENT_AGE = Gauge("okno_unsent_oldest_seconds", "Age of the oldest unsent message")
QUARANTINED = Gauge("okno_quarantine_rows", "Events that could not be stored")


def router(services: Services, tasks: Mapping[str, "asyncio.Task[None]"]) -> APIRouter:
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    async def front_door() -> Response:
        """Who comes without an address is a customer; staff know theirs."""
        return RedirectResponse("/chat")

    @routes.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        """The process lives and its loop turns."""
        return PlainTextResponse("ok")

    @routes.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        """It can work: the database answers and no part of the process has ended."""
        ended = [name for name, task in tasks.items() if task.done()]
        if services.stop.is_set() or ended:
            return PlainTextResponse("stopping", status_code=503)
        try:
            async with asyncio.timeout(2), services.database.read() as session:
                await session.execute(text("SELECT 1"))
        except Exception:
            return PlainTextResponse("database does not answer", status_code=503)
        return PlainTextResponse("ok")

    @routes.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """Not public: only from this machine or a private network, and not through a proxy."""
        if not _is_private(request):
            return PlainTextResponse("not found", status_code=404)
        await _measure(services)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _is_private(request: Request) -> bool:
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_private
    except ValueError:
        return False


async def _measure(services: Services) -> None:
    now = services.database.clock.now()
    async with services.database.read() as session:
        waiting = await session.execute(
            select(func.count()).select_from(Conversation).where(Conversation.turn == "queue")
        )
        late = await session.execute(
            select(func.count(func.distinct(AnswerClock.handoff_id))).where(
                AnswerClock.ended_at.is_(None),
                AnswerClock.kind.in_(ANSWERS),
                AnswerClock.due_at <= now,
            )
        )
        due = await session.execute(select(func.min(Conversation.handle_at)))
        unsent = await session.execute(
            select(func.min(Delivery.created_at)).where(Delivery.state == DeliveryState.QUEUED)
        )
        quarantined = await session.execute(select(func.count()).select_from(Quarantine))
        WAITING.set(waiting.scalar_one())
        LATE.set(late.scalar_one())
        QUARANTINED.set(quarantined.scalar_one())
        UNHANDLED_AGE.set(_age(now, due.scalar_one()))
        UNSENT_AGE.set(_age(now, unsent.scalar_one()))


def _age(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
