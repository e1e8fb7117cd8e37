"""Addresses: streets, houses, flats, settlements."""

import re
from typing import Final

from nlu import morphology
from nlu.entities.scan import Found, Scan

_NAME: Final = r"(?:\d+-?(?:я|й|го|ая|ой|летия|лет)\s+)?[а-я][а-я-]+(?:\s+[а-я][а-я-]+)?"
_HOUSE: Final = r"\d{1,3}(?:\s?[а-я](?![а-я]))?(?:\s?/\s?\d{1,3})?"
_TAIL: Final = (
    rf"(?:\s*,?\s*(?:д(?:ом\w{{0,2}})?\.?\s*)?{_HOUSE}(?!\d|\s?(?:руб|квт|числ|час|дн|год|раз|%))"
    r"(?:\s*,?\s*(?:к(?:орп(?:ус)?)?|стр(?:оение)?)\.?\s*\d{1,2})?"
    r"(?:\s*,?\s*(?:кв(?:артира)?\.?|к\.|оф(?:ис)?\.?|-)\s*\d{1,4})?)"
)
_STREET_WORD: Final = (
    r"(?:ул(?:\.|ица|ице|ицы|ицу)?|пр(?:-кт|-т|осп(?:ект\w?)?)?\.?|пер(?:\.|еулок|еулке)?|"
    r"ш(?:\.|оссе)|б-р|бул(?:\.|ьвар\w?)|наб(?:\.|ережная|ережной)?|пл(?:\.|ощадь|ощади)|"
    r"проезд\w?|мкр\.?|микрорайон\w?|тупик|аллея)(?!\w)\.?"
)
_SETTLEMENT: Final = (
    r"(?:г(?:\.|ор\.|ород\w?)?|п(?:\.|гт|ос(?:\.|елок|елке)?)|с(?:\.|ело|еле)|"
    r"д(?:\.|ер(?:\.|евня|евне)?)|снт|днт|днп|тсн|ст(?:\.|аница|анице)|хутор|х\.|"
    r"садовое товарищество|коттеджный поселок)(?!\w)\.?"
)
_STREET: Final = re.compile(
    rf"(?<!\w)(?:{_SETTLEMENT}\s*\"?[а-я][а-я-]+\"?\s*,?\s*)?{_STREET_WORD}\s*(?P<name>{_NAME}?){_TAIL}?(?!\w)"
)
_NAMED_FIRST: Final = re.compile(
    rf"(?<!\w)(?P<name>[а-я][а-я-]+(?:ая|ой|ий|ый|ом))\s+"
    r"(?:улиц\w|проспект\w?|переул\w+|шоссе|район\w?|бульвар\w?|набережн\w+|площад\w)"
    rf"{_TAIL}?(?!\w)"
)
_PLACE: Final = re.compile(
    rf"(?<!\w){_SETTLEMENT}\s*\"?(?P<name>[а-я][а-я-]{{2,}})\"?(?:\s*,\s*)?{_TAIL}?(?!\w)"
)
_BARE: Final = re.compile(rf"(?<![\w])(?P<name>[а-я][а-я-]{{3,}}){_TAIL}(?![\w]|[.,]\d)")
_ON_STREET: Final = re.compile(r"(?<!\w)(на|в|во|с|из)\s+(?P<name>[а-я][а-я-]{3,})(?![\w-])")
# «ой», «их» and the like end half of all words; a street's name is longer.
_SHORT_NAME: Final = 5
_FLAT: Final = re.compile(
    r"(?<!\w)(?:(?:д|дом\w{0,2})\.?\s*\d{1,3}[а-я]?\s*,?\s*(?:корп\w*\.?\s*\d+\s*,?\s*)?)?"
    r"(?:кв(?:артир\w+)?\.?\s*(?:№\s*)?\d{1,4})(?!\w|[.,]\d)|(?<!\w)дом[еу]?\s+\d{1,3}[а-я]?(?!\w|[.,]\d)"
)
_COOPERATIVE: Final = re.compile(r"[сд]нт|днп|тсн|деревн|поселк|станиц")
_FLAT_MARK: Final = re.compile(
    r"(?<!\w)(?:кв|д|дом\w?|корп|к)\.?\s*\d|\d\s?-\s?\d|\d[а-я]?\s*,\s*\d"
)
_STREET_ENDING: Final = re.compile(
    r"[а-я]+(?:ская|ской|цкая|цкой|ная|ной|овая|евая|овой|ого|его|ева|ова|ина|ых|ии|ова|ева|вая|вой|тая|той)"
)
# Words that stand before a number without being a street.
_NOT_STREETS: Final = frozenset(
    re.findall(
        r"\S+",
        """
        тариф тарифа зона зоны счет счета счетчик счетчика счетчику номер номера лицевой лицевого
        показания показание показаний показаниях день дня дней ночь ночи ночной ночная дневной
        дневная пиковая полупиковая последние последняя первая вторая сумма сумму суммы оплата
        оплаты оплатила долга долг пени рублей января февраля марта апреля мая июня июля августа
        сентября октября ноября декабря года квартира квартиры заявка заявки обращения обращение
        больше меньше около почти примерно всего только сегодня вчера завтра кабинет договора
        договор абонент участка участок участке сразу целых электроэнергии электроэнергия энергии
        энергия света тарифа разница первой второй одной каждой целой потребления кнопка второго
        первого третьего старого нового моего нашего вашего общего этого прошлого учета
        отправила передала половина копия справка каникулы комнаты машина
        """,
    )
)
_HOUSE_NEAR: Final = re.compile(r"(?:по адресу|адрес\w?|живу|на|по|дом|с|в)\s*:?\s*$")


