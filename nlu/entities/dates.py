"""Dates and periods, resolved from the day of the message.

Values: a day «2026-10-25», a month «2026-10», a year «2026», or a range «from/to» of such.
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from nlu.entities.scan import Found, Scan

_MONTHS: Final = (
    r"январ[ьяюе]\w?",
    r"феврал[ьяюе]\w?",
    r"март[ауе]?",
    r"апрел[ьяюе]\w?",
    r"ма[йяюе]|маем",
    r"июн[ьяюе]\w?",
    r"июл[ьяюе]\w?",
    r"август[ауе]?",
    r"сентябр[ьяюе]\w?",
    r"октябр[ьяюе]\w?",
    r"ноябр[ьяюе]\w?",
    r"декабр[ьяюе]\w?",
)
_SHORT_MONTHS: Final = (
    "янв",
    "фев",
    "мар",
    "апр",
    "май",
    "июн",
    "июл",
    "авг",
    "сен",
    "окт",
    "ноя",
    "дек",
)
_ADJECTIVE: Final = (
    r"(?:январ|феврал|март|апрел|май|июн|июл|август|сентябр|октябр|ноябр|декабр)ь?(?:ов)?ск\w+"
)
_MONTH: Final = (
    r"(?:" + "|".join(f"(?:{month})" for month in _MONTHS) + rf"|{_ADJECTIVE}|"
    r"(?:янв|февр?|апр|авг|сент?|окт|нояб?|дек)(?=\b))"
)
_YEAR: Final = r"(?:(?:19|20)\d{2})"
_YEAR_END: Final = r"\s*(?:года|году|год|г\.?)?(?!\w)"
_EDGE: Final = r"(?<![\w.,/])"

_FULL: Final = re.compile(
    rf"{_EDGE}(\d{{1,2}})[./-](\d{{1,2}})[./-]({_YEAR}|\d{{2}})(?!\d|[./-]\d)(?:\s?г\.?(?!\w))?"
)
_ISO: Final = re.compile(rf"{_EDGE}({_YEAR})-(\d{{2}})-(\d{{2}})(?!\d)")
_DAY_MONTH: Final = re.compile(
    rf"{_EDGE}(\d{{1,2}})(?:\s?-?\s?(?:го|ое|е|ого|му))?\s+({_MONTH})(?!\w)(?:\s+({_YEAR}){_YEAR_END})?"
)
_DAYS_RANGE: Final = re.compile(
    rf"(?<!\w)с\s+(\d{{1,2}})\s+({_MONTH})(?!\w)(?:\s+{_YEAR})?\s+по\s+(\d{{1,2}})\s+({_MONTH})(?!\w)"
    rf"(?:\s+({_YEAR}){_YEAR_END})?"
)
_MONTH_NAME: Final = re.compile(
    rf"(?<!\w)(?:за\s+)?({_MONTH})(?!\w)(?:\s+(?:месяц\w?\s+)?({_YEAR}|2\d(?=\s*г)){_YEAR_END})?"
)
_MONTH_RANGE: Final = re.compile(
    rf"(?<!\w)(?:с\s+)?({_MONTH})(?!\w)(?:\s+({_YEAR}){_YEAR_END})?\s*(?:по|-|до)\s*({_MONTH})(?!\w)"
    rf"(?:\s+({_YEAR}){_YEAR_END})?"
)
_MONTH_YEAR: Final = re.compile(rf"{_EDGE}(0?[1-9]|1[0-2])[./]({_YEAR})(?!\d)")
_YEARS: Final = re.compile(
    rf"(?<![\w.,/-])(?:({_YEAR})\s*-\s*)?({_YEAR})(?:\s*-?(?:м|го|й))?\s*(?:год\w{{0,2}}|гг?\.?)(?!\w)"
)
_PERIOD_YEAR: Final = re.compile(
    rf"(?<!\w)(?:за|в|с|до|от)\s+({_YEAR})(?![\d.,]|\s*(?:руб|квт|р\b))"
)
_OF_MONTH: Final = re.compile(
    r"(?<![\w.,])(\d{1,2})(?:\s?-?\s?(?:го|ого|му|е|ое|м))?\s+(?:числ\w+|чис\b|ч\b\.?)(?!\w)"
)
_ORDINAL_DAY: Final = re.compile(r"(?<![\w.,])(\d{1,2})\s?-?\s?(?:го|ого|му|ое|ому|е)(?!\w)")
_SHORT_DATE: Final = re.compile(
    r"(?<![\w.,/-])(?:(до|от|на|за|с|к|по|после)\s+)?(0?[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])(?![\d]|\.\d)"
)
_DAY_RANGE: Final = re.compile(
    rf"(?<!\w)с\s+(\d{{1,2}})\s+по\s+(\d{{1,2}})(?:\s+(?:числ\w+|({_MONTH}))|(?!\w|[.,:]\d))"
)
_DAY_AFTER_WORD: Final = re.compile(
    r"(?<!\w)(?:до|после|к)\s+(\d{1,2})(?!\d|\w|[.,:/-]\d|\s*(?:час|ч\b|утра|вечера|дн|руб|р\b|квт|%|процент|\d|:|минут|лет))"
)
_RELATIVE_DAYS: Final = {
    "позавчера": -2,
    "послезавтра": 2,
    "вчера": -1,
    "вчерашн": -1,
    "сегодня": 0,
    "седня": 0,
    "сегодняшн": 0,
    "завтра": 1,
    "завтрашн": 1,
}
_RELATIVE_DAY: Final = re.compile(
    r"(?<!\w)(позавчера|послезавтра|вчера|сегодня|седня|завтра|(?:вчера|сегодня|завтра)шн)\w{0,3}(?!\w)"
)
_SPAN_WORD: Final = re.compile(
    r"(?<!\w)(?:(?:за|в|на|с|до)\s+)?(?:весь\s+)?(позапрошл|прошл|прошедш|предыдущ|минувш|эт|текущ|нынешн|"
    r"следующ|будущ)\w{0,3}\s+(месяц|год|недел|квартал)\w{0,3}(?!\w)"
)
_AGO: Final = re.compile(
    r"(?<!\w)(?:(\d{1,2})\s+)?(день|дня|дней|недел[юиь]\w?|месяц\w{0,2}|год|года|лет)\s+(?:тому\s+)?назад(?!\w)"
)
_LAST: Final = re.compile(
    r"(?<!\w)(?:за\s+)?последн\w+\s+(?:(\d{1,2})\s+)?(месяц\w{0,2}|полгода|год|года|лет)(?!\w)"
)
_SPAN: Final = re.compile(
    r"(?<!\w)за\s+(?:(\d{1,2})\s+)?(месяц\w{1,2}|полгода|год|года|лет)(?!\w|\s+до)"
)
_HISTORY_INTENTS: Final = frozenset(
    {"payment_history", "reading_history", "charges", "receipt", "faq/contract_business"}
)
_SEASONS: Final = {"зим": (12, 2), "весн": (3, 5), "лет": (6, 8), "осен": (9, 11)}
_SEASON: Final = re.compile(
    r"(?<!\w)(?:(?:за|с|прошл\w+|эт\w+)\s+(зим|весн|лет|осен)(?:а|у|ы|о|ь|и)|(зим|весн|лет|осен)(?:ой|ом|ью))(?!\w)"
)
_THAT_WEEK: Final = re.compile(r"(?<!\w)на\s+той\s+неделе(?!\w)")
_WEEKEND: Final = re.compile(r"(?<!\w)(?:(?:в|на)\s+)?эти\s+выходные(?!\w)")
_DAY_INTENTS: Final = frozenset({"faq/reading_deadline", "faq/penalty"})
_LONE_DAY: Final = re.compile(
    r"(?<![\w.,/:-])(?:[1-9]|[12]\d|3[01])(?![\w%]|[.,/:-]\d|\s*(?:час|дн|ден|утра|вечера|руб|месяц|раз|процент|лет|год|ноч|минут))"
)
_QUARTER: Final = re.compile(
    rf"(?<!\w)(?:за\s+)?([1-4]|перв|втор|трет|четверт)(?:-?\w{{1,3}})?\s+(?:квартал\w?|кв\.)(?:\s+({_YEAR}){_YEAR_END})?"
)
_QUARTERS: Final = ("перв", "втор", "трет", "четверт")
_WEEKDAYS: Final = ("понедельник", "вторник", "сред", "четверг", "пятниц", "суббот", "воскресень")
_WEEKDAY: Final = re.compile(
    r"(?<!\w)(?:(прошл|следующ|эт|ближайш)\w{1,2}\s+)?(понедельник|вторник|сред|четверг|пятниц|суббот|воскресень)(?:а|у|ой|ом|е|ю|я|ы|и|ем)?(?!\w)"
)
_WEEKDAY_LEAD: Final = re.compile(
    r"(?:^|\s)(?:в|во|на|до|с|к|прошл\w+|следующ\w+|эт\w+|кажд\w+)\s+$"
)
_FORWARD: Final = re.compile(r"(?:до|к|на|успе\w+|после)\s+$")
_MONTHS_IN_QUARTER: Final = 3


def find_dates(scan: Scan) -> None:
    """Runs the spellings from the fullest to the barest."""
    finders: tuple[tuple[re.Pattern[str], Callable[[Scan, re.Match[str]], str | None], float], ...]
    finders = (
        (_ISO, lambda _, m: _day(int(m[1]), int(m[2]), int(m[3])), 0.95),
        (_FULL, _full, 0.95),
        (_DAYS_RANGE, _days_range, 0.95),
        (_DAY_MONTH, _day_month, 0.95),
        (_MONTH_RANGE, _month_range, 0.9),
        (_MONTH_YEAR, lambda _, m: f"{m[2]}-{int(m[1]):02d}", 0.85),
        (_QUARTER, _quarter, 0.8),
        (_MONTH_NAME, _month_name, 0.95),
        (_OF_MONTH, lambda s, m: _in_month(s, int(m[1]), m.start()), 0.9),
        (_DAY_RANGE, _day_range, 0.75),
        (_YEARS, lambda _, m: f"{m[1]}/{m[2]}" if m[1] else m[2], 0.9),
        (_RELATIVE_DAY, _relative_day, 0.95),
        (_SPAN_WORD, _span_word, 0.95),
        (_AGO, _ago, 0.85),
        (_LAST, _last, 0.8),
        (_SEASON, _season, 0.7),
        (_THAT_WEEK, _that_week, 0.8),
        (_WEEKEND, _weekend, 0.8),
        (_WEEKDAY, _weekday, 0.8),
        (_ORDINAL_DAY, lambda s, m: _in_month(s, int(m[1]), m.start()), 0.8),
        (_SHORT_DATE, _short_date, 0.7),
        (_DAY_AFTER_WORD, lambda s, m: _in_month(s, int(m[1]), m.start(1)), 0.4),
        (_PERIOD_YEAR, lambda _, m: m[1], 0.6),
    )
    if scan.intent in _HISTORY_INTENTS:
        # Elsewhere «за три месяца» is how long something lasts, not what is asked for.
        finders = (*finders, (_SPAN, _last, 0.7))
    if scan.intent in _DAY_INTENTS:
        # Days are what these questions are about: «а если 26?».
        finders = (*finders, (_LONE_DAY, lambda s, m: _in_month(s, int(m[0]), m.start()), 0.55))
    for pattern, resolve, confidence in finders:
        for match in pattern.finditer(scan.text):
            if not scan.is_free(match.start(), match.end()):
                continue
            value = resolve(scan, match)
            if value is not None:
                start, end = _trimmed(scan.text, match)
                scan.add(Found("date", value, start, end, confidence=confidence))


def _trimmed(text: str, match: re.Match[str]) -> tuple[int, int]:
    end = match.end()
    while end > match.start() and text[end - 1].isspace():
        end -= 1
    return match.start(), end


def _day(year: int, month: int, day: int) -> str | None:
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day).isoformat()


def _full(_: Scan, match: re.Match[str]) -> str | None:
    year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
    return _day(year, int(match[2]), int(match[1]))


def month_number(word: str) -> int:
    """1 to 12 for any form of a month's name. Raises `ValueError` for another word."""
    if word.startswith(("май", "мая", "мае", "маю")):
        return 5
    return _SHORT_MONTHS.index(word[:3]) + 1


