"""Engines and transactions for SQLite and PostgreSQL.

SQLite: WAL, ``synchronous=FULL``, and write transactions that take the lock at once
(``BEGIN IMMEDIATE``): with SQLAlchemy's default mode two read-then-write transactions lose
an update without an error. Reads go through an engine of their own that cannot write.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from storage.clock import Clock, SystemClock

BUSY_TIMEOUT_MS = 10_000
READ_POOL = 4
POSTGRES_POOL = 10


class Transaction:
    """A write transaction: ``session`` and ``now``, which stays the same to the end."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self.session = session
        self.now = now
        self._before_commit: dict[Hashable, Callable[[Transaction], Awaitable[None]]] = {}
        self._last: Callable[[Transaction], Awaitable[None]] | None = None
        self._after_commit: dict[Hashable, Callable[[], None]] = {}
        self.pending: dict[Hashable, list[Any]] = {}

    def before_commit(
        self, key: Hashable, hook: Callable[["Transaction"], Awaitable[None]]
    ) -> None:
        """Run ``hook`` once at the end of the work, however often it is asked for."""
        self._before_commit[key] = hook

    def last(self, hook: Callable[["Transaction"], Awaitable[None]]) -> None:
        """Run ``hook`` as the very last statement before the commit."""
        self._last = hook

    def after_commit(self, key: Hashable, hook: Callable[[], None]) -> None:
        """Run ``hook`` once when the work is durable; never when it was rolled back."""
        self._after_commit[key] = hook

    async def finish(self) -> None:
        for hook in self._before_commit.values():
            await hook(self)
        if self._last is not None:
            await self._last(self)

    def committed(self) -> None:
        for hook in self._after_commit.values():
            hook()


class Database:
    """``read()`` gives a session that cannot write; ``write()`` a durable transaction."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self.url = make_url(url)
        self.clock = clock or SystemClock()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, writable=True)
            self._reader = _sqlite_engine(self.url, writable=False)
        else:
            self._writer = self._reader = create_async_engine(
                self.url.set(drivername="postgresql+asyncpg"),
                pool_size=POSTGRES_POOL,
                pool_pre_ping=True,
                connect_args={"server_settings": {"timezone": "UTC"}},
            )

    @property
    def engine(self) -> AsyncEngine:
        return self._writer

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with AsyncSession(self._writer, expire_on_commit=False) as session:
            transaction = Transaction(session, self.clock.now())
            async with session.begin():
                yield transaction
                await session.flush()
                await transaction.finish()
        transaction.committed()

    async def close(self) -> None:
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


def _sqlite_engine(url: URL, *, writable: bool) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        # One writer per process: waiting in our own queue is cheaper than SQLite's busy loop.
        pool_size=1 if writable else READ_POOL,
        max_overflow=0,
        pool_timeout=60,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if not writable:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writable else "BEGIN")

    return engine
