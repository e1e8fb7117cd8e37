"""Figures for Prometheus: what a look into the database tells, asked for with every scrape, and how
long pages take. What is counted where it happens stands there (``bots/``, ``dialogs/``).

docs/guides/administrator.md says what each alert on them means; ``deploy/`` has alerts and a board.
"""

import asyncio
import shutil
import time
from collections.abc import Collection
from datetime import datetime

import structlog
from prometheus_client import Gauge, Histogram
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conversations.models import BotAccount, Conversation, Quarantine
from handoff.models import AnswerClock
from handoff.working_time.clocks import ANSWERS
from okno.channels import Channel
from okno.services import Services
from okno.waiting import OLDEST_UNHANDLED, OLDEST_UNSENT, existing
from storage import jobs, leases
from storage.jobs import Job

log = structlog.get_logger(__name__)

# Prometheus itself waits ten seconds by default.
DATABASE_WITHIN = 5.0

WAITING = Gauge("okno_handoff_waiting", "Conversations that wait for an operator")
LATE = Gauge("okno_handoff_late", "Conversations whose answer is overdue")
UNHANDLED_AGE = Gauge("okno_unhandled_oldest_seconds", "Age of the oldest unhandled message")
UNSENT_AGE = Gauge("okno_unsent_oldest_seconds", "Age of the oldest unsent message")
QUARANTINED = Gauge("okno_quarantine_rows", "Events that could not be stored")
FAILING = Gauge(
    "okno_channel_failing_seconds", "How long a messenger has not taken messages", ["channel"]
)
JOBS_AGE = Gauge("okno_jobs_oldest_seconds", "How long the oldest due work waits")
LEASE_AGE = Gauge(
    "okno_lease_age_seconds", "Since when nobody renewed the lease; Inf: nobody ever had it",
    ["lease"],
)  # fmt: skip
CONNECTIONS = Gauge(
    "okno_database_connections", "Of this process's pools: in use and at most", ["pool", "state"]
)
DATABASE_UP = Gauge("okno_database_up", "1: it has answered to this scrape")
DATABASE_BYTES = Gauge("okno_database_bytes", "Size of the database")
DATABASE_SECONDS = Gauge("okno_database_answer_seconds", "How long a bare question to it takes")
SKEW = Gauge("okno_clock_skew_seconds", "This machine's clock against the database's")
DISK_FREE = Gauge("okno_disk_free_bytes", "Free space where this process keeps its data")
HTTP_SECONDS = Histogram(
    "okno_http_seconds", "From a request to the beginning of its answer", ["area", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip

# First parts of addresses; strangers' inventions are all «other».
_AREAS = frozenset({"inbox", "kb", "chat", "api", "webhooks", "media", "static", "board",
                    "readings", "people", "staff"})  # fmt: skip


class Measuring:
    """``channels``: whose senders must be alive."""

    def __init__(self, services: Services, channels: Collection[Channel]) -> None:
        self._services = services
        self._senders = {f"sender:{channel.account_id}": channel.name for channel in channels}

    async def measure(self) -> None:
        """Set the gauges. Without the database those that it tells stay as they were."""
        try:
            async with asyncio.timeout(DATABASE_WITHIN):
                await self._ask()
            DATABASE_UP.set(1)
        except Exception as error:
            log.warning("okno.metrics_without_database", error=type(error).__name__)
            DATABASE_UP.set(0)
        for pool, (used, size) in self._services.database.pools().items():
            CONNECTIONS.labels(pool, "used").set(used)
            CONNECTIONS.labels(pool, "size").set(size)
        DISK_FREE.set(shutil.disk_usage(existing(self._services.settings.media_dir)).free)

    async def _ask(self) -> None:
        now = self._services.database.clock.now()
        async with self._services.database.read() as session:
            await _database(session, self._services)
            await _work(session, now)
            await self._channels(session, now)
            await self._leases(session)

    async def _channels(self, session: AsyncSession, now: datetime) -> None:
        rows = await session.execute(select(BotAccount.id, BotAccount.failing_since))
        since = {f"sender:{account}": failing for account, failing in rows}
        for lease, channel in self._senders.items():
            FAILING.labels(channel).set(_age(now, since.get(lease)))

    async def _leases(self, session: AsyncSession) -> None:
        ages = await leases.ages(session, self._services.database)
        for name, title in {jobs.LEASE: "jobs", **self._senders}.items():
            LEASE_AGE.labels(title).set(ages.get(name, float("inf")))


async def _work(session: AsyncSession, now: datetime) -> None:
    waiting = select(func.count()).select_from(Conversation).where(Conversation.turn == "queue")
    late = select(func.count(func.distinct(AnswerClock.handoff_id))).where(
        AnswerClock.ended_at.is_(None), AnswerClock.kind.in_(ANSWERS), AnswerClock.due_at <= now
    )
    # Not the next try, which is always ahead of a job that fails.
    lagging = select(func.min(Job.due_at)).where(Job.done_at.is_(None))
    WAITING.set((await session.execute(waiting)).scalar_one())
    LATE.set((await session.execute(late)).scalar_one())
    UNHANDLED_AGE.set(_age(now, (await session.execute(OLDEST_UNHANDLED)).scalar_one()))
    UNSENT_AGE.set(_age(now, (await session.execute(OLDEST_UNSENT)).scalar_one()))
    JOBS_AGE.set(_age(now, (await session.execute(lagging)).scalar_one()))
    quarantined = await session.execute(select(func.count()).select_from(Quarantine))
    QUARANTINED.set(quarantined.scalar_one())


async def _database(session: AsyncSession, services: Services) -> None:
    """Also the two clocks; on SQLite there is only ours."""
    begun = time.perf_counter()
    if services.database.is_sqlite:
        await session.execute(text("SELECT 1"))
        DATABASE_SECONDS.set(time.perf_counter() - begun)
        pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        size = pages * (await session.execute(text("PRAGMA page_size"))).scalar_one()
        SKEW.set(0)
    else:
        theirs: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        DATABASE_SECONDS.set(time.perf_counter() - begun)
        SKEW.set((services.database.clock.now() - theirs).total_seconds())
        size = (
            await session.execute(text("SELECT pg_database_size(current_database())"))
        ).scalar_one()
    DATABASE_BYTES.set(size)


def _age(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


class Timed:
    """ASGI middleware: ``okno_http_seconds``. An open page's stream has no end to be timed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        area = scope["path"].split("/", 2)[1]
        area = area if area in _AREAS else "other"

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = f"{message['status'] // 100}xx"
                HTTP_SECONDS.labels(area, status).observe(time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, timed)
