"""Readings of meters, with the zone of the day they belong to.

Runs last: what is still unexplained among the numbers may be a reading, if anything speaks for it.
"""

import re
from itertools import pairwise
from typing import Final

from nlu.entities.scan import Found, Number, Scan, free_numbers, split_groups

_DAY: Final = (
    r"(?:(?:тариф|зона|шкала|т|t)\s?-?\s?[№]?\s?1(?!\d)|1\s?-?(?:я|й|ый)?\s?(?:тариф|зона)\w*|"
    r"перв\w+(?:\s+(?:тариф|зона|шкала)\w*)?|днев\w*|день|дня|днем|дн\.?(?![а-я])|д\.?(?![а-я])|"
    r"(?<!полу)(?<!полу-)пик\w*|day|den)"
)
_NIGHT: Final = (
    r"(?:(?:тариф|зона|шкала|т|t)\s?-?\s?[№]?\s?2(?!\d)|2\s?-?(?:я|й|ой)?\s?(?:тариф|зона)\w*|"
    r"втор\w+(?:\s+(?:тариф|зона|шкала)\w*)?|ноч\w*|н\.?(?![а-я])|night|noch)"
)
_HALF: Final = (
    r"(?:(?:тариф|зона|шкала|т|t)\s?-?\s?[№]?\s?3(?!\d)|3\s?-?(?:я|й|ий)?\s?(?:тариф|зона)\w*|"
    r"трет\w+(?:\s+(?:тариф|зона|шкала)\w*)?|полу-?\s?пик\w*|п/п)"
)
_ROLES: Final = (("half_peak", _HALF), ("night", _NIGHT), ("day", _DAY))
_ROLE_WORD: Final = re.compile(
    r"(?<![а-яa-z])(?:" + "|".join(f"(?P<{role}>{pattern})" for role, pattern in _ROLES) + r")"
)
# What may stand between a zone and its number: signs and words that add nothing.
_LINK: Final = (
    r"[\s:=\-.,;()\"|>]*(?:(?:показани\w*|тариф\w*|зона\w*|сейчас|будет|это|у\s+меня|счетчик\w*|"
    r"кабинет\w*|только|ровно|номер|энерги\w*)(?!\w)[\s:=\-]*)*"
)
_NUMBER: Final = r"(?:\d{1,3}(?: \d{3})+(?!\d)|\d+)(?:[.,]\d{1,3}(?!\d))?"
_AFTER_ROLE: Final = re.compile(rf"{_LINK}$")
_METER_WORDS: Final = re.compile(
    r"п[оа]к[аоу]?з\w*|показ|счетч\w*|сч[её]тчик\w*|квт|киловат|(?<!\w)(?:пу|ипу|пок|кв-?ч|кв/ч)(?!\w)|"
    r"накрутил|намотал|табло|цифр|переда[юлйтв]|прибор|внес[иу]те|запиш|прими|тариф|свет(?!\w)|"
    r"электр|эл-во|э/э|эл\.|pokaz|schetchik|cdtn"
)
_SHOWN: Final = re.compile(r"п[оа]к[аоу]?зан|показыва|счетчик|табло|стоит на|цифр|pokaz")
_NOT_A_READING_AFTER: Final = re.compile(
    r"\s*(?:-|—)?\s*(?:вольт|в(?=\s*(?:$|[.,!?)]|вместо|в\s+розет|напр))|v(?!\w)|ампер|а(?=\s*(?:$|[.,!?)]))|гц|герц|%|процент|"
    r"дн(?:я|ей|и|\.)|ден(?:ь|ёк)(?!\s*[-:]?\s*\d)|сут|час|ч(?=[\s.,:]|$)|мин|сек|лет|год|раз[а]?(?!\w)|этаж|подъезд|"
    r"человек|чел|сот(?:ок|ки)|кв\.?\s?м|м2|метр|шт|месяц|мес|недел|квартал|звезд|балл|класс|фаз|"
    r"комнат|утра|вечера|ночи|дома?(?!\w)|квартир\w|фз|руб|р(?=[\s.,!?]|$)|₽|тыс|коп|людей|семе|столб|линии|киловольт|кв(?=\s*(?:$|[.,!?]))|"
    r"процессор|ватт|вт(?!\w)|градус|°|мбит|лямп|ламп|штук|минут|км|кг|литр|куб|градус|пункт|стать)"
)
_NOT_A_READING_BEFORE: Final = re.compile(
    r"(?<!\w)(?:кв|квартир\w|дом\w?|д|корп\w*|подъезд\w?|этаж\w?|№|номер\w*|офис\w*|кабинет\w?|каб|окн\w+|"
    r"постановлени\w+|пп|приказ\w*|фз|стать\w+|пункт\w*|часов|в|с|до|около|через|уже|назад|весь|"
    r"раз|участок|участк\w+|меркурий|нева|энергомера|се|матрица|класс|версия|iphone|айфон|"
    r"столб\w*|опор\w*|тп|ктп|заявк\w+|обращени\w+|телефон\w*)\W*$"
)
_TIME: Final = re.compile(
    r"(?<![\d.,])\d{1,2}:\d{2}(?!\d)|(?<!\w)с\s+\d{1,2}\s+до\s+\d{1,2}(?!\d)|(?<!\d)24/7"
)
_LAW: Final = re.compile(
    r"(?<![\d.,])\d{2,3}-фз|(?:1/)\d{3}|(?<!\d)\d{1,2}/\d{2}(?=\s*(?:ставк|ампер))"
)
_KWH: Final = re.compile(r"\s*(?:квт|киловат|кв-?ч|кв/ч|kwt|kwh|kvt)")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_TWO_ZONES: Final = ("day", "night")
_THREE_ZONES: Final = ("day", "night", "half_peak")
_SEPARATOR: Final = re.compile(r"\s*(?:[/;,\-+|&]|и|\s)\s*")
_MOST_DIGITS: Final = 8
# A message with more numbers or zones than this is not read to its end: each is held against each.
_MOST: Final = 40
# What stands before a number and speaks of it stands so near.
_NEAR: Final = 60
_READING_INTENTS: Final = frozenset({"submit_reading", "faq/reading_rejected", "reading_history"})


