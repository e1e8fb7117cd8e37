"""``okno profile``: what the profile's file says differently from the editors' pages."""

from collections.abc import Sequence
from datetime import date

from knowledge_base.company.tables import TABLES, Rows, Table
from knowledge_base.company.values import check, last_number
from okno.services import Services


async def difference(services: Services) -> list[str]:
    """Lines to print: «-» stands on the pages, «+» in the file. Empty when both say the same."""
    await services.values.begin()
    lines = []
    for key, rows in services.profile.tables().items():
        stored = services.values.in_force(key).rows
        if stored != rows:
            table = TABLES[key]
            lines += [f"{key}:", *_minus_plus(_told(table, stored), _told(table, rows))]
    return lines


async def apply(services: Services, since: date | None) -> list[str]:
    """Have the file's tables in force from ``since`` on (today by default); those that changed.

    Raises knowledge_base.errors.Unfit, EditConflict.
    """
    values = services.values
    await values.begin()
    day = since or values.today()
    given = {
        key: check(key, rows, day, values.today())
        for key, rows in services.profile.tables().items()
        if values.in_force(key, day).rows != rows
    }
    for key, rows in given.items():
        async with services.database.read() as session:
            number = await last_number(session, key)
        await values.save(key, rows, day, author_id=None, base_number=number)
    return list(given)


def _told(table: Table, rows: Rows) -> list[str]:
    if table.many:
        return ["; ".join(row[field.name] for field in table.fields) for row in rows]
    return [f"{field.name}: {rows[0][field.name]}" for field in table.fields]


def _minus_plus(stored: Sequence[str], given: Sequence[str]) -> list[str]:
    return [
        *(f"  - {line}" for line in stored if line not in given),
        *(f"  + {line}" for line in given if line not in stored),
    ]
