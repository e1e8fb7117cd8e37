"""Engines and transactions for SQLite and PostgreSQL.

SQLite: WAL, ``synchronous=FULL``, and write transactions that take the lock at once
(``BEGIN IMMEDIATE``): with SQLAlchemy's default mode two read-then-write transactions lose
an update without an error. Reads go through an engine of their own that cannot write; there each
statement sees what is committed when it runs, on both databases, and nothing begins or ends.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from sqlalchemy.pool import QueuePool

from storage import lost_peers, sqlite_driver
from storage.clock import Clock, SystemClock
from storage.outage import Refusals, is_outage

BUSY_TIMEOUT_MS = 10_000
READ_POOL = 4
POSTGRES_POOL = 10  # each for reading and for writing
# Lists of values make a statement of their own for each length.
STATEMENT_CACHE = 500


class Transaction:
    """A write transaction: ``connection``, ``session`` over it, and ``now``, which stays the same.

    The session is made when it is first asked for: what happens with every message does without.
    """

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self._session: AsyncSession | None = None
        self._before_commit: dict[Hashable, Callable[[Transaction], Awaitable[None]]] = {}
        self._last: Callable[[Transaction], Awaitable[None]] | None = None
        self._after_commit: dict[Hashable, Callable[[], None]] = {}
        self.pending: dict[Hashable, list[Any]] = {}

    @property
    def session(self) -> AsyncSession:
        if self._session is None:
            self._session = AsyncSession(self.connection, expire_on_commit=False)
        return self._session

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

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

    async def flush(self) -> None:
        """Let statements on ``connection`` see what was changed in ``session``."""
        if self._session is not None:
            await self._session.flush()

    async def finish(self) -> None:
        """Everything that belongs before the commit."""
        await self.flush()
        for hook in self._before_commit.values():
            await hook(self)
        if self._last is not None:
            await self._last(self)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def committed(self) -> None:
        for hook in self._after_commit.values():
            hook()


class Database:
    """``read()`` gives a session that cannot write; ``write()`` a durable transaction,
    ``write_in_turn()`` one that is shared by what waits together."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self.url = make_url(url)
        self.clock = clock or SystemClock()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.refusals = Refusals()
        self._turns = asyncio.Lock()
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, writable=True)
            self._reader = _sqlite_engine(self.url, writable=False)
            self._brief_reader = _sqlite_engine(self.url, writable=False, brief=True)
        else:
            self._writer = _postgres_engine(self.url, writable=True)
            self._reader = self._brief_reader = _postgres_engine(self.url, writable=False)

    @property
    def engine(self) -> AsyncEngine:
        return self._writer

    @asynccontextmanager
    async def read(self, *, brief: bool = False) -> AsyncIterator[AsyncSession]:
        """``brief``: only statements that take some rows by an index, as every message needs
        them. On SQLite they run at once, and anything longer would hold up the whole process."""
        engine = self._brief_reader if brief else self._reader
        async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def write(self, *, brief: bool = False) -> AsyncIterator[Transaction]:
        """``brief``: as of ``read``."""
        connected = False
        try:
            async with self._writer.connect() as connection:
                connected = True
                if self.is_sqlite:
                    _sqlite_connection(cast(Connection, connection.sync_connection)).brief = brief
                transaction = Transaction(connection, self.clock.now())
                try:
                    async with connection.begin():
                        yield transaction
                        await transaction.finish()
                finally:
                    await transaction.close()
        except Exception as error:
            # Past the connection an OSError is of the work itself, not of the database.
            ours = isinstance(error, DBAPIError | PoolTimeout) or not connected
            if ours and is_outage(error):
                self.refusals.refused(error)
            raise
        self.refusals.worked()
        transaction.committed()

    def pools(self) -> dict[str, tuple[int, int]]:
        """Connections in use and at most, of the pool for writing and that for reading."""
        pools = {"write": self._writer.sync_engine.pool, "read": self._reader.sync_engine.pool}
        return {
            name: (pool.checkedout(), pool.size())
            for name, pool in pools.items()
            if isinstance(pool, QueuePool)
        }

    @asynccontextmanager
    async def write_in_turn(self) -> AsyncIterator[Transaction]:
        """A write transaction of the kind that carries whatever has gathered: one at a time.

        While one commits, the next gathers: on PostgreSQL, where they could overlap, more and
        smaller ones would cost more (SQLite's single writer gives turns by itself).
        """
        async with self._turns, self.write(brief=True) as tx:
            yield tx

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()
        await self._brief_reader.dispose()


def _postgres_engine(url: URL, *, writable: bool) -> AsyncEngine:
    settings = {"timezone": "UTC"}
    if not writable:
        settings["default_transaction_read_only"] = "on"
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=POSTGRES_POOL,
        max_overflow=0,
        connect_args={
            "server_settings": settings,
            "prepared_statement_cache_size": STATEMENT_CACHE,
        },
        **({} if writable else {"isolation_level": "AUTOCOMMIT"}),
    )

    @event.listens_for(engine.sync_engine, "connect")
    def watch(connection: Any, _record: Any) -> None:
        lost_peers.notice(connection.driver_connection)

    @event.listens_for(engine.sync_engine, "checkout")
    def is_alive(connection: Any, _record: Any, _proxy: Any) -> None:
        """The driver knows when the server has closed the connection: no question is needed."""
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    return engine


def _sqlite_connection(connection: Connection) -> sqlite_driver.Connection:
    return cast(sqlite_driver.Connection, connection.connection.dbapi_connection)


def _sqlite_engine(url: URL, *, writable: bool, brief: bool = False) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername=f"sqlite+{sqlite_driver.DRIVER}"),
        # One writer per process: waiting in our own queue is cheaper than SQLite's busy loop.
        pool_size=1 if writable else READ_POOL,
        max_overflow=0,
        pool_timeout=60,
        # Made in a thread, and used here too: never by both at once.
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What is erased is not to be read in the file either; the default depends on the build.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if not writable:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()
        connection.brief = brief

    if writable:

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Connection) -> None:
            _sqlite_connection(connection).begin("BEGIN IMMEDIATE")

    return engine
