"""Text as searches read it: no difference of case and of е and ё on any database.

``lower()`` and LIKE of SQLite know only ASCII, so what is searched is stored folded.
"""

from typing import Any

LONGEST = 2_000


def fold(*texts: str | None) -> str:
    return " ".join(text.casefold().replace("ё", "е") for text in texts if text)


def folded_text(context: Any) -> str:
    """The default of ``Message.text_folded``: the row's own text."""
    return fold(context.get_current_parameters().get("text") or "")[:LONGEST]
