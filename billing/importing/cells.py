"""Values as exports of billing systems write them. Raise BadRow with what is wrong, in Russian."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from billing import money
from billing.customers.identity import is_inn, normalise_number
from billing.errors import InvalidValue
from billing.importing.errors import BadRow
from billing.numbers import parse_value

LONGEST = 200
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd\ud800-\udfff]")
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_MONTH = re.compile(r"(\d{1,2})[./](\d{4})|(\d{4})-(\d{1,2})")
_YES = frozenset(("1", "да", "true", "yes", "y", "д"))
_NO = frozenset(("", "0", "нет", "false", "no", "n", "н"))
_MOST_KOPECKS = 10**13


def text(cell: str, name: str) -> str | None:
    value = " ".join(cell.split())
    if not value:
        return None
    if _UNSTORABLE.search(cell):
        raise BadRow(f"{name}: недопустимые знаки, проверьте кодировку")
    if len(value) > LONGEST:
        raise BadRow(f"{name}: длиннее {LONGEST} знаков")
    return value


def needed(cell: str, name: str) -> str:
    value = text(cell, name)
    if value is None:
        raise BadRow(f"{name}: пусто")
    return value


def account(cell: str, name: str) -> str:
    value = needed(cell, name)
    number = normalise_number(value)
    if number is None:
        raise BadRow(f"{name}: «{value}» не похоже на номер счёта")
    return number


def whole(cell: str, name: str, low: int, high: int, default: int) -> int:
    value = cell.strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise BadRow(f"{name}: «{value[:40]}» не целое число") from None
    if not low <= number <= high:
        raise BadRow(f"{name}: {number}, а может быть от {low} до {high}")
    return number


def yes_or_no(cell: str, name: str) -> bool:
    value = cell.strip().casefold()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise BadRow(f"{name}: «{value[:40]}», а нужно «да» или «нет»")


def kopecks(cell: str, name: str) -> int:
    """«1 234,5» roubles → 123450."""
    try:
        found = money.kopecks(cell)
    except ValueError:
        found = _MOST_KOPECKS + 1
    if abs(found) > _MOST_KOPECKS:
        raise BadRow(f"{name}: «{cell.strip()[:40]}» не сумма в рублях и копейках")
    return found


def watt_hours(cell: str, name: str) -> int | None:
    """«165,5» kWh → 165500; may be below zero in a recalculation."""
    value = cell.strip()
    if not value:
        return None
    sign = -1 if value[0] in "-−" else 1
    try:
        return sign * parse_value(value.lstrip("-−"))
    except InvalidValue:
        raise BadRow(f"{name}: «{value[:40]}» не число") from None


def register(cell: str, name: str) -> int | None:
    value = watt_hours(cell, name)
    if value is not None and value < 0:
        raise BadRow(f"{name}: показание меньше нуля")
    return value


def moment(cell: str, name: str, zone: ZoneInfo) -> datetime:
    """A day or a moment, in the company's zone unless it has one of its own; noon of a day."""
    value = needed(cell, name)
    match = _DAY.fullmatch(value)
    try:
        if match:
            on, at = (int(match[3]), int(match[2]), int(match[1])), match[4]
            clock = time(int(at), int(match[5]), int(match[6] or 0)) if at else time(12)
            found = datetime.combine(date(*on), clock)
        else:
            found = datetime.fromisoformat(value)
            if len(value) == len("2026-10-25"):
                found = found.replace(hour=12)
    except ValueError:
        raise BadRow(f"{name}: «{value[:40]}» не дата") from None
    if not 2000 <= found.year <= 2100:
        raise BadRow(f"{name}: {found.year} год")
    return found.replace(tzinfo=found.tzinfo or zone).astimezone(UTC)


def day(cell: str, name: str) -> date | None:
    if not cell.strip():
        return None
    return moment(cell, name, ZoneInfo("UTC")).date()


def month(cell: str, name: str) -> date:
    """«2026-10», «10.2026» or a day of the month → its first day."""
    value = needed(cell, name)
    match = _MONTH.fullmatch(value)
    if match is None:
        found = day(value, name)
        if found is None:
            raise BadRow(f"{name}: «{value[:40]}» не месяц")
        return found.replace(day=1)
    year, number = int(match[2] or match[3]), int(match[1] or match[4])
    if not (1 <= number <= 12 and 2000 <= year <= 2100):
        raise BadRow(f"{name}: «{value}» не месяц")
    return date(year, number, 1)


def phone(cell: str, name: str) -> str | None:
    """Russian numbers in E.164: «8 (900) 123-45-67» → «+79001234567»."""
    if not cell.strip():
        return None
    digits = re.sub(r"\D", "", cell)
    if len(digits) == 10:
        digits = "7" + digits
    if len(digits) != 11 or digits[0] not in "78":
        raise BadRow(f"{name}: «{cell.strip()[:40]}» не похоже на телефон")
    return f"+7{digits[1:]}"


def inn(cell: str, name: str) -> str | None:
    """An organisation's or an entrepreneur's, the check digits included."""
    digits = re.sub(r"\s", "", cell)
    if digits and not is_inn(digits):
        raise BadRow(f"{name}: «{cell.strip()[:40]}» не похоже на ИНН, проверьте цифры")
    return digits or None
