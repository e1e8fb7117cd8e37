"""A typed answer that means one of the buttons on the screen."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz, process

# «Меню» against «меня» must not match, «сколко я должен» against its button must.
LIKENESS = 88
LONGEST = 60


def chosen(text: str, buttons: Sequence[tuple[str, str]]) -> str | None:
    """The action of the (label, action) that ``text`` names by number or by words."""
    text = text.strip().strip(".)!").strip()
    if not buttons or not text or len(text) > LONGEST:
        return None
    if re.fullmatch(r"\d{1,2}", text):
        number = int(text)
        return buttons[number - 1][1] if 1 <= number <= len(buttons) else None
    labels = [_plain(label) for label, _ in buttons]
    best = process.extractOne(_plain(text), labels, scorer=fuzz.ratio, score_cutoff=LIKENESS)
    return buttons[best[2]][1] if best is not None else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("ё", "е")))