def _day_month(scan: Scan, match: re.Match[str]) -> str | None:
    month = month_number(match[2])
    year = int(match[3]) if match[3] else _nearest_year(scan, month, int(match[1]), match.start())
    return _day(year, month, int(match[1]))


def _days_range(scan: Scan, match: re.Match[str]) -> str | None:
    first, last = month_number(match[2]), month_number(match[4])
    year = int(match[5]) if match[5] else _past_month(scan, last)
    start = _day(year - (1 if first > last else 0), first, int(match[1]))
    end = _day(year, last, int(match[3]))
    return f"{start}/{end}" if start and end else None


def _nearest_year(scan: Scan, month: int, day: int, at: int) -> int:
    """Without a year: the nearest one behind, or ahead after «до», «к», «на»."""
    today = scan.today
    last = calendar.monthrange(today.year, month)[1]
    that = date(today.year, month, max(1, min(day, last)))
    ahead = (that - today).days
    if _FORWARD.search(scan.text[:at]):
        return today.year + 1 if ahead < -180 else today.year
    # A date some weeks ahead is an announcement («отключение 3 декабря»), not last year's.
    return today.year - 1 if ahead > 62 else today.year


def _past_month(scan: Scan, month: int) -> int:
    return scan.today.year - (1 if month > scan.today.month + 1 else 0)


