"""A file into the tables: row by row, in short transactions, bad rows into a report."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from billing.importing.errors import BadRow
from billing.importing.kinds import Kind, kind_of, places
from billing.importing.tables import Row, Table, open_table, shown
from billing.importing.writing import Numbered, write
from storage.database import Database
from web.exports import harmless

# Rows a transaction: others write in between.
BATCH = 1_000
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Imported:
    """``report``: the file of rejected rows, when there are any."""

    kind: str
    taken: int = 0
    rejected: int = 0
    report: Path | None = None


@dataclass(slots=True)
class _Report:
    """Written from the first bad row on; one of an earlier run is removed."""

    path: Path
    rows: int = 0
    _write: Callable[[list[str]], object] | None = None
    _close: Callable[[], None] = field(default=lambda: None)

    def add(self, line: int, reason: str, content: str) -> None:
        if self._write is None:
            file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._close = file.close
            self._write = csv.writer(file, delimiter=";").writerow
            self._write(["строка", "причина", "что в ней"])
        self._write([str(line), harmless(reason), harmless(content)])
        self.rows += 1

    def close(self) -> None:
        self._close()


async def import_file(
    database: Database,
    path: Path,
    zone: ZoneInfo,
    *,
    kind: str | None = None,
    report: Path | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Raises UnusableFile before anything is stored. Interrupted, it may be run again."""
    table = open_table(path)
    try:
        found = kind_of(table.header, kind)
        result = Imported(found.name)
        with _report(report or path.with_name(f"{path.name}.rejected.csv")) as bad:
            for batch, content in _batches(table, found, zone, bad):
                async with database.write() as tx:
                    rejected = await write(tx, found, batch)
                for line, reason in rejected:
                    bad.add(line, reason, content[line])
                result.taken += len(batch) - len(rejected)
                if progress is not None:
                    progress(table.done, table.total)
        result.rejected = bad.rows
        result.report = bad.path if bad.rows else None
        return result
    finally:
        table.close()


@contextmanager
def _report(path: Path) -> Iterator[_Report]:
    path.unlink(missing_ok=True)
    report = _Report(path)
    try:
        yield report
    finally:
        report.close()


def _batches(
    table: Table, kind: Kind, zone: ZoneInfo, bad: _Report
) -> Iterator[tuple[list[Numbered], dict[int, str]]]:
    """Good rows, and how each of them looks in a report."""
    where = places(kind, table.header)
    batch: list[Numbered] = []
    content: dict[int, str] = {}
    for row in table.rows():
        try:
            batch.append((row.line, kind.parse(_cell(row, where), zone)))
        except BadRow as error:
            bad.add(row.line, str(error), shown(row.cells))
            continue
        content[row.line] = shown(row.cells)
        if len(batch) >= BATCH:
            yield batch, content
            batch, content = [], {}
    if batch:
        yield batch, content


def _cell(row: Row, where: dict[str, int]) -> Callable[[str], str]:
    if row.problem:
        raise BadRow(row.problem)

    def cell(column: str) -> str:
        place = where.get(column)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    return cell
