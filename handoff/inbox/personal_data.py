"""What must not be said in a channel for public information only (149-ФЗ ст. 10 ч. 8)."""

import re
from collections.abc import Sequence

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("сумма", re.compile(r"\d[\d \u00a0]*(?:[.,]\d{1,2})?\s*(?:₽|руб|коп|р\.)", re.IGNORECASE)),
    ("номер счёта или счётчика", re.compile(r"(?<![\d+])\d{8,16}(?!\d)")),
    ("телефон", re.compile(r"(?:\+7|(?<!\d)8)[\s(-]*\d{3}[\s)-]*\d{3}[\s-]?\d{2}[\s-]?\d{2}")),
    ("показания", re.compile(r"показани\w*\D{0,20}\d{3,}|\d+\s*к?вт", re.IGNORECASE)),
    ("адрес", re.compile(
        r"\b(?:ул|улиц[аеыу]|пр-т|проспект\w*|пер)\b\.?\s*(?:[\w-]+[\s,.]+){1,3}\d"
        r"|\b(?:дом|д|кв|квартир\w*)\b\.?\s*(?:№\s*)?\d",
        re.IGNORECASE,
    )),
)  # fmt: skip


def found(text: str, *, public: Sequence[str] = ()) -> list[str]:
    """What of a customer's stands in ``text``, as «сумма «120 ₽»». ``public``: the company's own
    phones and addresses, which anybody may hear."""
    for known in public:
        text = text.replace(known, " ")
    told = []
    for name, pattern in _PATTERNS:
        hit = pattern.search(text)
        if hit is not None:
            told.append(f"{name} «{hit.group().strip()}»")
    return told