def _month_name(scan: Scan, match: re.Match[str]) -> str | None:
    # «Октябрьская 19», «в Октябрьском районе» are places.
    if re.fullmatch(_ADJECTIVE, match[1]) and scan.is_capital(match.start(1)):
        return None
    month = month_number(match[1])
    year = int(match[2]) if match[2] else _past_month(scan, month)
    return f"{year + 2000 if year < 100 else year}-{month:02d}"


def _month_range(scan: Scan, match: re.Match[str]) -> str | None:
    first, last = month_number(match[1]), month_number(match[3])
    last_year = int(match[4]) if match[4] else _past_month(scan, last)
    first_year = int(match[2]) if match[2] else last_year - (1 if first > last else 0)
    return f"{first_year}-{first:02d}/{last_year}-{last:02d}"


def _quarter(scan: Scan, match: re.Match[str]) -> str | None:
    if match.group().endswith("кв.") and not match[2]:
        return None
    year = int(match[2]) if match[2] else scan.today.year
    number = int(match[1]) if match[1].isdigit() else _QUARTERS.index(match[1]) + 1
    last = number * _MONTHS_IN_QUARTER
    return f"{year}-{last - 2:02d}/{year}-{last:02d}"


def _in_month(scan: Scan, day: int, at: int) -> str | None:
    """«25 числа»: the last such day, or the next one after «до», «к», «на»."""
    if not 1 <= day <= 31:
        return None
    year, month = scan.today.year, scan.today.month
    forward = _FORWARD.search(scan.text[:at]) or re.match(
        r"(?:до|к|после)\s", scan.text[max(0, at - 6) :]
    )
    step = 1 if forward else -1
    for _ in range(12):
        if day <= calendar.monthrange(year, month)[1]:
            that = date(year, month, day)
            if that == scan.today or (that > scan.today) == bool(forward):
                return that.isoformat()
        year, month = _moved(year, month, step)
    return None


