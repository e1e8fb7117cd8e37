"""Customers' words without what tells who they are: «[лицевой счёт]» stands for the digits."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from nlu.entities import extract
from nlu.morphology import name_parts
from nlu.normalise import Normaliser

# Readings, sums and dates stay: they tell nobody who wrote.
LABELS: Final = {
    "account_number": "[лицевой счёт]",
    "meter_number": "[номер счётчика]",
    "phone": "[телефон]",
    "person": "[имя]",
    "address": "[адрес]",
    "request_number": "[номер обращения]",
}
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK: Final = re.compile(r"(?:https?://|t\.me/|vk\.com/)\S+", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?<!\w)@\w{3,}")
# What the rules don't recognise and may be a document's or a card's number all the same.
_DIGITS: Final = re.compile(r"\d(?:[ \-()]{0,2}\d){6,}")
# «Э/201915», «АБ-1234/56»: a contract of an organisation, letters before its digits. An act has
# «№» between them, a car's or a meter's type fewer digits.
_CONTRACT: Final = re.compile(
    r"\b[A-ZА-ЯЁ]{1,3}[/\-]?\d{4,}(?:[/\-][\dA-ZА-ЯЁ]+)*\b", re.IGNORECASE
)
_WORD: Final = re.compile(r"[А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)?")
_LONELY: Final = re.compile(r"(?:\s*,){2,}")
_LABEL: Final = re.compile(r"\s*\[[а-яё ]+\]\s*")

_normaliser = Normaliser({})


@lru_cache(maxsize=5_000)
def masked(text: str) -> str:
    """``text`` with account, meter and request numbers, phones, names and addresses replaced."""
    found = extract(_normaliser.normalise(text), now=datetime.now(UTC))
    places = [(e.start, e.end, LABELS[e.entity]) for e in found if e.entity in LABELS]
    for pattern, label in (
        (_EMAIL, "[почта]"), (_LINK, "[ссылка]"), (_HANDLE, "[имя]"), (_DIGITS, "[номер]"),
        (_CONTRACT, "[договор]"),
    ):  # fmt: skip
        places += [(m.start(), m.end(), label) for m in pattern.finditer(text)]
    places += [
        (m.start(), m.end(), LABELS["person"]) for m in _WORD.finditer(text) if _is_name(m[0])
    ]
    pieces, at = [], 0
    for start, end, label in sorted(places, key=lambda place: (place[0], -place[1])):
        if start < at:
            continue
        pieces += [text[at:start], label]
        at = end
    return "".join((*pieces, text[at:]))


def as_variant(text: str) -> str:
    """A masked text as a question variant: without the places of what was taken out."""
    rest = " ".join(_LABEL.sub(" ", text).split())
    return _LONELY.sub(",", rest).replace(" ,", ",").strip(" ,;:")


def _is_name(word: str) -> bool:
    """A capital makes a name of what may be one; a patronymic or surname needs none."""
    parts = name_parts(word.lower())
    return bool(parts) if word[0].isupper() and len(word) > 1 else parts >= {"Patr"}
