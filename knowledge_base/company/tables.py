"""The reference tables: which facts there are, and what may stand in them. No I/O.

A table is a list of rows of strings; one that says a thing only once has exactly one row. Every
fact has one home here: articles name it as a variable, flows are given it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge_base.errors import Problem
from knowledge_base.links import is_link

Row = Mapping[str, str]
Rows = tuple[dict[str, str], ...]

LONGEST: Final = 300
MOST_ROWS: Final = 60
_PRICE: Final = re.compile(r"\d{1,3}(?:[ \u00a0]?\d{3})*(?:[.,]\d{1,5})?")
_RATE: Final = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?")
_PHONE: Final = re.compile(r"[+\d(][\d ()\u00a0-]{1,28}\d")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_REGISTERS: Final = re.compile(r"[1-3]\.[1-3](?:\s*,\s*[1-3]\.[1-3])*")


def _is_day(value: str) -> bool:
    return value.isascii() and value.isdigit() and 1 <= int(value) <= 31


def _is_url(value: str) -> bool:
    return value.startswith(("https://", "http://")) and is_link(value)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value looks; ``wanted`` tells it to the editor."""

    fits: Callable[[str], object]
    wanted: str


_TEXT = Kind(lambda _: True, "")
_KINDS: Final = {
    "phone": Kind(_PHONE.fullmatch, "нужен телефон, например 8 800 555-01-23"),
    "email": Kind(_EMAIL.fullmatch, "нужна почта, например info@example.ru"),
    "url": Kind(_is_url, "нужен адрес с https://"),
    "price": Kind(_PRICE.fullmatch, "нужна цена, например 5,47"),
    "rate": Kind(_RATE.fullmatch, "нужны проценты, например 9,5"),
    "day": Kind(_is_day, "нужен день месяца от 1 до 31"),
    "code": Kind(_CODE.fullmatch, "нужны латинские буквы, цифры и _"),
    "registers": Kind(_REGISTERS.fullmatch, "нужны номера вида 2.1 через запятую"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A column. ``kind``: a key of the kinds above, or plain text; ``choices``: value → name."""

    name: str
    title: str
    kind: str = ""
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """``many``: any number of rows, else exactly one. ``about`` is told above its form."""

    key: str
    title: str
    about: str
    fields: tuple[Field, ...]
    many: bool = False

    def tidied(self, rows: Sequence[Row]) -> Rows:
        """Known columns without stray blanks; rows without a word are left out."""
        tidy = tuple(
            {field.name: " ".join(row.get(field.name, "").split()) for field in self.fields}
            for row in rows
        )
        if not self.many:
            return tidy[:1] or ({field.name: "" for field in self.fields},)
        # What is chosen from a list says nothing by itself.
        typed = [field.name for field in self.fields if not field.choices]
        return tuple(row for row in tidy if any(row[name] for name in typed))

    def find_problems(self, rows: Sequence[Row]) -> Iterator[Problem]:
        """``line`` counts rows from 1; ``field`` is a column's name."""
        if self.many and len(rows) > MOST_ROWS:
            yield Problem(f"Строк больше {MOST_ROWS}")
        for number, row in enumerate(rows, 1):
            for field in self.fields:
                if message := _wrong(field, row.get(field.name, "")):
                    yield Problem(f"{field.title}: {message}", field.name, number)
        yield from _RULES.get(self.key, _no_rule)(rows)


def _wrong(field: Field, value: str) -> str:
    if not value:
        return "не заполнено" if field.required else ""
    if len(value) > LONGEST:
        return f"длиннее {LONGEST} символов"
    if field.choices:
        return "" if value in dict(field.choices) else "выберите из списка"
    kind = _KINDS.get(field.kind, _TEXT)
    return "" if kind.fits(value) else kind.wanted


def _no_rule(_rows: Sequence[Row]) -> Iterator[Problem]:
    return iter(())


def _days_in_order(rows: Sequence[Row]) -> Iterator[Problem]:
    for row in rows:
        first, last = row.get("first_day", ""), row.get("last_day", "")
        if _is_day(first) and _is_day(last) and int(last) < int(first):
            yield Problem("Последний день раньше первого", "last_day", 1)


def _codes_differ(rows: Sequence[Row]) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        code = row.get("code", "")
        if code in seen:
            yield Problem(f"Имя {code} уже занято", "code", number)
        seen.add(code)


def _registers_differ(rows: Sequence[Row]) -> Iterator[Problem]:
    """Estimates under a reading need one price of a register."""
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        for register in registers_of(row):
            if register in seen:
                yield Problem(f"Показание {register} уже указано", "registers", number)
            seen.add(register)


def _some_row(rows: Sequence[Row]) -> Iterator[Problem]:
    if not rows:
        yield Problem("Нужна хотя бы одна строка")


def _tariffs(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from _some_row(rows)
    yield from _registers_differ(rows)


_RULES: Final[dict[str, Callable[[Sequence[Row]], Iterator[Problem]]]] = {
    "readings": _days_in_order,
    "phones": _codes_differ,
    "tariffs": _tariffs,
    "offices": _some_row,
}


def registers_of(row: Row) -> tuple[str, ...]:
    """«2.2, 3.2» of a tariff as its registers."""
    return tuple(part.strip() for part in row.get("registers", "").split(",") if part.strip())


_COMPANY = Table(
    "company", "Компания", "Название, телефон и адреса в сети.",
    (
        Field("name", "Полное название"),
        Field("short_name", "Короткое название"),
        Field("phone", "Телефон", "phone"),
        Field("email", "Почта", "email"),
        Field("site", "Сайт", "url"),
        Field("cabinet_url", "Личный кабинет", "url"),
        Field("payment_url", "Оплата", "url"),
    ),
)  # fmt: skip
_PHONES = Table(
    "phones", "Другие телефоны",
    "Каждый телефон становится переменной: имя meters даёт {{ phones.meters }}.",
    (
        Field("code", "Имя переменной", "code"),
        Field("title", "Чей телефон"),
        Field("phone", "Телефон", "phone"),
    ),
    many=True,
)  # fmt: skip
_GRID = Table(
    "grid", "Сетевая компания", "Куда звонить при аварии и опасности.",
    (Field("name", "Название"), Field("phone", "Телефон", "phone")),
)  # fmt: skip
_CORRUPTION = Table(
    "corruption", "Линия доверия", "Куда сообщить о коррупции.",
    (Field("phone", "Телефон", "phone"), Field("email", "Почта", "email")),
)  # fmt: skip
_TARIFFS = Table(
    "tariffs", "Тарифы",
    "Рублей за кВт·ч с НДС. Новый тариф впишите заранее с датой, с которой он действует. "
    "Показание 2.1 — первое у двухзонного счётчика.",
    (
        Field("category", "Для кого", required=False),
        Field("name", "Зона"),
        Field("price", "Цена, ₽", "price"),
        Field("registers", "Показания счётчика", "registers", required=False),
    ),
    many=True,
)  # fmt: skip
_OFFICES = Table(
    "offices", "Офисы", "Адреса, часы и что там можно сделать.",
    (
        Field("name", "Название"),
        Field("address", "Адрес"),
        Field("hours", "Часы"),
        Field("phone", "Телефон", "phone"),
        Field("serves", "Что обслуживает", required=False),
    ),
    many=True,
)  # fmt: skip
_READINGS = Table(
    "readings", "Дни приёма показаний", "Бот принимает показания в эти дни месяца.",
    (
        Field("first_day", "Первый день", "day"),
        Field("last_day", "Последний день", "day"),
        Field(
            "outside", "В другие дни",
            choices=(("next_period", "засчитать в следующий месяц"), ("refuse", "не принимать")),
        ),
    ),
)  # fmt: skip
_PENALTY = Table(
    "penalty", "Ставка для пени", "По ней бот считает пени.",
    (
        Field("key_rate", "Ключевая ставка, %", "rate"),
        Field("cap", "Не выше, %", "rate", required=False),
    ),
)  # fmt: skip
_RECONNECTION = Table(
    "reconnection", "Подключение после отключения", "Сколько стоит самое большее.",
    (Field("max_fee", "Плата, ₽", "price"),),
)  # fmt: skip
_PAYMENTS = Table(
    "payments", "Оплата без комиссии", "Способы, о которых говорит бот.",
    (Field("name", "Способ"),), many=True,
)  # fmt: skip

TABLES: Final = {
    table.key: table
    for table in (
        _TARIFFS, _OFFICES, _COMPANY, _PHONES, _GRID, _READINGS, _PENALTY, _RECONNECTION,
        _PAYMENTS, _CORRUPTION,
    )
}  # fmt: skip
