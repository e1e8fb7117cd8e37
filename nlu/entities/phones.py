"""Russian phone numbers in any spelling."""

import re
from typing import Final

from nlu.entities.scan import Found, Scan

_FULL: Final = re.compile(
    r"(?<![\d.,])(?:\+\s?7|7|8)[\s\-.(]*([3489]\d{2})[\s\-.)]*(\d{3})[\s\-.]*(\d{2})[\s\-.]*(\d{2})"
    r"(?![\d]|[.,]\d)"
)
_MOBILE_TEN: Final = re.compile(
    r"(?<![\d.,+])\(?(9\d{2})[\s\-.)]*(\d{3})[\s\-.]*(\d{2})[\s\-.]*(\d{2})(?![\d]|[.,]\d)"
)
_CITY: Final = re.compile(r"(?<![\d.,])\((\d{3,5})\)\s*(\d{1,3}(?:[\s\-]?\d{2}){2})(?!\d)")
_LOCAL: Final = re.compile(r"(?<![\d.,\-])\d{1,3}-\d{2}-\d{2}(?![\d\-])")
_ABOUT_PHONE: Final = re.compile(r"тел|звон|набер|сотов|мобил|перезв|смс|sms|связ|номер")
_ABOUT_ACCOUNT: Final = re.compile(
    r"(?:лицев\w*|счет\w*|счёт\w*|л\s?/\s?с\w*|\bлс|л\.с\.?|абонент\w*|договор\w*)"
    r"\s*(?:счет\w*)?\s*(?:номер\w*|№|n|#|:|-|=|\s)*$"
)
_ABOUT_METER: Final = re.compile(
    r"(?:счетчик\w*|прибор\w*(?: учета)?|\bпу|\bипу)\s*(?:номер\w*|№|:|\s)*$"
)
_LOCAL_DIGITS: Final = (5, 7)


def find_phones(scan: Scan) -> None:
    """Value: «+7» and ten digits; a city number without its code keeps its digits."""
    for match in _FULL.finditer(scan.text):
        _add(scan, match, "+7" + "".join(match.groups()), sure=_is_written_as_phone(match))
    for match in _MOBILE_TEN.finditer(scan.text):
        if scan.is_free(match.start(), match.end()):
            _add(scan, match, "+7" + "".join(match.groups()), sure=_is_written_as_phone(match))
    for match in _CITY.finditer(scan.text):
        digits = match.group(1) + re.sub(r"\D", "", match.group(2))
        if len(digits) == 10 and scan.is_free(match.start(), match.end()):
            _add(scan, match, "+7" + digits, sure=True)
    for match in _LOCAL.finditer(scan.text):
        digits = re.sub(r"\D", "", match.group())
        if (
            _LOCAL_DIGITS[0] <= len(digits) <= _LOCAL_DIGITS[1]
            and scan.is_free(match.start(), match.end())
            and scan.has(_ABOUT_PHONE)
        ):
            scan.add(Found("phone", digits, match.start(), match.end(), confidence=0.6))


def _is_written_as_phone(match: re.Match[str]) -> bool:
    written = match.group()
    return written.startswith("+") or re.search(r"\d[\s\-(]", written) is not None


def _add(scan: Scan, match: re.Match[str], value: str, *, sure: bool) -> None:
    before = scan.text[: match.start()]
    if _ABOUT_METER.search(before):
        return
    account = _ABOUT_ACCOUNT.search(before) is not None
    if account and not match.group().startswith("+"):
        return
    ten_plain = not sure and len(match.group()) == len("9161234567")
    # Ten plain digits are an account about as often as a phone without its «8».
    if ten_plain and not (scan.intent == "callback" or _ABOUT_PHONE.search(before[-30:])):
        return
    scan.add(Found("phone", value, match.start(), match.end(), confidence=0.95 if sure else 0.85))
