"""All data of an installation in one file, the same for SQLite and PostgreSQL.

A ZIP with ``manifest.json`` (schema revision, each table's rows and next key, how many files), a
``tables/<name>.jsonl`` for each table (one row a line, columns by name) and the kept files under
``media/ab/abcd…``. Written from one snapshot while others write; read into an empty,
migrated database in one transaction, so that a failure leaves it empty.
"""

import base64
import json
import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, cast

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy import table as table_named
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrate
from storage.base import Base, UtcDateTime
from storage.database import Database, Transaction
from storage.errors import WrongArchive

FORMAT = 1
PAGE = 1000
MANIFEST = "manifest.json"
MEDIA = "media/"
_FILE = re.compile(r"media/([0-9a-f]{2})/(\1[0-9a-f]{62})")
FILES = "files"

Progress = Callable[[str, int], None]


class Files(Protocol):
    """Kept files, each under the digest of its bytes."""

    def all(self) -> AsyncIterator[tuple[str, bytes]]: ...

    async def put(self, digest: str, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Moved:
    rows: int
    files: int


def _silent(_table: str, _rows: int) -> None:
    pass


# --- Writing ------------------------------------------------------------------------------


async def write(
    database: Database, path: Path, media: Files | None = None, progress: Progress = _silent
) -> Moved:
    """Write everything to ``path``, which appears only when it is complete."""
    unfinished = path.with_name(path.name + ".part")
    # Nobody else's to read: everybody's data are in it.
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    total = count = 0
    tables: dict[str, dict[str, int]] = {}
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            async with _snapshot(database) as connection:
                for table in Base.metadata.sorted_tables:
                    rows = await _write_table(connection, table, archive, progress)
                    tables[table.name] = {"rows": rows, "next": await _last_key(connection, table)}
                    total += rows
            # After the rows: a file is there before its row is.
            if media is not None:
                async for digest, content in media.all():
                    archive.writestr(f"{MEDIA}{digest[:2]}/{digest}", content)
                    count += 1
                    progress(FILES, count)
            manifest = {
                "format": FORMAT,
                "revision": migrate.head(),
                "tables": tables,
                FILES: count,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Moved(total, count)


@asynccontextmanager
async def _snapshot(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection that sees one moment however long it reads."""
    if database.is_sqlite:
        async with database.read() as session:
            connection = await session.connection()
            await connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                await connection.exec_driver_sql("ROLLBACK")
    else:
        async with database.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="REPEATABLE READ")


async def _write_table(
    connection: AsyncConnection, table: Table, archive: zipfile.ZipFile, progress: Progress
) -> int:
    count = 0
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
        async for row in _rows(connection, table):
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            count += 1
            if count % PAGE == 0:
                progress(table.name, count)
    progress(table.name, count)
    return count


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[dict[str, Any]]:
    """Page by page in the order of the key, so that memory does not grow with the table."""
    key = list(table.primary_key.columns)
    # JSON as it is stored: a NULL and a JSON null are different things.
    columns = [sql_cast(c, Text).label(c.name) if _is_json(c) else c for c in table.columns]
    page = select(*columns).order_by(*key).limit(PAGE)
    after: list[Any] | None = None
    while True:
        statement = page
        if after is not None:
            statement = page.where(
                tuple_(*key)
                > tuple_(*(literal(v, c.type) for v, c in zip(after, key, strict=True)))
            )
        rows = (await connection.execute(statement)).all()
        for row in rows:
            yield {c.name: _plain(getattr(row, c.name)) for c in table.columns}
        if len(rows) < PAGE:
            return
        after = [getattr(rows[-1], c.name) for c in key]


def _is_json(of: Column[Any]) -> bool:
    return isinstance(of.type, JSON)


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


async def _last_key(connection: AsyncConnection, table: Table) -> int:
    """The last number given out as a key; 0 where the key is no number."""
    if not _is_numbered(table):
        return 0
    if connection.dialect.name == "sqlite":
        found = await connection.execute(
            text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
        )
        return int(found.scalar_one_or_none() or 0)
    state = select(column("last_value", Integer), column("is_called", Boolean))
    last, is_called = (
        await connection.execute(state.select_from(table_named(_sequence(table))))
    ).one()
    return int(last) if is_called else 0


def _is_numbered(table: Table) -> bool:
    return table.autoincrement_column is not None


def _sequence(table: Table) -> str:
    numbered = cast("Column[Any]", table.autoincrement_column)
    return f"{table.name}_{numbered.name}_seq"


# --- Reading ------------------------------------------------------------------------------


async def read(
    database: Database,
    path: Path,
    media: Files | None = None,
    progress: Progress = _silent,
    then: Callable[[Transaction], Awaitable[None]] | None = None,
    gap: int = 0,
) -> Moved:
    """Fill an empty, migrated database from ``path``.

    ``then`` runs in the same transaction after the rows are in. ``gap``: so many keys of each
    table are never given out. Raises `WrongArchive`.
    """
    total = count = 0
    with _open(path) as archive:
        manifest = _manifest(archive)
        async with database.write() as tx:
            await _check_empty(tx)
            if tx.is_sqlite:
                await tx.connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for table in Base.metadata.sorted_tables:
                about = manifest["tables"].get(table.name, {"rows": 0, "next": 0})
                total += await _read_table(tx, table, archive, about["rows"], progress)
                await _continue_keys(tx, table, about["next"] + gap)
            if then is not None:
                await then(tx)
            # Before the commit: a row without its file would be a file that is lost.
            if media is not None:
                for digest, name in _files(archive):
                    await media.put(digest, archive.read(name))
                    count += 1
                    progress(FILES, count)
                if count != manifest.get(FILES, count):
                    raise WrongArchive(f"{count} files of {manifest[FILES]}: not complete")
    return Moved(total, count)


def check(path: Path) -> None:
    """Raises `WrongArchive` if ``path`` cannot be read by this release."""
    with _open(path) as archive:
        _manifest(archive)


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise WrongArchive(f"there is no file {path}") from error
    except zipfile.BadZipFile as error:
        raise WrongArchive(f"{path} is not a backup of Okno, or it is not complete") from error


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError) as error:
        raise WrongArchive(f"{archive.filename} is not a backup of Okno") from error
    if manifest["format"] != FORMAT or manifest["revision"] != migrate.head():
        raise WrongArchive(
            f"the backup has schema {manifest['revision']}, this Okno has {migrate.head()}: "
            "restore it with the release that wrote it, then run `okno db upgrade`"
        )
    return manifest


async def _check_empty(tx: Transaction) -> None:
    for table in Base.metadata.sorted_tables:
        if (await tx.connection.execute(select(literal(1)).select_from(table).limit(1))).first():
            raise WrongArchive(f"the database is not empty (table {table.name}): name a new one")


async def _read_table(
    tx: Transaction, table: Table, archive: zipfile.ZipFile, expected: int, progress: Progress
) -> int:
    name = f"tables/{table.name}.jsonl"
    if name not in archive.namelist():
        return 0
    statement = insert(table).values({c.name: _bind(c, tx) for c in table.columns})
    count = 0
    with archive.open(name) as file:
        rows = (_row(table, json.loads(line)) for line in file)
        while page := list(islice(rows, PAGE)):
            await tx.connection.execute(statement, page)
            count += len(page)
            progress(table.name, count)
    if count != expected:
        raise WrongArchive(f"table {table.name} has {count} rows of {expected}: not complete")
    return count


def _bind(to: Column[Any], tx: Transaction) -> Any:
    if not _is_json(to):
        return bindparam(to.name, type_=to.type)
    stored = bindparam(to.name, type_=Text())
    return stored if tx.is_sqlite else sql_cast(stored, to.type)


def _row(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    return {c.name: _value(c, values.get(c.name)) for c in table.columns}


def _value(of: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(of.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(of.type, Date):
        return date.fromisoformat(value)
    if isinstance(of.type, LargeBinary):
        return base64.b64decode(value)
    return value


async def _continue_keys(tx: Transaction, table: Table, last: int) -> None:
    """Keys serve as cursors: the next one comes after the last that was ever given out."""
    if not last or not _is_numbered(table):
        return
    if not tx.is_sqlite:
        await tx.connection.execute(select(func.setval(text("'" + _sequence(table) + "'"), last)))
        return
    changed = await tx.connection.execute(
        text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name RETURNING seq"),
        {"last": last, "name": table.name},
    )
    if changed.first() is None:
        await tx.connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
            {"last": last, "name": table.name},
        )


def _files(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Digests and the names under which their bytes stand in the archive."""
    for name in archive.namelist():
        if name.startswith(MEDIA):
            found = _FILE.fullmatch(name)
            if found is None:
                raise WrongArchive(f"the backup holds a file outside its folder: {name}")
            yield found[2], name
