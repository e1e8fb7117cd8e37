"""Sums of money in roubles."""

import re
from decimal import Decimal
from typing import Final

from nlu.entities.scan import Found, Scan

_NUMBER: Final = r"(?:\d{1,3}(?:[ .]\d{3})+(?!\d)|\d+)(?:[.,]\d{1,2}(?!\d))?"
_ROUBLES: Final = r"(?:руб(?:л\w+|\.|ш\w+|асов)?|р(?:\.|(?!\w))|₽|rub\w*|rur|целковых|деревянных)"
_KOPECKS: Final = r"(?:коп(?:еек|ейк\w|\.)?|к\.)"
_THOUSANDS: Final = r"(?:тыс(?:\.|яч\w?)?|тыщ\w?|т\.\s?р\.?|тр(?!\w)|к(?!\w)|косар\w*|штук\w?)"
_WITH_UNIT: Final = re.compile(
    rf"(?<![\w.,])(?P<number>{_NUMBER})\s*(?:(?P<thousands>{_THOUSANDS})\s*)?{_ROUBLES}"
    rf"(?:\s*(?P<kopecks>\d{{1,2}})\s*{_KOPECKS})?(?!\w)"
)
_THOUSANDS_ONLY: Final = re.compile(
    rf"(?<![\w.,])(?P<number>{_NUMBER})\s*(?P<thousands>{_THOUSANDS})(?P<kopecks>)(?!\w|\s+(?:в\s+день|шт|счетчик))"
)
_ONLY_KOPECKS: Final = re.compile(rf"(?<![\w.,])(?P<number>\d{{1,2}})\s*{_KOPECKS}(?!\w)")
_MONEY: Final = (
    r"(?:сумм\w*|оплат\w*|оплач\w*|заплат\w*|уплат\w*|платил\w*|плачу|платит\w*|долг\w*|должен|должна|"
    r"должны|должник\w*|задолж\w*|переплат\w*|недоплат\w*|плат[её]ж\w*|чек\w*|перев[её]л\w*|перевод\w*|"
    r"внес\w*|спис\w+|начисл\w*|насчит\w*|выстав\w*|пришл[оа]|пришел|пени|пеня|пеню|пеней|кинул\w*|"
    r"закинул\w*|положил\w*|отправил\w*|штраф\w*|доплат\w*|квитанци\w*|платежк\w*|возврат\w*|верн\w+|"
    r"остаток|баланс\w*|стоит|стоимость|цена|требует|взнос|пенси\w+|дать|закинуть|"
    r"аванс\w*|в размере|просил\w*|просит|берут|взяли|висит|"
    r"вышло|выходит|накрутил\w*|счет\s+на|насчет)"
)
_AFTER_MONEY: Final = re.compile(
    rf"(?<!\w){_MONEY}\W+(?:\w+\W+){{0,2}}?(?P<number>{_NUMBER})(?!\w|[.,]\d)"
)
_ABOUT_MONEY: Final = re.compile(rf"(?<!\w){_MONEY}")
_ABOUT_READING: Final = re.compile(r"показани|счетчик|квт|киловат|кубов")
_MONEY_INTENTS: Final = frozenset(
    {
        "balance", "charges", "pay", "payment_status", "payment_history", "receipt",
        "faq/penalty", "faq/installment", "faq/common_house_needs", "faq/recalculation",
        "faq/debt_disconnection", "faq/payment_methods",
    }
)  # fmt: skip
_BARE: Final = re.compile(rf"(?<![\w.,/\-:№])(?P<number>{_NUMBER})(?!\w|[.,:/\-]\d|\s*%)")
_BEFORE_YEAR: Final = re.compile(r"(?<!\w)(?:в|с|до|от|по|на|за|год\w*|№)\W*$")
_PRICE: Final = re.compile(rf"(?<!\w)за\s+(?P<number>{_NUMBER})(?!\w|[.,]\d)")
_READING_INTENTS: Final = frozenset({"submit_reading", "reading_history", "faq/reading_rejected"})
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


def find_amounts(scan: Scan) -> None:
    """Value: «1500» or «1500.50». Must run after dates and accounts."""
    for pattern in (_WITH_UNIT, _THOUSANDS_ONLY):
        for match in pattern.finditer(scan.text):
            if scan.is_free(match.start(), match.end()):
                _add(scan, match, _value(match), 0.95)
    for match in _ONLY_KOPECKS.finditer(scan.text):
        if scan.is_free(match.start(), match.end()):
            _add(scan, match, f"0.{int(match['number']):02d}", 0.8)
    for match in _AFTER_MONEY.finditer(scan.text):
        _add_likely(scan, match, 0.75)
    if scan.intent not in _READING_INTENTS:
        for match in _PRICE.finditer(scan.text):
            _add_likely(scan, match, 0.55)
        for match in _BARE.finditer(scan.text):
            # «две тысячи» has become 2000: what was said in thousands is money, unless a register.
            start, end = scan.normalised.span(*match.span("number"))
            if re.search(r"ты[сщ]", scan.normalised.original[start:end].lower()):
                _add_likely(scan, match, 0.7)
    if scan.intent in _MONEY_INTENTS and not scan.has(_ABOUT_READING):
        for match in _BARE.finditer(scan.text):
            _add_likely(scan, match, 0.65)


def is_about_money(scan: Scan) -> bool:
    """Whether sums are spoken of anywhere in the message."""
    return scan.has(_ABOUT_MONEY)


def _add_likely(scan: Scan, match: re.Match[str], confidence: float) -> None:
    """A number without «рублей»: long enough for a sum, and not measured in something else."""
    start, end = match.span("number")
    digits = re.sub(r"\D", "", match.group("number"))
    if not scan.is_free(start, end) or not 2 <= len(digits) <= 9:
        return
    if _YEAR.fullmatch(digits) and _BEFORE_YEAR.search(scan.text[:start]):
        return
    fraction = re.search(r"[.,]\d\d$", match.group("number"))
    if len(digits) < 3 and not fraction:
        return
    if re.match(
        r"\s*(?:квт|киловат|дн|ден|час|мин|месяц|год|лет|раз|%|процент|вольт|числ)", scan.text[end:]
    ):
        return
    before = scan.text[max(0, start - 25) : start]
    about_reading = match.re is not _PRICE and _ABOUT_READING.search(before)
    if scan.intent in _READING_INTENTS or about_reading:
        return
    scan.add(Found("amount", money(match.group("number")), start, end, confidence=confidence))


def _add(scan: Scan, match: re.Match[str], value: str, confidence: float) -> None:
    end = match.end()
    while scan.text[end - 1] == " ":
        end -= 1
    scan.add(Found("amount", value, match.start(), end, confidence=confidence))


def _value(match: re.Match[str]) -> str:
    value = Decimal(money(match["number"]))
    if match["thousands"]:
        value *= 1000
    if match["kopecks"]:
        value += Decimal(match["kopecks"]) / 100
    return _plain(value)


def money(written: str) -> str:
    """«6 412,37» → «6412.37», «1.500» → «1500»."""
    joined = written.replace(" ", "").replace(",", ".")
    whole, dot, fraction = joined.rpartition(".")
    if dot and len(fraction) == 3:
        joined = whole.replace(".", "") + fraction
    elif dot:
        joined = f"{whole.replace('.', '')}.{fraction}"
    return _plain(Decimal(joined))


def _plain(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral_value() else f"{value:.2f}"
