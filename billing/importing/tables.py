"""Rows of CSV and XLSX files, one at a time: memory does not grow with the file."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import IO, Protocol
from zipfile import ZipFile

from openpyxl import load_workbook

from billing.importing.errors import UnusableFile

PIECE = 1 << 20
# A book that unpacks to more is no table but an attack, or beyond what Excel itself opens.
MOST_UNPACKED = 2**30
# All but the sheets is read at once: the texts that cells share above all.
MOST_AT_ONCE = 64 * 2**20
LONGEST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Row:
    """``line`` as an editor or Excel counts; ``problem``: why the cells could not be read."""

    line: int
    cells: Sequence[str] = ()
    problem: str = ""


class Table(Protocol):
    """``total`` and ``done`` are bytes or rows, for the progress bar."""

    @property
    def header(self) -> Sequence[str]: ...

    @property
    def total(self) -> int: ...

    @property
    def done(self) -> int: ...

    def rows(self) -> Iterator[Row]: ...

    def close(self) -> None: ...


def open_table(path: Path) -> Table:
    """Raises UnusableFile."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise UnusableFile(f"{path}: {error.strerror}") from error
    if start == b"PK\x03\x04":
        return XlsxTable(path)
    if start[:4] == b"\xd0\xcf\x11\xe0":
        raise UnusableFile(f"{path}: старый формат .xls; сохраните файл как .xlsx или CSV")
    return CsvTable(path)


@dataclass(slots=True)
class CsvTable:
    """«;», «,» or tabs; UTF-8 (with a mark or without) or Windows-1251."""

    path: Path
    header: Sequence[str] = ()
    total: int = 0
    _file: IO[bytes] = field(init=False)
    _lines: "_Lines" = field(init=False)
    _reader: Iterator[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.total = self.path.stat().st_size
        encoding = _encoding(self.path)
        self._file = self.path.open("rb")
        self._lines = _Lines(self._file, encoding)
        first = next(self._lines, "")
        if not first.strip():
            self._file.close()
            raise UnusableFile(f"{self.path}: файл пуст")
        delimiter = max(";,\t", key=first.count)
        self.header = next(csv.reader([first], delimiter=delimiter))
        self._reader = csv.reader(self._lines, delimiter=delimiter)

    @property
    def done(self) -> int:
        return self._file.tell()

    def rows(self) -> Iterator[Row]:
        while True:
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield Row(self._lines.number, (), "строку не прочитать: проверьте кавычки")
                continue
            if any(cell.strip() for cell in cells):
                yield Row(self._lines.number, cells)

    def close(self) -> None:
        self._file.close()


class _Lines:
    """Decoded lines and how many of them; the file's position stays that of what was read."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._encoding = encoding
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(PIECE)
        if not line:
            raise StopIteration
        self.number += 1
        return line.decode(self._encoding, errors="replace")


def _encoding(path: Path) -> str:
    """The whole file is looked through: Cyrillic letters may come late."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(PIECE)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\x00" in start[:4096]:
            raise UnusableFile(f"{path}: сохраните файл как CSV в кодировке UTF-8 или Windows-1251")
        piece = start
        try:
            while piece:
                decoder.decode(piece)
                piece = file.read(PIECE)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1251"
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"


def _check_size(path: Path) -> None:
    """By what the parts say of themselves: more than that is never unpacked."""
    with ZipFile(path) as archive:
        parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    at_once = sum(p.file_size for p in parts if not p.filename.startswith("xl/worksheets/"))
    if unpacked > MOST_UNPACKED or at_once > MOST_AT_ONCE:
        raise UnusableFile(f"{path}: слишком большая книга, сохраните её как CSV")


class XlsxTable:
    """The first sheet. Formulas are no values: whoever exports has to write the results."""

    def __init__(self, path: Path) -> None:
        try:
            _check_size(path)
            self._book = load_workbook(path, read_only=True, data_only=False)
            sheet = self._book.worksheets[0]
            self.total = sheet.max_row or 0
            self.done = 0
            self._rows = sheet.iter_rows(values_only=True)
            self.header = [_text(value) for value in next(self._rows, ())]
        except UnusableFile:
            raise
        except Exception as error:  # the library raises whatever it stumbles over
            raise UnusableFile(f"{path}: это не книга Excel, или она повреждена") from error
        if not any(name.strip() for name in self.header):
            raise UnusableFile(f"{path}: первый лист пуст")

    def rows(self) -> Iterator[Row]:
        for line in count(2):
            try:
                values = next(self._rows)
            except StopIteration:
                return
            except Exception:  # as above
                yield Row(line, (), "дальше книга повреждена: сохраните её заново или как CSV")
                return
            self.done = line
            cells = [_text(value) for value in values]
            if any(isinstance(value, str) and value.startswith("=") for value in values):
                yield Row(line, cells, "формула вместо значения")
            elif any(cell.strip() for cell in cells):
                yield Row(line, cells)

    def close(self) -> None:
        self._book.close()


def _text(value: object) -> str:
    """As it would stand in a CSV file: Excel keeps account numbers as fractions."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def shown(cells: Sequence[str]) -> str:
    """A row in a report: short, and nothing that a spreadsheet would take for a formula."""
    text = " | ".join(cells)[:LONGEST_SHOWN]
    return f"'{text}" if text[:1] in "=+-@" else text
