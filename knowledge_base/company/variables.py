"""What articles may name of the reference tables: ``{{ company.phone }}``, ``{{ tariffs.table }}``.

Plain functions; lists and tables are small Markdown.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from knowledge_base.company.tables import TABLES, Row, Rows
from web.wording import MONTHS


def variables_of(
    tables: Mapping[str, Rows], next_tariffs: tuple[date, Rows] | None = None
) -> dict[str, Any]:
    """By table. ``next_tariffs``: from when which will be in force; without them
    ``tariffs.next`` is empty."""
    found: dict[str, Any] = {
        key: dict(rows[0]) for key, rows in tables.items() if not TABLES[key].many and rows
    }
    found["tariffs"] = {
        "table": _tariffs(tables.get("tariffs", ())),
        "next": _next(*next_tariffs) if next_tariffs else "",
    }
    found["offices"] = {"list": "\n".join(map(_office, tables.get("offices", ())))}
    found["phones"] = {row["code"]: row["phone"] for row in tables.get("phones", ())}
    found["payments"] = {
        "without_fee": "\n".join(f"- {row['name']}" for row in tables.get("payments", ()))
    }
    return found


def in_words(day: date) -> str:
    """«1 января 2027 г.»"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year} г."


def _next(since: date, rows: Rows) -> str:
    return f"С {in_words(since)} тарифы будут другие:\n\n{_tariffs(rows)}"


def _tariffs(rows: Sequence[Row]) -> str:
    """A table, or one for each group of customers under its name."""
    parts = []
    for category, tariffs in groupby(rows, key=lambda row: row.get("category", "")):
        lines = "\n".join(f"| {row['name']} | {row['price']} |" for row in tariffs)
        table = f"| Тариф | ₽ за кВт·ч |\n|---|---|\n{lines}"
        parts.append(f"**{category}**\n\n{table}" if category else table)
    return "\n\n".join(parts)


def _office(row: Row) -> str:
    serves = f"; {row['serves']}" if row.get("serves") else ""
    return f"- **{row['name']}**: {row['address']}; {row['hours']}; тел. {row['phone']}{serves}"