def _moved(year: int, month: int, by: int) -> tuple[int, int]:
    index = year * 12 + month - 1 + by
    return index // 12, index % 12 + 1


def _day_range(scan: Scan, match: re.Match[str]) -> str | None:
    first, last = int(match[1]), int(match[2])
    if not 1 <= first < last <= 31:
        return None
    month = month_number(match[3]) if match[3] else scan.today.month
    year = _past_month(scan, month)
    start, end = _day(year, month, first), _day(year, month, last)
    return f"{start}/{end}" if start and end else None


def _relative_day(scan: Scan, match: re.Match[str]) -> str | None:
    return (scan.today + timedelta(days=_RELATIVE_DAYS[match[1]])).isoformat()


def _span_word(scan: Scan, match: re.Match[str]) -> str | None:
    which, unit = match[1], match[2]
    by = -2 if which == "позапрошл" else 1 if which in ("следующ", "будущ") else 0
    if which in ("прошл", "прошедш", "предыдущ", "минувш"):
        by = -1
    today = scan.today
    if unit == "год":
        return str(today.year + by)
    if unit == "месяц":
        year, month = _moved(today.year, today.month, by)
        return f"{year}-{month:02d}"
    if unit == "квартал":
        first = (today.month - 1) // _MONTHS_IN_QUARTER * _MONTHS_IN_QUARTER + 1
        year, month = _moved(today.year, first, by * _MONTHS_IN_QUARTER)
        return f"{year}-{month:02d}/{year}-{month + 2:02d}"
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=by)
    return f"{monday.isoformat()}/{(monday + timedelta(days=6)).isoformat()}"


