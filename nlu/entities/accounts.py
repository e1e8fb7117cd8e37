"""Personal accounts and factory numbers of meters: long numbers told apart by what stands near."""

import re
from typing import Final

from nlu.entities.scan import Found, Scan

_ACCOUNT_WORD: Final = (
    r"(?:лицев\w*|личн\w+\s+счет\w*|л\s?/\s?сч?\w*|л\.\s?с\.?|(?<!\w)лс(?=[\s\d:№\-=.]|$)|"
    r"(?<!\w)л\s+с(?=\s)|(?<!\w)сч[её]т(?:а|у|ом|е|ов)?(?!\w)|абонент\w*|аккаунт\w*|"
    r"договор\w*|licevoy|licevoj|licevoi)"
)
_METER_WORD: Final = (
    r"(?:(?:электро|эл\.?\s?)?счетчик\w*|прибор\w*(?:\s+учета)?|(?<!\w)(?:пу|ипу|сч\.|эсч)(?!\w)|"
    r"завод\w+|зав\.?|серийн\w+|(?:меркури\w*|энергомер\w*|нева|микрон\w*|матриц\w*)(?:\s+\d{3}\w*)?)"
)
# Possessive: what is taken as filling is never tried another way, however long the text is.
_FILLER: Final = (
    r"(?:[\s:,.=\-#№()\"]|счет[^\W\d]*+|мо[йегиюя][^\W\d]*+|наш[^\W\d]*+|тот|такой|это|вот|он|номер[^\W\d]*+|ном\.|за|n(?!\w)|"
    r"прежн[^\W\d]++|нов[^\W\d]++|стар[^\W\d]++|второ[^\W\d]++|втор[^\W\d]++|перв[^\W\d]++|мам[^\W\d]++|энергосбыт[^\W\d]*+|учета|индивидуальн[^\W\d]++)*+"
)
_LONG: Final = r"\d(?:[\s\-]?\d){5,13}"
_AFTER_ACCOUNT: Final = re.compile(rf"{_ACCOUNT_WORD}{_FILLER}(?P<number>{_LONG})(?![\d]|[.,]\d)")
_AFTER_METER: Final = re.compile(
    rf"{_METER_WORD}(?P<filler>{_FILLER})(?P<number>(?:[а-яa-z]{{1,2}})?\d{{4,16}})(?!\d|[.,]\d|\s?квт)"
)
_BARE: Final = re.compile(r"(?<![\d.,\-+/a-zа-я])\d(?:\d|[ \-](?=\d{2})){4,15}\d(?![\d/]|[.,]\d)")
_ABOUT_METER: Final = re.compile(_METER_WORD)
_ABOUT_ACCOUNT: Final = re.compile(_ACCOUNT_WORD)
_MARKED: Final = re.compile(r"№|номер|#|завод|серийн|зав\.")
_ACCOUNT_INTENTS: Final = frozenset(
    {
        "link_account", "my_accounts", "balance", "charges", "pay", "receipt", "payment_status",
        "payment_history", "reading_history", "faq/account_number", "faq/debt_certificate",
    }
)  # fmt: skip
_MOST_GROUP: Final = 4
_LEAST_ACCOUNT: Final = 6
_MOST_ACCOUNT: Final = 14
_MOST_READING: Final = 8
_SURE_ACCOUNT: Final = 9
_LEAST_AFTER_MAKE: Final = 6
_MAKE: Final = re.compile(r"меркури|энергомер|нева|микрон|матриц")
_SURE_METER: Final = 8


def find_accounts(scan: Scan) -> None:
    """Value: digits only. Must run after phones, dates and requests, before sums and readings."""
    for match in _AFTER_METER.finditer(scan.text):
        _add_meter(scan, match)
    for match in _AFTER_ACCOUNT.finditer(scan.text):
        _add_after_word(scan, match)
    for match in _BARE.finditer(scan.text):
        _add_bare(scan, match)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _add_meter(scan: Scan, match: re.Match[str]) -> None:
    start, end = match.span("number")
    if not scan.is_free(start, end):
        return
    digits = match.group("number").upper()
    marked = _MARKED.search(match.group("filler")) or _MARKED.match(match.group())
    # «счетчик 12345» is its reading; with eight digits, or «№», it is the meter itself.
    if not marked and len(digits) < _least_of_meter(match.group()) and not digits.startswith("00"):
        return
    scan.add(Found("meter_number", digits, start, end, confidence=0.9 if marked else 0.75))


def _least_of_meter(text: str) -> int:
    """A make is followed by the meter's number, which may be shorter than after «счетчик»."""
    return _LEAST_AFTER_MAKE if _MAKE.match(text) else _SURE_METER


def _add_after_word(scan: Scan, match: re.Match[str]) -> None:
    start, end = match.span("number")
    digits = _digits(match.group("number"))
    groups = match.group("number").split()
    # «лс 660012 850»: the number ends where a group of digits no longer looks like part of it.
    if len(groups) > 1 and len(_digits(groups[0])) >= _LEAST_ACCOUNT:
        digits = _digits(groups[0])
        end = start + len(groups[0])
    if scan.is_free(start, end) and _LEAST_ACCOUNT <= len(digits) <= _MOST_ACCOUNT:
        scan.add(Found("account_number", digits, start, end, confidence=0.95))


def _add_bare(scan: Scan, match: re.Match[str]) -> None:
    """A long number without a word before it."""
    start, end = match.span()
    written = match.group()
    groups = written.split(" ")
    if len(groups) > 1 and len(_digits(groups[0])) >= _LEAST_ACCOUNT:
        written = groups[0]
        end = start + len(written)
    digits = _digits(written)
    if not scan.is_free(start, end) or len(digits) < _LEAST_ACCOUNT:
        return
    if "-" in written and len(digits) < _SURE_ACCOUNT:
        return
    # Accounts are written in groups of up to four; longer groups are numbers of their own.
    if len(groups) > 1 and written == match.group() and max(map(len, groups)) > _MOST_GROUP:
        return
    if len(digits) > _MOST_ACCOUNT:
        if len(digits) <= 16 and scan.has(_ABOUT_METER):
            scan.add(Found("meter_number", digits, start, end, confidence=0.8))
        return
    about_account = scan.has(_ABOUT_ACCOUNT) or scan.intent in _ACCOUNT_INTENTS
    if len(digits) >= _SURE_ACCOUNT:
        meter = scan.has(_ABOUT_METER) and (digits.startswith("00") or not about_account)
        entity = "meter_number" if meter else "account_number"
        scan.add(Found(entity, digits, start, end, confidence=0.8))
    elif scan.intent in _ACCOUNT_INTENTS and len(groups) == 1:
        scan.add(Found("account_number", digits, start, end, confidence=0.7))
        if len(digits) <= _MOST_READING:
            scan.add_candidate(Found("reading", digits.lstrip("0") or "0", start, end, None, 0.2))
    elif re.fullmatch(r"\W*", scan.text[:start] + scan.text[end:]) and len(groups) == 1:
        _add_alone(scan, digits, start, end)


def _add_alone(scan: Scan, digits: str, start: int, end: int) -> None:
    """Six to eight digits and nothing else may be either; the flow has to ask."""
    reading_likelier = len(digits) == _LEAST_ACCOUNT or scan.intent == "submit_reading"
    account, reading = (0.4, 0.6) if reading_likelier else (0.6, 0.4)
    value = digits.lstrip("0") or "0"
    scan.add(Found("account_number", digits, start, end, confidence=account))
    scan.add_candidate(Found("reading", value, start, end, None, reading))
