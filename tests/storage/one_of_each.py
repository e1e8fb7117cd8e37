"""A row in every table, made from what the schema itself says: types, keys, checks."""

import re
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    Table,
    insert,
)

from storage.base import Base, UtcDateTime
from storage.database import Transaction

NOON = datetime(2026, 11, 18, 9, 0, 0, 123456, tzinfo=UTC)
# Apart from those of ``test_archive.fill``.
NUMBER = 1007
# Where a check speaks of several columns at once.
ALSO: dict[str, dict[str, Any]] = {"handoff": {"operator_id": None, "closed_at": None}}


async def put(tx: Transaction) -> None:
    """Parents before children, each with the same number as key."""
    for table in Base.metadata.sorted_tables:
        await tx.connection.execute(insert(table).values(row_of(table)))


def row_of(table: Table) -> dict[str, Any]:
    allowed = checked(table)
    row = {
        column.name: allowed.get(column.name, _value(column))
        for column in table.columns
        if column.computed is None
    }
    return row | ALSO.get(table.name, {})


def checked(table: Table) -> dict[str, Any]:
    """The first, or the least, of the values that a check names."""
    found: dict[str, Any] = {}
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            told = str(constraint.sqltext)
            found |= dict(re.findall(r"(\w+) IN \('([^']*)'", told))
            for name, least in re.findall(r"(\w+) BETWEEN (\d+)", told):
                found[name] = int(least)
    return found


def _value(column: Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, JSON):
        return {"слово": [1, None, "🙂"]}
    if isinstance(kind, UtcDateTime):
        return NOON
    if isinstance(kind, Date):
        return date(2026, 11, 1)
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return NUMBER
    if isinstance(kind, Float):
        return 0.25
    if isinstance(kind, LargeBinary):
        return b"\x00\xff{"
    return f"{column.name} «Ё» \\ \n\t🙂"