def _ago(scan: Scan, match: re.Match[str]) -> str | None:
    count = int(match[1] or 1)
    unit = match[2]
    if unit.startswith(("день", "дн")):
        return (scan.today - timedelta(days=count)).isoformat()
    if unit.startswith("недел"):
        return (scan.today - timedelta(weeks=count)).isoformat()
    if unit.startswith("месяц"):
        year, month = _moved(scan.today.year, scan.today.month, -count)
        return f"{year}-{month:02d}"
    return str(scan.today.year - count)


def _last(scan: Scan, match: re.Match[str]) -> str | None:
    months = 1 if match[2].startswith("месяц") else 6 if match[2] == "полгода" else 12
    count = int(match[1] or 1) * months
    year, month = _moved(scan.today.year, scan.today.month, -count)
    return f"{year}-{month:02d}/{scan.today.year}-{scan.today.month:02d}"


def _season(scan: Scan, match: re.Match[str]) -> str:
    first, last = _SEASONS[match[1] or match[2]]
    year = scan.today.year - (1 if first > scan.today.month and first != 12 else 0)
    start = year - 1 if first > last else year
    return f"{start}-{first:02d}/{year}-{last:02d}"


def _that_week(scan: Scan, _: re.Match[str]) -> str:
    monday = scan.today - timedelta(days=scan.today.weekday() + 7)
    return f"{monday.isoformat()}/{(monday + timedelta(days=6)).isoformat()}"


def _weekend(scan: Scan, _: re.Match[str]) -> str:
    saturday = scan.today + timedelta(days=(5 - scan.today.weekday()) % 7)
    return f"{saturday.isoformat()}/{(saturday + timedelta(days=1)).isoformat()}"


def _weekday(scan: Scan, match: re.Match[str]) -> str | None:
    if not match[1] and not _WEEKDAY_LEAD.search(scan.text[: match.start()]):
        return None
    ahead = (_WEEKDAYS.index(match[2]) - scan.today.weekday()) % 7
    if match[1] == "прошл":
        ahead = ahead - 7 if ahead else -7
    elif match[1] == "следующ":
        ahead += 7
    return (scan.today + timedelta(days=ahead)).isoformat()


def _short_date(scan: Scan, match: re.Match[str]) -> str | None:
    """«25.10» is a date after a preposition, or where no sum and no reading is spoken of."""
    if re.match(r"\s*(?:руб|р\b|₽|квт|коп|%)", scan.text[match.end() :]):
        return None
    if not match[1] and (scan.intent == "submit_reading" or len(match[2]) < 2):
        return None
    month = int(match[3])
    return _day(_nearest_year(scan, month, int(match[2]), match.start(2)), month, int(match[2]))
