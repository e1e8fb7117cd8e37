"""The figures of a period as a workbook (XLSX)."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from handoff.board.figures import Answers, Figures, Row

_ANSWERS = ("Всего", "В срок, %", "Медиана, мин", "90 %, мин", "Среднее, мин")
_COUNTED = {"Оценка": "Оценок", "Первый ответ, минут": "Ответов"}
KINDS = {
    "first_answer": "Первый ответ",
    "next_answer": "Следующие ответы",
    "matter": "Весь вопрос",
}


def workbook(found: Figures, months: Sequence[tuple[str, Answers, Answers]], period: str) -> bytes:
    """Sheets for the summary, operators, groups, months. Runs in a thread: it takes its time."""
    book = Workbook(write_only=True)
    _sheet(book, "Сводка", _summary(found, period))
    _sheet(book, "Операторы", _people(found.operators, "Оператор"))
    _sheet(book, "Группы", _people(found.groups, "Группа"))
    _sheet(
        book,
        "По месяцам",
        [
            ("Месяц", "Среднее ожидание, мин", "Среднее обслуживание, мин", "Первых ответов"),
            *((month, _n(first.mean), _n(matter.mean), first.count)
              for month, first, matter in months),
        ],
    )  # fmt: skip
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _summary(found: Figures, period: str) -> Iterable[Sequence[Any]]:
    yield ("Показатель", "Значение")
    yield ("Период", period)
    yield ("Обращений", found.contacts)
    yield ("Сообщений клиентов", found.messages)
    yield ("Бот справился сам, %", _percent(found.alone))
    yield ("Передано операторам", found.handed_over)
    yield ("Не понято уверенно, %", _percent(found.not_understood))
    yield ("Средняя оценка", _n(found.rating))
    yield ()
    yield ("Ответы", *_ANSWERS)
    for kind, answers in found.answers.items():
        yield (KINDS[kind], *_cells(answers))
    for title, values in (
        ("Канал", found.channels), ("Тема", found.subjects), ("Час", found.hours),
        ("День", found.days), ("Первый ответ, минут", found.waits), ("Оценка", found.ratings),
    ):  # fmt: skip
        yield ()
        yield (title, _COUNTED.get(title, "Обращений"))
        yield from values


def _people(rows: Sequence[Row], title: str) -> Iterable[Sequence[Any]]:
    first = [f"Первый ответ: {name.lower()}" for name in _ANSWERS]
    following = [f"Следующие: {name.lower()}" for name in _ANSWERS]
    whole = [f"Весь вопрос: {name.lower()}" for name in _ANSWERS]
    yield (title, *first, *following, *whole, "Средняя оценка", "Оценок")
    for row in rows:
        answers = (*_cells(row.first), *_cells(row.next), *_cells(row.matter))
        yield (row.name, *answers, _n(row.rating), row.ratings)


def _cells(found: Answers) -> tuple[Any, ...]:
    return (found.count, _percent(found.share), _n(found.median), _n(found.p90), _n(found.mean))


def _n(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _percent(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 1)


def _sheet(book: Any, title: str, rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.column_dimensions["A"].width = 34
    for number, row in enumerate(rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                # A name that begins with «=» is a name, not a formula.
                cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
