"""Bring a database's schema up to date, and say whether it is."""

from enum import StrEnum
from importlib.resources import files

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.base import Base
from storage.database import Database


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
    async with database.engine.connect() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), revision))
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
