"""The way up from the released schema, with data in it, on both databases.

``release_0001.json`` holds rows as release 0.1.0 wrote them: dialogs with a reading, a debt and two
stays in the operators' queue.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    MetaData,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    text,
)
from structlog.testing import capture_logs

from conversations.models import Conversation, Message
from okno import moving
from okno.errors import WrongSetting
from storage import migrate
from storage.database import Database
from storage.migrate import Schema
from tests.conftest import FakeClock
from tests.fakes.waiting import until

RELEASED = "0001"
ROWS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "release_0001.json").read_text(encoding="utf-8")
)


@pytest.fixture
async def empty_url(database_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database with nothing in it, not even tables."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    name = database_url.split("?")[0].rsplit("/", 1)[1]
    connection = await asyncpg.connect(database_url)
    await connection.execute("DROP SCHEMA public CASCADE")
    await connection.execute("CREATE SCHEMA public")
    await connection.close()
    assert name.startswith("test_")
    yield database_url


@pytest.fixture
async def released(empty_url: str, clock: FakeClock) -> AsyncIterator[Database]:
    """The released schema, filled with what that release wrote."""
    database = Database(empty_url, clock)
    await migrate.upgrade(database, RELEASED)
    tables = MetaData()
    async with database.write() as tx:
        await tx.connection.run_sync(tables.reflect)
        for table in tables.sorted_tables:
            if rows := ROWS.get(table.name):
                values = [{name: _value(table, name, row[name]) for name in row} for row in rows]
                await tx.connection.execute(insert(table), values)
                if not tx.is_sqlite:
                    last = max(row["id"] for row in rows)
                    await tx.connection.execute(select(func.setval(f"{table.name}_id_seq", last)))
    yield database
    await database.close()


def _value(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if value is None:
        return None
    if isinstance(kind, DateTime):
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if kind.timezone else at
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Boolean):
        return bool(value)
    if isinstance(kind, JSON):
        return json.loads(value)
    return value


async def test_the_newest_schema_is_reached_and_nothing_is_lost(released: Database) -> None:
    await migrate.upgrade(released)
    assert await migrate.is_current(released)
    assert await migrate.differences(released) == []
    tables = MetaData()
    async with released.write() as tx:
        await tx.connection.run_sync(tables.reflect)
        for name, rows in ROWS.items():
            count = await tx.connection.execute(
                select(func.count()).select_from(tables.tables[name])
            )
            assert count.scalar_one() == len(rows), name


async def test_conversations_go_on_after_the_upgrade(released: Database) -> None:
    await migrate.upgrade(released)
    async with released.write() as tx:
        texts = (await tx.session.execute(select(Message.text))).scalars().all()
        assert sorted(texts) == sorted(row["text"] for row in ROWS["message"])
        turns = (await tx.session.execute(select(Conversation.turn))).scalars().all()
        assert sorted(turns) == ["assistant", "queue", "queue"]
        tx.session.add(
            Message(
                conversation_id=1, bot_account_id=1, author="customer", kind="text", text="ещё",
                sent_at=tx.now, created_at=tx.now,
            )
        )  # fmt: skip
        await tx.session.flush()
        newest = (await tx.session.execute(select(func.max(Message.id)))).scalar_one()
        assert newest > max(row["id"] for row in ROWS["message"])


# What the release before may not do beside the new processes, docs/decisions/0802-…:
# `okno billing import` of 0.1.0 names a unique key of charges that has one more column since.
CONTRACTED = {"charge"}


async def test_processes_of_the_release_before_work_on_beside_the_new_schema(
    released: Database,
) -> None:
    """Expand, then contract: what they read is there, what they write is taken."""
    before = MetaData()
    async with released.write() as tx:
        await tx.connection.run_sync(before.reflect)
    await migrate.upgrade(released)
    await migrate.upgrade(released)  # twice does nothing
    after = MetaData()
    async with released.write() as tx:
        await tx.connection.run_sync(after.reflect)
        for table in before.sorted_tables:
            now = after.tables[table.name]
            for column in now.columns:
                former = table.c.get(column.name)
                if former is None:
                    taken = column.nullable or column.server_default is not None
                    assert taken, f"{column} is new and must be given"
                else:
                    assert column.nullable or not former.nullable, f"{column} became NOT NULL"
                    assert str(column.type) == str(former.type), column
            assert {column.name for column in table.columns} <= set(now.c.keys()), table.name
            former_keys, keys = (
                {frozenset(unique.columns.keys()) for unique in one.constraints
                 if isinstance(unique, UniqueConstraint)}
                for one in (table, now)
            )  # fmt: skip
            indexes = {frozenset(i.columns.keys()) for i in now.indexes if i.unique}
            assert indexes <= {frozenset(i.columns.keys()) for i in table.indexes if i.unique}
            # What «ON CONFLICT» names must stay, and no pair of rows may become forbidden.
            assert former_keys == keys or table.name in CONTRACTED, table.name
        for table in reversed(after.sorted_tables):
            if table.name != "alembic_version" and not table.name.startswith("fts_"):
                await tx.connection.execute(delete(table))
        for table in before.sorted_tables:
            if rows := ROWS.get(table.name):
                values = [{name: _value(table, name, row[name]) for name in row} for row in rows]
                await tx.connection.execute(insert(table), values)
                count = await tx.connection.execute(select(func.count()).select_from(table))
                assert count.scalar_one() == len(rows)
                assert (await tx.connection.execute(select(table))).first() is not None


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_migration_gives_way_to_who_is_at_work(
    released: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has a table in hand: the migration pauses, and does its work afterwards."""
    monkeypatch.setattr(migrate, "LOCK_MS", 50)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.01)
    async with released.engine.connect() as busy:
        await busy.execute(text("LOCK TABLE message IN ACCESS EXCLUSIVE MODE"))
        with capture_logs() as told:
            upgrading = asyncio.create_task(migrate.upgrade(released))
            await until(lambda: bool(told), "the migration gives way")
        assert {line["event"] for line in told} == {"storage.migration_gives_way"}
        assert not upgrading.done()
        # Nobody has to wait behind it meanwhile.
        async with released.engine.connect() as other:
            await other.execute(text("SET lock_timeout = 60000"))
            await other.execute(text("SELECT count(*) FROM conversation"))
            await other.execute(text("RESET lock_timeout"))
    await upgrading
    assert await migrate.is_current(released)
    async with released.engine.connect() as connection:
        assert (await connection.execute(text("SHOW lock_timeout"))).scalar_one() == "0"


async def test_a_schema_of_a_later_release_is_left_alone(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert await migrate.state(database) is Schema.CURRENT
    async with database.write() as tx:
        await tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await migrate.state(database) is Schema.NEWER
    await migrate.upgrade(database)
    assert await migrate.state(database) is Schema.NEWER
    with pytest.raises(WrongSetting, match="of a later release"):
        await moving.check_schema(database)
    async with database.write() as tx:
        await tx.connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert await migrate.state(database) is Schema.OLDER
    await database.close()
