"""The register of readings as a file [21]: what is in force, settled and not exported yet.

The file is whole before anything is marked: after a death in between the next run writes the same
readings again, and our number tells them.
"""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import Row, Select, select, update

from billing import queries
from billing.customers.identity import full_address, full_name
from billing.models import Account, Meter, Reading, ReadingStatus
from billing.money import THOUSANDTHS
from billing.views import UNDO_WINDOW
from storage.database import Database
from web.exports import harmless

BATCH = 2_000
HEADER = ("Лицевой счёт", "Владелец", "Адрес", "Счётчик", "Зона", "Показание", "Дата", "Канал",
          "Номер показания")  # fmt: skip
VALUE = HEADER.index("Показание")

Cells = tuple[str | Decimal, ...]


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Encoding(StrEnum):
    UTF_8 = "utf-8"
    CP1251 = "cp1251"


@dataclass(frozen=True, slots=True)
class Exported:
    """``lines``: one for each register."""

    readings: int
    lines: int


class _Table(Protocol):
    def add(self, cells: Cells) -> None: ...


async def export(
    database: Database,
    path: Path,
    *,
    period: date,
    format: Format = Format.CSV,
    encoding: Encoding = Encoding.UTF_8,
    again: bool = False,
) -> Exported:
    """Write ``path`` and mark what stands in it. ``period`` is the first day of its month;
    ``again``: what was exported before too. Never what waits for review or may be taken back."""
    ids: list[int] = []
    lines = 0
    before = database.clock.now() - UNDO_WINDOW
    with _table(path, format, encoding) as table:
        last = 0
        while True:
            statement = _batch(period, last, again=again).where(Reading.received_at <= before)
            async with database.read() as session:
                rows = (await session.execute(statement)).all()
            for row in rows:
                for cells in _lines(row):
                    table.add(cells)
                    lines += 1
                ids.append(row.Reading.id)
            if len(rows) < BATCH:
                break
            last = ids[-1]
    for start in range(0, len(ids), BATCH):
        async with database.write() as tx:
            await tx.session.execute(
                update(Reading)
                .where(Reading.id.in_(ids[start : start + BATCH]), Reading.exported_at.is_(None))
                .values(exported_at=tx.now)
                .execution_options(synchronize_session=False)
            )
    return Exported(len(ids), lines)


def _batch(period: date, after: int, *, again: bool) -> Select[Reading, Meter, Account]:
    statement = (
        select(Reading, Meter, Account)
        .join(Meter, Meter.id == Reading.meter_id)
        .join(Account, Account.id == Meter.account_id)
        .where(
            Reading.period == period,
            Reading.status == ReadingStatus.ACCEPTED,
            Reading.id > after,
        )
        .order_by(Reading.id)
        .limit(BATCH)
    )
    return statement if again else statement.where(Reading.exported_at.is_(None))


def _lines(row: Row[Reading, Meter, Account]) -> Iterator[Cells]:
    reading, meter = row.Reading, row.Meter
    account = queries.account_facts(row.Account)
    for zone, value in enumerate(queries.values_of(reading.t1, reading.t2, reading.t3), 1):
        yield (
            account.number,
            account.organisation or full_name(account.holder),
            full_address(account.address).replace("\u00a0", " "),
            meter.number,
            f"Т{zone}",
            (Decimal(value) / THOUSANDTHS).normalize() + 0,
            f"{reading.taken_on:%d.%m.%Y}",
            reading.channel,
            queries.reading_number(reading.id),
        )


class _Csv:
    def __init__(self, path: Path, encoding: Encoding) -> None:
        # A byte order mark tells Excel that it is UTF-8.
        name = "utf-8-sig" if encoding is Encoding.UTF_8 else encoding.value
        self._file = path.open("w", encoding=name, errors="replace", newline="")
        self._writer = csv.writer(self._file, delimiter=";")
        self._writer.writerow(HEADER)

    def add(self, cells: Cells) -> None:
        self._writer.writerow(
            [harmless(cell) if isinstance(cell, str) else f"{cell:f}".replace(".", ",")
             for cell in cells]
        )  # fmt: skip

    def save(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class _Xlsx:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("Показания")
        self._sheet.append(HEADER)

    def add(self, cells: Cells) -> None:
        self._sheet.append([self._cell(cell) for cell in cells])

    def _cell(self, value: str | Decimal) -> WriteOnlyCell:
        cell = WriteOnlyCell(self._sheet, harmless(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            cell.data_type = "s"  # long numbers stay as they are written
        return cell

    def save(self) -> None:
        self._book.save(self._path)


@contextmanager
def _table(path: Path, format: Format, encoding: Encoding) -> Iterator[_Table]:
    """Under another name until it is whole."""
    part = path.with_name(f"{path.name}.part")
    table = _Xlsx(part) if format is Format.XLSX else _Csv(part, encoding)
    try:
        yield table
        table.save()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def month(text: str) -> date:
    """«2026-11» → its first day. Raises ValueError."""
    year, _, month = text.partition("-")
    return date(int(year), int(month), 1)