def find_addresses(scan: Scan) -> None:
    """Value: the address as written, spaces tidied."""
    for pattern, confidence in ((_STREET, 0.9), (_NAMED_FIRST, 0.85)):
        for match in pattern.finditer(scan.text):
            _add_marked(scan, match, confidence)
    for match in _PLACE.finditer(scan.text):
        if scan.is_capital(match.start("name")):
            _add_marked(scan, match, 0.8)
    for match in _BARE.finditer(scan.text):
        _add_bare(scan, match)
    for match in _ON_STREET.finditer(scan.text):
        if scan.is_capital(match.start("name")) and scan.is_free(*match.span("name")):
            name = match.group("name")
            street = match.group(1) == "на" and _STREET_ENDING.fullmatch(name)
            if street or (match.group(1) != "на" and morphology.is_place(name)):
                _add(scan, *match.span("name"), 0.6)
    for match in _FLAT.finditer(scan.text):
        if scan.is_free(match.start(), match.end()):
            _add(scan, match.start(), match.end(), 0.6)


def _add_marked(scan: Scan, match: re.Match[str], confidence: float) -> None:
    start, end = match.span()
    name = match.group("name") or ""
    if not scan.is_free(start, end) or (not name and not re.search(r"\d", match.group())):
        return
    first, _, second = name.partition(" ")
    at = match.start("name")
    # «на улице темно»: without a house only a name in capitals, or of a street's form, counts.
    if not re.search(r"\d", match.group()) and not (
        scan.is_capital(at) or (len(first) > _SHORT_NAME and _STREET_ENDING.fullmatch(first))
    ):
        return
    # The second word belongs to the street only if it looks like part of a name.
    if (
        second
        and not re.search(r"\d", match.group())
        and not scan.is_capital(at + len(name) - len(second))
    ):
        end = match.end("name") - len(second) - 1
    if first in _NOT_STREETS:
        return
    _add(scan, start, end, confidence)


def _add_bare(scan: Scan, match: re.Match[str]) -> None:
    """«Ленина 5-12», «Советская 31»: a name of a street's form before a house."""
    name = match.group("name")
    if name in _NOT_STREETS or not scan.is_free(*match.span()):
        return
    tail = scan.text[match.end("name") : match.end()]
    marked = _FLAT_MARK.search(tail) is not None
    capital = scan.is_capital(match.start())
    street_like = _STREET_ENDING.fullmatch(name) is not None or (
        morphology.is_adjective_or_genitive(name) and capital
    )
    begins = not scan.text[: match.start()].strip()
    if not street_like or (begins and not marked and not _STREET_ENDING.fullmatch(name)):
        return
    near = _HOUSE_NEAR.search(scan.text[: match.start()]) is not None
    if capital and (marked or near or not begins or street_like):
        _add(scan, match.start(), match.end(), 0.85 if marked or near else 0.7)
    elif marked and near:
        _add(scan, match.start(), match.end(), 0.7)
    elif re.search(r"кв\w*\.?\s*\d|дом", tail):
        _add(scan, match.start(), match.end(), 0.65)


def _add(scan: Scan, start: int, end: int, confidence: float) -> None:
    while end > start and scan.text[end - 1] in " ,":
        end -= 1
    value = re.sub(r"\s+", " ", scan.cased[start:end])
    scan.add(Found("address", value, start, end, confidence=confidence))
