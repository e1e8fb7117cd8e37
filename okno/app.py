"""The FastAPI application put together from the rooms' routers."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import RedirectResponse

from billing.customers.claiming import Claims
from billing.payments import api as billing_api
from billing.readings import pages as readings_pages
from billing.readings.reviewing import Reviewing
from billing.readings.undelivered import Settling
from bots.buckets import Rate
from bots.undelivered import pages as undelivered
from bots.undelivered.deliveries import Undeliverables
from bots.undelivered.restoring import restored_router
from bots.web_chat import pages as web_chat
from bots.webhook_gate import WebhookGate
from dialogs.menu import label_of, subjects
from handoff.board.pages import board_router
from handoff.inbox import pages as inbox
from handoff.inbox.files import files
from handoff.inbox.labels import channel as channel_title
from handoff.inbox.tools import CompanyFacts
from handoff.working_time.hours_pages import hours_router
from knowledge_base import api as kb_api
from knowledge_base import pages as editor_pages
from knowledge_base.files.service import ArticleFiles
from knowledge_base.learning.live import LiveEngine
from media import pages as media_pages
from okno import operations
from okno.channels import Channel
from okno.metrics import Timed
from okno.money import account_refresh, confirmed_accounts, mirror, payment_notices
from okno.services import Services
from okno.shown_values import reference
from okno.try_out import reading, trying
from web import app_parts
from web.audit import audit_router
from web.people import groups_router, people_router
from web.shell import Shell, make_shell

ROOT = Path(__file__).resolve().parent.parent


def create_app(
    services: Services,
    channels: Collection[Channel],
    tasks: Mapping[str, asyncio.Task[None]],
    engine: LiveEngine,
) -> FastAPI:
    # The framework's documentation pages load files from a CDN: off.
    app = FastAPI(title="Okno", docs_url=None, redoc_url=None, openapi_url=None)
    shell = make_shell(
        staff=services.staff,
        hub=services.hub,
        clock=services.database.clock,
        company=services.profile.company.short_name,
        zone=services.zone,
        public_url=services.settings.public_url,
        rooms={
            "billing": ROOT / "billing",
            "handoff": ROOT / "handoff",
            "knowledge_base": ROOT / "knowledge_base",
            undelivered.ROOM: undelivered.FOLDER,
            web_chat.ROOM: web_chat.FOLDER,
        },
    )
    app_parts.install(app, shell)
    for channel in channels:
        if channel.routes is not None:
            app.include_router(channel.routes)
        if channel.name == "web":
            app.include_router(_chat(services, channel, shell))
    undeliverables = Undeliverables(services.database, services.events, services.signals)
    app.include_router(restored_router(services.database))
    app.include_router(undelivered.router(undeliverables, lambda name: channel_title(name)[0]))
    accounts = confirmed_accounts(services)
    uploads = services.uploads()
    app.include_router(
        files(
            services.database,
            services.events,
            services.signals,
            services.media,
            uploads,
            services.knowledge_base,
        )
    )
    app.include_router(
        inbox.router(
            services.handoff,
            accounts=accounts,
            refresh=account_refresh(services),
            claims=Claims(services.database, services.outbox, services.events, mirror(services)),
            articles=services.knowledge_base,
            facts=_facts(services),
            intent_title=label_of,
            signals=services.signals,
            uploads=uploads,
        )
    )
    for administration in (
        people_router(services.database, topics=subjects()),
        groups_router(services.database, topics=subjects()),
        audit_router(services.database),
        hours_router(services.office_hours, services.handoff),
    ):
        app.include_router(administration)
    app.include_router(
        board_router(
            services.handoff,
            sure=services.profile.understanding.answer,
            intent_title=label_of,
            subjects=subjects(),
        )
    )
    reviewing = Reviewing(services.database, services.outbox, services.events)
    app.include_router(
        readings_pages.router(
            reviewing,
            Settling(services.database, services.events),
            due=lambda received: services.hours.add_working_days(received, 1),
        )
    )
    article_files = ArticleFiles(services.database, services.media, services.links())
    app.include_router(
        editor_pages.router(
            services.editor(),
            trying(services, engine),
            reading(engine, services.zone),
            reference(services),
            article_files,
            zone=services.zone,
        )
    )
    app.include_router(
        kb_api.router(services.knowledge_base, services.media, services.settings.public_url)
    )
    app.include_router(media_pages.router(services.media, services.links()))
    if services.settings.billing_secret is not None:
        secret = services.settings.billing_secret.get_secret_value().encode()
        tell = payment_notices(services).tell
        app.include_router(billing_api.router(services.database, tell, secret))
    app.include_router(operations.router(services, channels, tasks))
    settings = services.settings
    refused = Rate(settings.refused_burst, timedelta(seconds=settings.refused_seconds))
    app.add_middleware(WebhookGate, rate=refused, clock=services.database.clock)
    app.add_middleware(Timed)

    @app.get("/", include_in_schema=False)
    async def front_door() -> Response:
        """Who comes without an address is a customer; staff know theirs."""
        return RedirectResponse("/chat")

    return app


def _facts(services: Services) -> CompanyFacts:
    return CompanyFacts(
        company=services.profile.company.short_name,
        office=services.facts.office,
        subjects=subjects(),
    )


def _chat(services: Services, channel: Channel, shell: Shell) -> APIRouter:
    profile, public_url = services.profile, services.settings.public_url
    return web_chat.router(
        database=services.database,
        intake=services.intake,
        events=services.events,
        hub=services.hub,
        account_id=channel.account_id,
        company=profile.company.short_name,
        company_phone=profile.company.phone,
        zone=services.zone,
        static=shell.static,
        clock=services.database.clock,
        frame_ancestors=profile.widget.frame_ancestors,
        public_url=public_url,
        secure_cookies=public_url is not None and public_url.startswith("https://"),
        links=services.links(),
        media=services.media,
    )