def find_readings(scan: Scan) -> None:
    """Value: «12345.6» without leading zeros; a lone value has no role."""
    for pattern in (_TIME, _LAW):
        for match in pattern.finditer(scan.text):
            if scan.is_free(match.start(), match.end()):
                scan.claim(match.start(), match.end())
    _find_with_roles(scan)
    numbers = [number for number in free_numbers(scan)[:_MOST] if _can_be_reading(scan, number)]
    if not numbers or any(found.entity == "reading" and found.role for found in scan.found):
        return
    if _add_zones_in_order(scan, numbers):
        return
    for number in numbers:
        confidence = _confidence(scan, number, alone=len(numbers) == 1)
        if confidence:
            _add(scan, number, None, confidence)
            _add_split_candidates(scan, number)


def _find_with_roles(scan: Scan) -> None:
    """Numbers beside «день», «ночь», «Т1»; which side is the zone's own shows the first of them."""
    words = [
        match
        for match in _ROLE_WORD.finditer(scan.text)
        if not re.match(r"[а-яa-z]", scan.text[match.end() : match.end() + 1])
    ][:_MOST]
    if not words:
        return
    pairs = _listed(scan, words)
    if not pairs:
        after = _paired(scan, words, role_first=True)
        before = _paired(scan, words, role_first=False)
        pairs = after if len(after) >= len(before) else before
    about_reading = scan.intent in _READING_INTENTS or scan.has(_METER_WORDS)
    if len(pairs) == 1 and not about_reading and scan.intent is not None:
        return
    for role, number in pairs:
        if len(number.digits) < 2 and scan.intent != "submit_reading":
            continue
        if scan.is_free(number.start, number.end):
            _add(scan, number, role, 0.95 if about_reading or len(pairs) > 1 else 0.7)


