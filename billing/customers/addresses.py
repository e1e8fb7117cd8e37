"""An address as people write it, against the account's own. No I/O."""

import re
from collections.abc import Sequence

from billing.customers.identity import Address, fold, same_word

_KINDS = frozenset(
    ("улица", "улице", "ул", "проспект", "пр", "кт", "пр-кт", "переулок", "пер", "шоссе", "ш",
     "бульвар", "б-р", "набережная", "наб", "площадь", "пл", "проезд", "мкр", "микрорайон",
     "город", "гор", "г", "поселок", "пос", "п", "село", "с", "деревня", "дер", "д", "дом", "кв",
     "квартира", "корпус", "корп", "к", "строение", "стр", "по", "адресу", "адрес", "т", "снт")
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:\s?[а-я](?![а-я]))?")
_WORD = re.compile(r"[а-я]+")
_INDEX = re.compile(r"\b\d{6}\b,?")
_FLAT_MARK = re.compile(r"(\d)\s*(?:кв|к|корп|корпус)\.?\s*(?=\d)")


def numbers_in(text: str) -> tuple[str, ...]:
    """«ул. Мира 12а-45» → («12а», «45»): the house, its part if any, the flat."""
    folded = _FLAT_MARK.sub(r"\1 - ", _INDEX.sub("", fold(text)))
    return tuple(number.replace(" ", "") for number in _NUMBER.findall(folded))


def house_forms(numbers: Sequence[str]) -> tuple[str, ...]:
    """How the house may be stored: «12», «12А», «12/2», «12 корп. 2»."""
    if not numbers:
        return ()
    first = numbers[0]
    forms = {first, first.upper()}
    if len(numbers) > 1:
        second = numbers[1]
        forms |= {f"{first}{mark}{second}" for mark in ("/", "к", " к", " к.", " корп. ", " корп.")}
    return tuple(sorted(forms))


def is_address(given: str, address: Address) -> bool:
    """The same street and numbers; the town too, if it is given. Typos are forgiven in words."""
    if numbers_in(given) != numbers_in(f"{address.house}, {address.flat or ''}"):
        return False
    words = [word for word in _WORD.findall(fold(given)) if word not in _KINDS and len(word) > 1]
    street = [word for word in _WORD.findall(fold(address.street)) if word not in _KINDS]
    town = [word for word in _WORD.findall(fold(address.locality)) if word not in _KINDS]
    for part in street:
        match = next((word for word in words if same_word(word, part)), None)
        if match is None:
            return False
        words.remove(match)
    return all(any(same_word(word, part) for part in town) for word in words)
