"""What /metrics tells of the database, and who may ask."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import cast

import httpx
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from billing.readings import delivering
from bots import delivery, leased
from bots.web_chat.sender import WebSender
from conversations.models import BotAccount
from knowledge_base.learning import trainer
from okno import metrics, operations
from okno import profile as profiles
from okno.assemble import assemble
from okno.channels import Channel
from okno.services import JOBS_PERIOD_SECONDS, Services
from okno.settings import Settings
from storage import jobs, leases
from tests.conftest import FakeClock
from tests.storage.test_archive import fill


@pytest.fixture
async def services(database_url: str) -> AsyncIterator[Services]:
    # Not long after what ``fill`` writes; leases are timed by the database's own clock.
    clock = FakeClock(datetime(2026, 11, 18, 9, 5, tzinfo=UTC))
    settings = Settings(database_url=database_url, secret_key="x" * 40, _env_file=None)
    made = assemble(settings, profiles.load("demo"), clock=clock)
    yield made
    await made.close()


def browser(services: Services, address: str = "127.0.0.1") -> httpx.AsyncClient:
    channels = [Channel("web", 7, WebSender())]
    app = operations.create_app(services, channels, {})
    app.add_middleware(metrics.Timed)
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://okno.test")


async def told(client: httpx.AsyncClient) -> dict[tuple[str, str], float]:
    """Values by name and the first label's value."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def answered() -> float:
    labels = {"area": "other", "status": "2xx"}
    return REGISTRY.get_sample_value("okno_http_seconds_count", labels) or 0.0


async def test_the_figures_are_those_of_the_database(services: Services) -> None:
    database = services.database
    await fill(database)
    async with database.write() as tx:
        await jobs.schedule(tx, "x", "x", tx.now - timedelta(seconds=40))
        await tx.session.execute(
            update(BotAccount).values(failing_since=tx.now - timedelta(seconds=90))
        )
    async with browser(services) as client:
        figures = await told(client)
        assert figures["okno_database_up", ""] == 1
        assert figures["okno_unhandled_oldest_seconds", ""] == 300
        assert figures["okno_unsent_oldest_seconds", ""] == 300
        assert figures["okno_jobs_oldest_seconds", ""] == 40
        assert figures["okno_channel_failing_seconds", "web"] == 90
        assert figures["okno_quarantine_rows", ""] == 1
        assert figures["okno_database_bytes", ""] > 100_000
        assert figures["okno_lease_age_seconds", "web"] == float("inf")
        before = answered()
        await leases.acquire(database, "sender:7", "somebody")
        figures = await told(client)
        assert 0 <= figures["okno_lease_age_seconds", "web"] < 5
        assert answered() == before + 1


async def test_work_that_fails_again_and_again_is_late_work(services: Services) -> None:
    """Its next try is always ahead: by that nobody would hear of it."""
    database, clock = services.database, cast(FakeClock, services.database.clock)

    async def fails(*_: object) -> None:
        raise ValueError

    runner = jobs.JobRunner(database, {"x": fails}, holder="test", period=1)
    async with database.write() as tx:
        await jobs.schedule(tx, "x", "x", tx.now)
    for _ in range(60):
        await runner.run_due()
        clock.advance(seconds=10)
    assert await jobs.count_late(database, timedelta(minutes=5)) == 1
    async with browser(services) as client:
        assert (await told(client))["okno_jobs_oldest_seconds", ""] == 600


async def test_without_a_database_the_counters_are_still_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(metrics.Measuring, "_ask", refuses)
    async with browser(services) as client:
        assert (await told(client))["okno_database_up", ""] == 0


@pytest.mark.parametrize(
    ("address", "headers"),
    [("8.8.8.8", {}), ("10.0.0.7", {"x-forwarded-for": "8.8.8.8"}), ("unknown", {})],
)
async def test_strangers_are_told_nothing(
    services: Services, address: str, headers: dict[str, str]
) -> None:
    async with browser(services, address) as client:
        assert (await client.get("/metrics", headers=headers)).status_code == 404


def test_work_of_the_dead_is_taken_over_within_fifteen_seconds() -> None:
    """A lease runs out, and who waits for it asks often enough; who holds it renews it in time."""
    ttl = leases.LEASE_TTL.total_seconds()
    renewed = {delivery.RENEW_SECONDS, JOBS_PERIOD_SECONDS, delivering.PERIOD_SECONDS,
               trainer.RENEW_SECONDS}  # fmt: skip
    asked_for = {*renewed, leased.PAUSE_SECONDS, trainer.SWEEP_SECONDS}
    assert ttl + max(asked_for) <= 15
    assert max(renewed) < ttl
