"""Numbers said in words, as people dictate them, turned into digits.

«двадцать пять рублей» → «25 рублей», «двенадцать тысяч триста сорок пять» → «12345»,
«сорок пять двести» → «45200» (a register read out in groups), «двадцать пятого октября» →
«25 октября».
"""

import re
from dataclasses import dataclass, field
from typing import Final

from nlu.tracked_text import Edit, TrackedText

_THOUSAND: Final = 1000


def _forms(table: dict[int, str]) -> dict[str, int]:
    return {form: value for value, forms in table.items() for form in forms.split()}


_CARDINALS: Final = _forms(
    {
        0: "ноль нуль нуля нолей нулей",
        1: "один одна одно одну одного одной",
        2: "два две двух двумя двум",
        3: "три трех тремя трем",
        4: "четыре четырех четырем",
        5: "пять пяти пятью",
        6: "шесть шести шестью",
        7: "семь семи семью",
        8: "восемь восьми",
        9: "девять девяти",
        10: "десять десяти",
        11: "одиннадцать одинадцать одиннадцати",
        12: "двенадцать двенадцати",
        13: "тринадцать тринадцати",
        14: "четырнадцать четырнадцати",
        15: "пятнадцать пятнадцати",
        16: "шестнадцать шестнадцати",
        17: "семнадцать семнадцати",
        18: "восемнадцать восемнадцати",
        19: "девятнадцать девятнадцати",
        20: "двадцать двадцати",
        30: "тридцать тридцати",
        40: "сорок сорока",
        50: "пятьдесят пятидесяти писят",
        60: "шестьдесят шестидесяти шисят",
        70: "семьдесят семидесяти",
        80: "восемьдесят восьмидесяти",
        90: "девяносто девяноста",
        100: "сто ста",
        200: "двести двухсот",
        300: "триста трехсот",
        400: "четыреста четырехсот",
        500: "пятьсот пятисот",
        600: "шестьсот шестисот",
        700: "семьсот семисот",
        800: "восемьсот восьмисот",
        900: "девятьсот девятисот",
        _THOUSAND: "тысяча тысячи тысяч тысячу тыща тыщи тыщу тыщ тыс",
    }
)

_ORDINAL_STEMS: Final[dict[str, int]] = {
    "перв": 1,
    "втор": 2,
    "трет": 3,
    "четверт": 4,
    "пят": 5,
    "шест": 6,
    "седьм": 7,
    "восьм": 8,
    "девят": 9,
    "десят": 10,
    "одиннадцат": 11,
    "двенадцат": 12,
    "тринадцат": 13,
    "четырнадцат": 14,
    "пятнадцат": 15,
    "шестнадцат": 16,
    "семнадцат": 17,
    "восемнадцат": 18,
    "девятнадцат": 19,
    "двадцат": 20,
    "тридцат": 30,
}
_ORDINALS: Final = {
    stem + ending: value
    for stem, value in _ORDINAL_STEMS.items()
    for ending in (("ьего", "ье", "ьему") if stem == "трет" else ("ого", "ое", "ому"))
}

# These are numbers only behind tens: «восемьдесят второй», but not «второй» alone.
_LATER_ORDINALS: Final = {
    stem + ending: value
    for stem, value in _ORDINAL_STEMS.items()
    for ending in (("ий", "ья", "ьей") if stem == "трет" else ("ый", "ой", "ая", "ую"))
}

_TOKEN: Final = re.compile(r"[а-я]+|\d+")
_DECIMAL_POINTS: Final = frozenset({"целых", "целая", "запятая", "точка"})
_FRACTION_NAMES: Final = frozenset({"десятых", "десятая", "сотых", "сотая", "тысячных"})
_AFTER_ORDINAL: Final = re.compile(
    r"\s*(?:числ|янв|фев|март|апр|ма[яй]|июн|июл|авг|сент|окт|нояб|дек|квартал)"
)
_BEFORE_ORDINAL: Final = re.compile(r"(?:^|\s)(?:до|с|со|к|ко|по|после)\s+$")
_LONE_ONE_UNITS: Final = re.compile(r"\s*(?:руб|квт|киловат|тыс|целая|коп|час|день|месяц|ноль)")
_SINGLE_DIGITS_PAIR: Final = 2
_POINTS: Final = frozenset({".", ","})
_SPELT_OUT: Final = re.compile(r"(?<![\w.,])\d(?: \d){3,}(?![\w.,]\d|\w)")


@dataclass(slots=True)
class _Group:
    """A number as arithmetic reads it: thousands, then hundreds, tens and units descending."""

    thousands: int | None = None
    below: int = 0
    floor: int = _THOUSAND
    """The next part must be smaller than this to belong to the same number."""
    digits: str = ""
    """Set instead of the sums when the group is a plain zero."""

    def accepts(self, value: int) -> bool:
        if self.digits or value == 0:
            return False
        if value == _THOUSAND:
            return self.thousands is None and self.floor < _THOUSAND
        return value < self.floor

    def add(self, value: int) -> None:
        if value == 0:
            self.digits = "0"
        elif value == _THOUSAND:
            self.thousands = self.below or 1
            self.below = 0
            self.floor = _THOUSAND
        else:
            self.below += value
            # After «двадцать» comes a unit, after «пятнадцать» or a unit nothing.
            self.floor = 100 if value >= 100 else 10 if value >= 20 else 1

    @property
    def text(self) -> str:
        return self.digits or str((self.thousands or 0) * _THOUSAND + self.below)


