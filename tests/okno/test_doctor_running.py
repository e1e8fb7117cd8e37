"""``okno doctor`` on a running installation: whose work is not done, what is about to end."""

import hashlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI, Response

from conversations.service import bot_account_id
from okno import doctor_running
from okno import profile as profiles
from okno.assemble import assemble
from okno.doctor_running import process_findings, public_findings, running_findings
from okno.services import Services
from okno.settings import Settings
from storage import jobs, leases
from tests.conftest import FakeClock
from tests.storage.test_archive import fill

NOON = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    settings = Settings(
        database_url=database_url, secret_key="x" * 40, media_dir=tmp_path / "media",
        _env_file=None,
    )  # fmt: skip
    made = assemble(settings, profiles.load("demo"), clock=FakeClock(NOON))
    yield made
    await made.close()


async def found(services: Services) -> dict[str, str]:
    return {one.what: one.mend async for one in running_findings(services)}


async def test_who_is_missing_and_what_waits(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, clock = services.database, services.database.clock
    assert isinstance(clock, FakeClock)
    monkeypatch.setattr(doctor_running, "LEAST_FREE", 0)
    assert "no process has served this database yet" in await found(services)
    web = await bot_account_id(database, "web")
    vk = await bot_account_id(database, "vk")  # of former times: not configured any more
    await leases.acquire(database, jobs.LEASE, "one")
    await leases.acquire(database, f"sender:{vk}", "one")
    await leases.release(database, f"sender:{vk}", "one")
    told = await found(services)
    assert told["sending to web: nobody does it"].endswith("okno serve --roles sender")
    assert not [what for what in told if "vk" in what or "scheduled" in what]
    await leases.acquire(database, f"sender:{web}", "two")
    told = await found(services)
    assert told["scheduled work and sending have their processes"] == ""
    assert told["nothing waits to be answered or sent longer than it should"] == ""
    assert told[f"files are written to {services.settings.media_dir} and read from it"] == ""
    # On PostgreSQL the clock of the tests is not the server's.
    assert any("clock" in what for what in told) is not database.is_sqlite

    await fill(database)
    async with database.write() as tx:
        await jobs.schedule(tx, "x", "x", tx.now)
    clock.advance(minutes=6)
    told = await found(services)
    assert told["the oldest answer waits to be sent since 2026-11-18 09:00:00"]
    assert told[
        "the oldest message of a customer waits for the assistant since 2026-11-18 09:00:00"
    ]
    assert told["1 jobs are late"]
    if database.is_sqlite:
        assert told["scheduled work: nobody does it since 0:06:00 ago"]

    await services.media.put(b"a file")
    before = [what for what in told if "files of the database" in what]
    await services.media.shelf.remove([hashlib.sha256(b"a file").hexdigest()])
    told = await found(services)
    (lost,) = (what for what in told if "files of the database are not at" in what)
    assert before != [lost]

    services.settings.media_dir.rename(services.settings.media_dir.with_name("away"))
    services.settings.media_dir.write_text("in the way")
    monkeypatch.setattr(doctor_running, "LEAST_FREE", 2**60)
    told = await found(services)
    assert any("files can't be kept" in what for what in told)
    assert any("GB are free" in what for what in told)


@pytest.mark.parametrize(
    ("end", "says", "is_bad"),
    [
        (NOON + timedelta(days=40), "good for 40 days", False),
        (NOON + timedelta(days=3), "ends in 3 days", True),
        (ssl.SSLCertVerificationError("certificate has expired"), "is not trusted", True),
        (ConnectionRefusedError(), "can't be reached from here (ConnectionRefusedError)", True),
    ],
)
async def test_the_certificate(end: datetime | OSError, says: str, is_bad: bool) -> None:
    async def look(host: str, port: int) -> datetime:
        assert (host, port) == ("chat.example.ru", 443)
        if isinstance(end, OSError):
            raise end
        return end

    if isinstance(end, ssl.SSLCertVerificationError):
        end.verify_message = "certificate has expired"
    (finding,) = await public_findings("https://chat.example.ru", NOON, look)
    assert says in finding.what
    assert bool(finding.mend) is is_bad
    assert await public_findings("http://127.0.0.1:8080", NOON, look) == []


async def test_processes_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    app = FastAPI()

    @app.get("/readyz")
    async def readyz() -> Response:
        return Response("database does not answer", 503)

    transport, client = httpx.ASGITransport(app), httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **_: client(transport=transport))
    (busy,) = [one async for one in process_findings(["http://10.0.0.5:8080/"])]
    assert (busy.what, bool(busy.mend)) == ("http://10.0.0.5:8080/: database does not answer", True)
    monkeypatch.undo()
    (silent,) = [one async for one in process_findings(["http://127.0.0.1:9"])]
    assert "does not answer (ConnectError)" in silent.what
