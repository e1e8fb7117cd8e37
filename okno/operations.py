"""For those who run it: is it alive, is it ready, what do the figures say."""

import asyncio
import ipaddress
from collections.abc import Collection, Mapping

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from okno.channels import Channel
from okno.metrics import Measuring
from okno.services import Services


def create_app(
    services: Services,
    channels: Collection[Channel],
    tasks: Mapping[str, "asyncio.Task[None]"],
) -> FastAPI:
    """Nothing but these addresses: for processes that serve no pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(router(services, channels, tasks))
    return app


def router(
    services: Services,
    channels: Collection[Channel],
    tasks: Mapping[str, "asyncio.Task[None]"],
) -> APIRouter:
    routes = APIRouter()
    measuring = Measuring(services, channels)

    @routes.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        """The process lives and its loop turns."""
        return PlainTextResponse("ok")

    @routes.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        """It can work: the database answers, takes what is written, and no part has ended."""
        ended = [name for name, task in tasks.items() if task.done()]
        if services.stop.is_set() or ended:
            return PlainTextResponse("stopping", status_code=503)
        try:
            async with asyncio.timeout(2), services.database.read() as session:
                await session.execute(text("SELECT 1"))
        except Exception:
            return PlainTextResponse("database does not answer", status_code=503)
        if (reason := services.database.refusals.reason) is not None:
            return PlainTextResponse(f"database refuses writes: {reason}", status_code=503)
        return PlainTextResponse("ok")

    @routes.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """Not public: only from this machine or a private network, and not through a proxy."""
        if not _is_private(request):
            return PlainTextResponse("not found", status_code=404)
        await measuring.measure()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _is_private(request: Request) -> bool:
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_private
    except ValueError:
        return False