def _listed(scan: Scan, words: list[re.Match[str]]) -> list[tuple[str, Number]]:
    """«11450 | 6032 это т1 т2»: zones side by side belong to the numbers in the same order."""
    if len(words) < len(_TWO_ZONES):
        return []
    for left, right in pairwise(words):
        if scan.text[left.end() : right.start()].strip(" ,/|и-+"):
            return []
    numbers = [
        number
        for number in free_numbers(scan)
        if number.end <= words[0].start() or number.start >= words[-1].end()
    ]
    if len(numbers) != len(words):
        return []
    return [(word.lastgroup or "day", number) for word, number in zip(words, numbers, strict=True)]


def _paired(
    scan: Scan, words: list[re.Match[str]], *, role_first: bool
) -> list[tuple[str, Number]]:
    numbers = [
        number
        for number in free_numbers(scan)
        if not any(word.start() < number.end and number.start < word.end() for word in words)
    ][:_MOST]
    pairs = []
    used: set[int] = set()
    for word in words:
        for number in numbers:
            between = (
                scan.text[word.end() : number.start]
                if role_first
                else scan.text[number.end : word.start()]
            )
            ordered = word.end() <= number.start if role_first else number.end <= word.start()
            if not ordered or number.start in used or len(number.digits) > _MOST_DIGITS:
                continue
            if len(between) > _NEAR:
                continue
            link = between if role_first else _KWH.sub("", between)
            if re.fullmatch(_LINK, link) is None or (not role_first and ";" in link):
                continue
            if not role_first and re.search(r"[,\n]", link):
                continue
            if _NOT_A_READING_AFTER.match(scan.text, number.end) and role_first:
                continue
            role = word.lastgroup or "day"
            pairs.append((role, number))
            used.add(number.start)
            break
    return pairs


def _can_be_reading(scan: Scan, number: Number) -> bool:
    if len(number.digits) > _MOST_DIGITS or (
        len(number.fraction) > 3 or _NOT_A_READING_AFTER.match(scan.text, number.end)
    ):
        return False
    near = scan.text[max(0, number.start - _NEAR) : number.start]
    return _NOT_A_READING_BEFORE.search(near) is None


def _add_zones_in_order(scan: Scan, numbers: list[Number]) -> bool:
    """«8890/3127»: two or three numbers side by side are the zones in the order of the meter."""
    if scan.intent not in (None, "submit_reading"):
        return False
    roles = {2: _TWO_ZONES, 3: _THREE_ZONES}.get(len(numbers))
    if roles is None or any(len(number.digits) < 2 for number in numbers):
        return False
    for left, right in pairwise(numbers):
        if _SEPARATOR.fullmatch(scan.text[left.end : right.start]) is None:
            return False
    for role, number in zip(roles, numbers, strict=True):
        _add(scan, number, role, 0.75)
    return True


def _confidence(scan: Scan, number: Number, *, alone: bool) -> float:
    """How likely an unexplained number is a reading; 0 when nothing speaks for it."""
    size = len(number.digits)
    kwh = _KWH.match(scan.text, number.end) is not None
    about = scan.has(_METER_WORDS)
    if _YEAR.fullmatch(number.digits) and not (scan.intent == "submit_reading" or kwh):
        return 0.0
    if scan.intent == "submit_reading":
        if size < 2 and not number.fraction:
            return 0.55 if alone else 0.0
        return 0.9 if about or kwh else 0.75
    if size < 3:
        return 0.0
    only_number = re.fullmatch(r"[\W_]*", scan.text[: number.start] + scan.text[number.end :])
    if only_number:
        return 0.6
    if scan.intent in _READING_INTENTS:
        return 0.7 if size >= 3 else 0.0
    near = _SHOWN.search(scan.text[max(0, number.start - 30) : number.start])
    if near and size >= 4 and not kwh:
        return 0.55 if scan.intent else 0.7
    return 0.3 if near or kwh else 0.0


def _add_split_candidates(scan: Scan, number: Number) -> None:
    """«450 320» may be two zones written side by side."""
    groups = split_groups(number, scan.text)
    if len(groups) == 2 and all(len(group.digits) == 3 for group in groups):
        for role, group in zip(_TWO_ZONES, groups, strict=True):
            scan.add_candidate(Found("reading", group.plain, group.start, group.end, role, 0.3))


def _add(scan: Scan, number: Number, role: str | None, confidence: float) -> None:
    scan.add(Found("reading", number.plain, number.start, number.end, role, confidence))
