"""Bring a database's schema up to date, and say whether it is."""

import asyncio
import time
from enum import StrEnum
from importlib.resources import files

import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, literal, select, text
from sqlalchemy.exc import DBAPIError

from storage.base import Base
from storage.database import Database

log = structlog.get_logger(__name__)

# A migration that waits for a table keeps everybody who comes after it waiting too: rather a pause
# and another try. Beside living processes it may also be the one that a deadlock is ended by.
LOCK_MS = 3_000
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 60.0
# PostgreSQL: serialization_failure, deadlock_detected, lock_not_available.
_IN_THE_WAY = {"40001", "40P01", "55P03"}


def config(connection: Connection | None = None) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(files("storage") / "migrations"))
    settings.attributes["connection"] = connection
    settings.attributes["metadata"] = Base.metadata
    return settings


class Schema(StrEnum):
    """Of a database, seen from this release."""

    OLDER = "older"  # to be brought up to date, or not there at all
    CURRENT = "current"
    # Of a later release, which is taking over: until then this one works on, for every migration
    # leaves what the release before it reads and writes (docs/decisions/0802-rolling-upgrade.md).
    NEWER = "newer"


async def upgrade(database: Database, revision: str = "head") -> None:
    """Nothing happens to a schema of a later release."""
    if await state(database) is Schema.NEWER:
        return
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await _upgrade(database, revision)
        except DBAPIError as error:
            # What was done so far stays: each migration has a transaction of its own.
            state_of_sql = getattr(error.orig, "sqlstate", None)
            if state_of_sql not in _IN_THE_WAY or time.monotonic() > ends:
                raise
            log.info("storage.migration_gives_way", sqlstate=state_of_sql)
            await asyncio.sleep(PAUSE_SECONDS)


async def _upgrade(database: Database, revision: str) -> None:
    async with database.engine.connect() as connection:
        if not database.is_sqlite:
            wait = select(func.set_config("lock_timeout", str(LOCK_MS), literal(False)))
            await connection.execute(wait)
            await connection.commit()
        try:
            await connection.run_sync(lambda sync: command.upgrade(config(sync), revision))
            await connection.commit()
        finally:
            if not database.is_sqlite:
                await connection.rollback()
                await connection.execute(text("RESET lock_timeout"))
                await connection.commit()


def head() -> str:
    """The newest revision."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


async def state(database: Database) -> Schema:
    def current(sync: Connection) -> str | None:
        return MigrationContext.configure(sync).get_current_revision()

    async with database.engine.connect() as connection:
        revision = await connection.run_sync(current)
    if revision == head():
        return Schema.CURRENT
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    return Schema.OLDER if revision is None or revision in known else Schema.NEWER


async def is_current(database: Database) -> bool:
    return await state(database) is Schema.CURRENT


def _is_modelled(name: str | None, _kind: str, _parents: object) -> bool:
    """Full text is each database's own: tables of FTS5 here, indexes over an expression there."""
    return not (name or "").startswith("fts_")


async def differences(database: Database) -> list[object]:
    """What the models say and the migrated database does not; empty when they agree."""

    def compare(sync: Connection) -> list[object]:
        options = {"compare_type": True, "include_name": _is_modelled}
        context = MigrationContext.configure(sync, opts=options)
        return list(compare_metadata(context, Base.metadata))

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)
