"""Wake-ups between those who write rows and those who work on them.

A signal carries no meaning: whoever wakes looks into the database, and looks anyway from time
to time, so a lost signal costs only time. In one process it is an event; on PostgreSQL
``NOTIFY`` reaches the other processes as well.

What is told (``tell``) holds only now, who types for instance: it is never stored, may be lost,
and costs no write.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy import text

from storage import lost_peers
from storage.database import Database, Transaction

log = structlog.get_logger(__name__)

CHANNEL = "okno"
TOLD = "okno_told"
RECONNECT_SECONDS = 2.0
# Said later than so it is not true any more.
TELL_SECONDS = 2.0
_NOTIFY = text("SELECT pg_notify(:channel, name) FROM unnest(CAST(:names AS text[])) AS name")


Hearer = Callable[[dict[str, Any]], None]


class Waiter:
    """One sleeper's view of a signal; what came while it worked is not lost."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, at_most: float) -> bool:
        """True when woken, False when ``at_most`` seconds passed."""
        try:
            async with asyncio.timeout(at_most):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


async def _notify(tx: Transaction) -> None:
    names = sorted(set(tx.pending[CHANNEL]))
    await tx.connection.execute(_NOTIFY, {"channel": CHANNEL, "names": names})


class Signals:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: dict[str, list[Waiter]] = defaultdict(list)
        self._hearers: dict[str, list[Hearer]] = defaultdict(list)
        self._listener: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
        self._telling = asyncio.Lock()

    def hear(self, name: str, hearer: Hearer) -> None:
        """Have ``hearer`` called with what is told under ``name``, here or elsewhere."""
        self._hearers[name].append(hearer)

    def unhear(self, name: str, hearer: Hearer) -> None:
        with suppress(ValueError):
            self._hearers[name].remove(hearer)

    async def tell(self, name: str, /, **told: Any) -> None:
        """Tell all processes; while the database is away, only this one. At most 7,000 bytes."""
        connection = self._connection
        if connection is not None:
            try:
                async with self._telling:
                    await connection.execute(
                        "SELECT pg_notify($1, $2)", TOLD, json.dumps([name, told]),
                        timeout=TELL_SECONDS,
                    )  # fmt: skip
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                log.warning("storage.not_told", name=name)
            else:
                return
        self._tell_here(name, told)

    def subscribe(self, name: str) -> Waiter:
        waiter = Waiter()
        self._waiters[name].append(waiter)
        return waiter

    def unsubscribe(self, name: str, waiter: Waiter) -> None:
        with suppress(ValueError):
            self._waiters[name].remove(waiter)

    def wake(self, tx: Transaction, name: str) -> None:
        """Wake the subscribers of ``name`` when ``tx`` is committed."""
        if self._database.is_sqlite:
            tx.after_commit(("signal", name), lambda: self.wake_here(name))
        else:
            tx.pending.setdefault(CHANNEL, []).append(name)
            tx.before_commit(CHANNEL, _notify)

    def wake_here(self, name: str) -> None:
        for waiter in self._waiters[name]:
            waiter.set()

    async def start(self) -> None:
        if not self._database.is_sqlite:
            self._listener = asyncio.create_task(self._listen())

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _listen(self) -> None:
        dsn = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                connection = await asyncpg.connect(dsn)
                lost_peers.notice(connection)
                try:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda *_: lost.set())  # noqa: B023
                    await connection.add_listener(CHANNEL, self._heard)
                    await connection.add_listener(TOLD, self._heard_told)
                    for name in list(self._waiters):
                        self.wake_here(name)  # something may have been written while we were deaf
                    self._connection = connection
                    await lost.wait()
                finally:
                    self._connection = None
                    await connection.close(timeout=1)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                log.warning("storage.signals_lost")
            await asyncio.sleep(RECONNECT_SECONDS)

    def _heard(self, _connection: Any, _pid: int, _channel: str, name: Any) -> None:
        self.wake_here(str(name))

    def _heard_told(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        name, told = json.loads(payload)
        self._tell_here(name, told)

    def _tell_here(self, name: str, told: dict[str, Any]) -> None:
        for hearer in self._hearers[name]:
            try:
                hearer(told)
            except Exception:
                log.exception("storage.unheard", name=name)
