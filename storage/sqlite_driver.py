"""aiosqlite with one hop to its thread for a statement instead of four, or none.

SQLAlchemy opens a cursor, executes, fetches and closes in separate calls, each a message to the
connection's thread and back; under load these hops cost more than the statements themselves.
Here a statement and its rows are one call, and the first one takes the transaction's beginning
along. Results are always fetched whole.

A connection that is ``brief`` runs its statements where they are asked for: each of them takes
some rows by an index, which is done sooner than the thread wakes up. What may have to wait, for
the lock or for the disk, is left to the thread: the beginning of a transaction and its end.
"""

import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import dialects
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util import await_

DRIVER = "okno"

_Outcome = tuple[Any, int, int | None, deque[Any]]


def _execute(
    connection: sqlite3.Connection, begin: str | None, operation: str, parameters: Any, many: bool
) -> _Outcome:
    if begin:
        connection.execute(begin)
    if many:
        cursor = connection.executemany(operation, parameters)
    else:
        cursor = connection.execute(operation, parameters or ())
    rows = deque(cursor.fetchall()) if cursor.description else deque[Any]()
    outcome = cursor.description, cursor.rowcount, cursor.lastrowid, rows
    cursor.close()
    return outcome


async def _execute_here(*asked: Any) -> _Outcome:
    """SQLAlchemy wants to await something; this one never gives the turn away."""
    return _execute(*asked)


class _Cursor:
    """The part of a DBAPI cursor that SQLAlchemy uses."""

    server_side = False

    def __init__(self, connection: "Connection") -> None:
        self._adapted = connection
        self.arraysize = 1
        self._take((None, -1, None, deque()))

    def _take(self, outcome: _Outcome) -> None:
        self.description, self.rowcount, self.lastrowid, self._rows = outcome

    def execute(self, operation: str, parameters: Any = None) -> None:
        self._call(operation, parameters, many=False)

    def executemany(self, operation: str, parameters: Any) -> None:
        self._call(operation, parameters, many=True)

    def _call(self, operation: str, parameters: Any, *, many: bool) -> None:
        raw = self._adapted.driver_connection
        begin = self._adapted.take_beginning()
        asked = raw._conn, begin, operation, parameters, many
        try:
            if self._adapted.brief and begin is None:
                outcome = await_(_execute_here(*asked))
            else:
                outcome = await_(raw._execute(_execute, *asked))
        except Exception as error:
            self._adapted._handle_exception(error)
        self._take(outcome)

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        count = min(size or self.arraysize, len(self._rows))
        return [self._rows.popleft() for _ in range(count)]

    def fetchall(self) -> Sequence[Any]:
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Closed when it was executed."""

    def setinputsizes(self, *_sizes: Any) -> None:
        """SQLite has no use for them."""


class Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_beginning", "_begun", "brief")

    _cursor_cls = _Cursor  # type: ignore[assignment]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._beginning: str | None = None
        self._begun = False
        self.brief = False

    def begin(self, statement: str) -> None:
        """``statement`` runs with the first one of the transaction."""
        self._beginning = statement

    def take_beginning(self) -> str | None:
        beginning, self._beginning = self._beginning, None
        self._begun = self._begun or beginning is not None
        return beginning

    def commit(self) -> None:
        if self._ends():
            super().commit()

    def rollback(self) -> None:
        if self._ends():
            super().rollback()

    def _ends(self) -> bool:
        """Whether there is anything to end; a transaction without a statement never began."""
        begun, self._begun, self._beginning = self._begun, False, None
        return begun


class _Module(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *args: Any, **options: Any) -> Connection:
        connection = super().connect(*args, **options)
        return Connection(self, connection.driver_connection)


class Dialect(SQLiteDialect_aiosqlite):
    driver = DRIVER
    supports_statement_cache = True
    supports_server_side_cursors = False

    @classmethod
    def import_dbapi(cls) -> _Module:
        return _Module(__import__("aiosqlite"), sqlite3)


dialects.registry.register(f"sqlite.{DRIVER}", __name__, "Dialect")