@dataclass(slots=True)
class _Run:
    """Numerals that stand side by side."""

    start: int
    end: int
    groups: list[_Group] = field(default_factory=list)
    fraction: list[_Group] | None = None
    words: int = 0

    def add(self, value: int) -> None:
        groups = self.groups if self.fraction is None else self.fraction
        if not groups or not groups[-1].accepts(value):
            groups.append(_Group())
        groups[-1].add(value)
        self.words += 1

    def text(self) -> str:
        whole = _joined(self.groups)
        return f"{whole}.{_joined(self.fraction)}" if self.fraction else whole


def _joined(groups: list[_Group]) -> str:
    single = all(len(group.text) == 1 for group in groups)
    # «два-три раза» is two numbers; a register dictated digit by digit has more of them.
    apart = single and len(groups) == _SINGLE_DIGITS_PAIR and groups[0].text != "0"
    text = ""
    for index, group in enumerate(groups):
        after_thousands = index > 0 and groups[index - 1].thousands is not None
        text += (" " if index and (apart or after_thousands) else "") + group.text
    return text


def digits_for_words(tracked: TrackedText) -> TrackedText:
    """Rewrite numerals as digits; ``tracked`` is in lower case with е for ё.

    Digits read out one by one («9 1 4 4») become one number.
    """
    tracked = tracked.rewrite(
        Edit(match.start(), match.end(), match.group().replace(" ", ""))
        for match in _SPELT_OUT.finditer(tracked.text)
    )
    text = tracked.text
    tokens = list(_TOKEN.finditer(text))
    edits: list[Edit] = []
    index = 0
    while index < len(tokens):
        run, following = _read_run(text, tokens, index)
        if run is None:
            index += 1
            continue
        edits.append(Edit(run.start, run.end, run.text()))
        index = following
    return tracked.rewrite(edits)


def _read_run(text: str, tokens: list[re.Match[str]], index: int) -> tuple[_Run | None, int]:
    """The run that begins at a token, and the index of the token after it."""
    run = _Run(tokens[index].start(), tokens[index].start())
    position = index
    while position < len(tokens):
        token = tokens[position]
        if position > index and text[run.end : token.start()].strip(" -"):
            break
        word = token.group()
        if word in _CARDINALS:
            run.add(_CARDINALS[word])
        elif word.isdigit():
            if not _digits_belong(run, tokens, position):
                break
            _add_digits(run, int(word))
        elif (
            word in _LATER_ORDINALS and run.groups and run.groups[-1].accepts(_LATER_ORDINALS[word])
        ):
            run.add(_LATER_ORDINALS[word])
            run.end = token.end()
            position += 1
            break
        elif word in _ORDINALS and _ordinal_counts(text, run, token):
            run.add(_ORDINALS[word])
            run.end = token.end()
            position += 1
            break
        elif word in _DECIMAL_POINTS and run.groups and run.fraction is None:
            if position + 1 >= len(tokens) or tokens[position + 1].group() not in _CARDINALS:
                break
            run.fraction = []
        elif word in _FRACTION_NAMES and run.fraction:
            pass
        else:
            break
        run.end = token.end()
        position += 1
    if not run.words or _is_lone_one(text, run):
        return None, index + 1
    return run, position


def _digits_belong(run: _Run, tokens: list[re.Match[str]], position: int) -> bool:
    """Digits are part of a run only beside «тысяч»: «12 тысяч 345»."""
    token = tokens[position]
    if (
        len(token.group()) > len("999")
        or token.string[token.start() - 1 : token.start()] in _POINTS
    ):
        return False
    after = tokens[position + 1].group() if position + 1 < len(tokens) else ""
    if not run.groups:
        return _CARDINALS.get(after) == _THOUSAND
    last = run.groups[-1]
    return last.thousands is not None and last.below == 0


def _add_digits(run: _Run, value: int) -> None:
    if not run.groups:
        run.groups.append(_Group())
    run.groups[-1].below = value
    run.groups[-1].floor = 1
    run.words += 1


def _ordinal_counts(text: str, run: _Run, token: re.Match[str]) -> bool:
    """An ordinal is a day only near «числа», a month, or after «до», «с», «двадцать»."""
    if run.groups:
        return run.groups[-1].accepts(_ORDINALS[token.group()])
    return bool(
        _AFTER_ORDINAL.match(text, token.end()) or _BEFORE_ORDINAL.search(text[: token.start()])
    )


def _is_lone_one(text: str, run: _Run) -> bool:
    """«один» alone is rarely a number («ни один», «один раз»)."""
    if run.words > 1 or run.groups[0].text != "1":
        return run.words == 1 and text[run.start : run.end] in ("ста", "семью", "пятью")
    return _LONE_ONE_UNITS.match(text, run.end) is None
