"""What grows with the years is found by an index: no message makes us read a whole table."""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event, text

from dialogs import claims
from storage.database import Database
from tests.dialogs.conftest import House

GROWING = (
    "account", "account_link", "answer_clock", "contact", "conversation", "delivery", "event",
    "handoff", "message", "meter", "reading",
)  # fmt: skip
CUSTOMERS = 20
TIMES_LARGER = 50_000
_STEP = re.compile(
    r"(?P<how>SCAN|SEARCH) (?P<table>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?"
)


def _magnified(stat: str) -> str:
    """As the planner would know the table with so many more rows of the same kind."""
    rows, *of_a_value = stat.split()
    return " ".join(
        str(int(number) * TIMES_LARGER) if number == rows else number
        for number in (rows, *of_a_value)
    )


async def _pretend_large(database: Database) -> None:
    async with database.write() as tx:
        await tx.connection.execute(text("ANALYZE"))
        rows = await tx.connection.execute(text("SELECT rowid, stat FROM sqlite_stat1"))
        for rowid, stat in rows.all():
            await tx.connection.execute(
                text("UPDATE sqlite_stat1 SET stat = :stat WHERE rowid = :rowid"),
                {"stat": _magnified(stat), "rowid": rowid},
            )


@pytest.mark.parametrize("company_url", ["sqlite"], indirect=True)
async def test_nothing_on_a_messages_way_reads_a_whole_table(house: House) -> None:
    database = house.services.database
    for chat in range(CUSTOMERS):
        await house.customer(str(chat)).writes("здравствуйте")
    await house.customer("0").writes("позовите оператора")
    await _pretend_large(database)
    asked: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        asked[statement] = parameters[0] if many else parameters

    engines = [database.engine, database._reader, database._brief_reader]
    for engine in engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with database.write() as tx:
        await claims.forget(tx)
    customer = house.customer("new")
    for words in (
        "сколько я должен", "440012345678", "Иванов", "передать показания", "12345",
        "почему пени", "какой у вас адрес", "позовите оператора", "вы где",
    ):  # fmt: skip
        await customer.writes(words)
    await house.services.jobs().run_due()
    with closing(sqlite3.connect(str(database.url.database))) as plain:
        sizes = _sizes(plain)
        steps = {
            (step, statement)
            for statement, parameters in asked.items()
            for *_, step in plain.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        }
    assert len(asked) > 50
    assert [step for step in sorted(steps) if _reads_whole(step[0], sizes)] == []


def _sizes(plain: sqlite3.Connection) -> dict[str, list[int]]:
    """Of each index: rows of the table, then rows with one value of its first column, of its
    first two, and so on. Those of a part of the table are left out: they stay small."""
    rows = plain.execute(
        "SELECT idx, stat FROM sqlite_stat1 JOIN sqlite_master ON name = idx "
        "WHERE sql IS NULL OR sql NOT LIKE '%WHERE%'"
    )
    return {name: [int(number) for number in stat.split()] for name, stat in rows}


def _reads_whole(step: str, sizes: Mapping[str, Sequence[int]]) -> bool:
    """Whether a step of a plan (https://sqlite.org/eqp.html) looks at half of a growing table."""
    found = _STEP.match(step)
    if found is None or found["table"] not in GROWING:
        return False
    if found["index"] is None:
        return found["how"] == "SCAN"
    size = sizes.get(found["index"])
    fixed = step.count("=?") + step.count("ANY(")  # of the few values before, each is tried
    return size is not None and size[min(fixed, len(size) - 1)] > size[0] // 2
