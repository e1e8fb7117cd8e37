"""An article as its editor wrote it, variables unfilled: one value for files, forms and rows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from knowledge_base.answers import ArticleButton

# NUL and lone surrogates fit neither database; the other controls are invisible on every screen.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
# Blanks to keep together («№ 354») are no-break spaces and stay.
_BLANKS = re.compile("[ \t\n]+")
_EMPTY = ArticleButton("")


class Audience(StrEnum):
    HOUSEHOLD = "household"
    BUSINESS = "business"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ArticleText:
    """``body`` and ``short`` are Markdown with variables such as ``{{ company.phone }}``.

    ``questions`` are training phrases; ``legal_basis`` names acts, one per item.
    ``review_by`` reminds the editor; outside ``valid_from`` … ``valid_until`` nobody is answered.
    """

    title: str
    body: str
    short: str = ""
    questions: tuple[str, ...] = ()
    buttons: tuple[ArticleButton, ...] = ()
    audience: Audience = Audience.ALL
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    review_by: date | None = None
    legal_basis: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def tidied(self) -> "ArticleText":
        """The same without what editors do not see: stray blanks, line ends, empty entries."""
        return replace(
            self,
            title=_one_line(self.title),
            body=_lines(self.body),
            short=_lines(self.short),
            questions=_entries(self.questions),
            buttons=tuple(tidy for button in self.buttons if (tidy := _button(button)) != _EMPTY),
            legal_basis=_entries(self.legal_basis),
            tags=_entries(part for tag in self.tags for part in tag.split(",")),
        )


def fold(text: str) -> str:
    """For comparing and searching: letter case and «ё» make no difference."""
    return " ".join(text.casefold().replace("ё", "е").split())


def _entries(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for item in items if (line := _one_line(item))))


def _button(button: ArticleButton) -> ArticleButton:
    return ArticleButton(_one_line(button.label), _one_line(button.intent), _one_line(button.url))


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", _lines(text)).strip()


def _lines(text: str) -> str:
    text = _UNWANTED.sub("", _BREAK.sub("\n", text))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
