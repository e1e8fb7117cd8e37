"""Register values in a message, and which register each belongs to. No I/O."""

import re

from billing.errors import BadValue, InvalidValue
from billing.numbers import parse_value
from dialogs.flow import FlowTurn

# (role as the customer named the zone, or "" for a bare number; thousandths of a kWh)
Given = list[list[object]]

_ROLES = {"day": 0, "night": 1, "half_peak": 2}
_NUMBER = re.compile(r"\d[\d\s\u00a0]*(?:[.,]\d+)?")
_READING = re.compile(r"показан", re.IGNORECASE)
_ONLY_NUMBER = re.compile(r"\s*[-−–]?\s*\d[\d\s\u00a0.,]*\s*(?:квт\S*)?\s*", re.IGNORECASE)


def are_meant(turn: FlowTurn) -> bool:
    """Does the message say that its numbers are readings: «день 12345», «показания 12345»?"""
    found = turn.understanding.of("reading") if turn.understanding else ()
    said = _READING.search(turn.text) is not None
    return any(said or entity.role in _ROLES for entity in found)


def values_in(turn: FlowTurn, *, bare: bool) -> Given:
    """The values that the message gives; ``bare``: any number in it is one."""
    found = turn.understanding.of("reading") if turn.understanding else ()
    texts = [(entity.role or "", entity.value) for entity in found]
    if not texts and bare:
        texts = [("", number) for number in _NUMBER.findall(turn.text)]
    values: Given = []
    for role, text in texts:
        try:
            values.append([role, parse_value(text)])
        except InvalidValue:
            continue
    return values


def begin_anew(values: Given, given: Given) -> bool:
    """Whether ``values`` take the place of what was given before, not the place beside it:
    «день 12345 ночь 6789» after «12345»."""
    roles, before = [role for role, _ in values], [role for role, _ in given]
    if any(role in before for role in roles if role):
        return True
    return "" in before and (roles.count("") > 1 or "day" in roles)


def impossible(text: str) -> BadValue | None:
    """Why the message, which is one number and nothing else, is no register value."""
    if _ONLY_NUMBER.fullmatch(text) is None:
        return None
    try:
        parse_value(text)
    except InvalidValue as error:
        return error.reason
    return None


def in_order(given: Given, zones: int) -> tuple[int, ...]:
    """Values in the order of the registers: named ones in their place, the others in turn.

    Shorter than ``zones`` while some are missing; empty when what is known does not come first
    («ночь 210» alone); longer when there are too many.
    """
    registers, unnamed = _placed(given, zones)
    known = [value for value in registers if value is not None]
    if len(known) < zones and None in registers[: len(known)]:
        return ()
    return (*known, *unnamed)


def filled(given: Given, zones: int) -> tuple[int, ...]:
    """The registers, from 0, whose values are known: (1,) for «ночь 210» alone."""
    registers, _ = _placed(given, zones)
    return tuple(place for place, value in enumerate(registers) if value is not None)


def without(given: Given, zones: int, place: int) -> Given:
    """What was given but for the register ``place``, from 0, each under its name."""
    registers, _ = _placed(given, zones)
    return [
        [role, registers[at]]
        for role, at in _ROLES.items()
        if at < zones and at != place and registers[at] is not None
    ]


def _placed(given: Given, zones: int) -> tuple[list[int | None], list[int]]:
    """The value of each register, and what there is no register for."""
    registers: list[int | None] = [None] * zones
    unnamed: list[int] = []
    for role, value in given:
        number = int(str(value))
        place = _ROLES.get(str(role))
        if place is not None and place < zones and zones > 1:
            registers[place] = number
        else:
            unnamed.append(number)
    for place, register in enumerate(registers):
        if register is None and unnamed:
            registers[place] = unnamed.pop(0)
    return registers, unnamed


def as_named(given: Given) -> tuple[tuple[str, int], ...]:
    """(the customer's own word for the zone, thousandths), in the order of the registers."""
    words = {"day": "день", "night": "ночь", "half_peak": "полупик"}
    if any(role == "half_peak" for role, _ in given):
        words["day"] = "пик"
    values = in_order(given, len(given))
    placed = sorted(given, key=lambda one: _ROLES.get(str(one[0]), len(_ROLES)))
    names = [words.get(str(role), "") for role, _ in placed]
    return tuple(zip(names, values, strict=False))
