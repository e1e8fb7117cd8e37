"""Numbers of registered requests."""

import re
from typing import Final

from nlu.entities.scan import Found, Scan

_CODE: Final = r"(?:[a-zа-я]{1,4}[-/]?)?\d+(?:[-/.]\d+)*(?:[-/][a-zа-я]{1,3})?"
_SUBJECT: Final = (
    r"(?:заявк\w*|заявлени\w*|обращени\w*|запрос\w*|тикет\w*|жалоб\w*|инцидент\w*|письм\w*|"
    r"претензи\w*|заказ\w*|вх|исх|регистрационн\w+|рег)"
)
_NEAR: Final = re.compile(
    rf"\b{_SUBJECT}\.?(?:\s+(?:от\s+\w+|мо\w+|сво\w+|ваш\w*|мне|под|за|по|была?|это|с|на)\b)*"
    rf"[\s:,.\-]*(?P<mark>(?:номер\w*|№|n|#|ном\.?)?[\s:\-]*(?:№\s*)?)(?P<code>{_CODE})(?![\w/])"
)
_LATER: Final = re.compile(
    rf"(?P<mark>(?:номер\w*|№)(?:\s+(?:обращени\w*|заявк\w*|заявлени\w*|запрос\w*))?[\s:\-]*(?:№\s*)?)"
    rf"(?P<code>{_CODE})(?![\w/])"
)
_ABOUT_REQUEST: Final = re.compile(rf"\b{_SUBJECT}")
_PAYMENT: Final = re.compile(r"плат[её]ж\w*\s+(?P<mark>№\s*)(?P<code>\d+)")
_NOT_REQUEST: Final = re.compile(
    r"(?:лицев\w*|л/с|\bлс|счет\w*|телефон\w*|тел\.?|прибор\w*|\bпу|договор\w*|дом\w*|квартир\w*)\W*"
    r"(?:мо\w+\W*)?(?:счет\w*\W*)?$"
)
_UNITS_AFTER: Final = re.compile(
    r"\s*(?:дн|ден|час|руб|р\b|раз|числ|месяц|недел|янв|фев|март|апр|ма[яй]\b|июн|июл|авг|сен|окт|ноя|дек)"
)


def find_requests(scan: Scan) -> None:
    """Value: the code in capitals, «ТП-1920», «2023-4567»."""
    patterns = [_NEAR, _PAYMENT]
    if scan.intent == "request_status" or scan.has(_ABOUT_REQUEST):
        patterns.append(_LATER)
    for pattern in patterns:
        for match in pattern.finditer(scan.text):
            _add(scan, match)
    if scan.intent == "request_status" and not any(
        found.entity == "request_number" for found in scan.found
    ):
        bare = re.search(
            r"(?<![\w-])(?P<mark>)(?P<code>(?:[а-яa-z]{1,3}-?)?\d{4,}(?:[-/]\d+)*)(?![\w-])",
            scan.text,
        )
        if bare:
            _add(scan, bare)


def _add(scan: Scan, match: re.Match[str]) -> None:
    start, end = match.span("code")
    mark = match.group("mark")
    if "№" in mark:
        start = match.start("mark") + mark.index("№")
    if not scan.is_free(start, end) or _UNITS_AFTER.match(scan.text, end):
        return
    if _NOT_REQUEST.search(scan.text[: match.start("mark")]):
        return
    code = match.group("code")
    # «жалоба 5 дней», «заявка 25.10»: too short for a number, or a date.
    if not mark.strip() and (len(re.sub(r"\D", "", code)) < 3 or re.fullmatch(r"\d+\.\d+", code)):
        return
    scan.add(Found("request_number", code.upper(), start, end, confidence=0.9))
