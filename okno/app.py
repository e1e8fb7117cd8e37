"""The FastAPI application put together from the rooms' routers."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

from fastapi import FastAPI

from okno import operations
from okno.channels import Channel
from okno.services import Services
from web import app_parts
from web.shell import make_shell

ROOT = Path(__file__).resolve().parent.parent


def create_app(
    services: Services, channels: Collection[Channel], tasks: Mapping[str, asyncio.Task[None]]
) -> FastAPI:
    # The framework's documentation pages load files from a CDN: off.
    app = FastAPI(title="Okno", docs_url=None, redoc_url=None, openapi_url=None)
    shell = make_shell(
        staff=services.staff,
        hub=services.hub,
        clock=services.database.clock,
        company=services.profile.company.short_name,
        zone=services.zone,
        stop=services.stop,
        public_url=services.settings.public_url,
        rooms={"handoff": ROOT / "handoff", "knowledge_base": ROOT / "knowledge_base"},
    )
    app_parts.install(app, shell)
    for channel in channels:
        if channel.routes is not None:
            app.include_router(channel.routes)
    app.include_router(operations.router(services, tasks))
    return app
