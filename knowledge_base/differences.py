"""What differs between two texts of an article, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

from knowledge_base.article_text import ArticleText
from knowledge_base.names import ACTIONS, AUDIENCES, FIELDS

# So many lines that are the same stand before and after a change.
AROUND = 2


class Change(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    FOLDED = "folded"  # its line is a number: of lines that are the same


@dataclass(frozen=True, slots=True)
class FieldDifference:
    title: str
    lines: tuple[tuple[Change, str], ...]


def compare(old: ArticleText, new: ArticleText, zone: tzinfo) -> list[FieldDifference]:
    """The fields that differ, in the order of the edit page; ``zone`` is the company's."""
    before, after = _fields(old, zone), _fields(new, zone)
    return [
        FieldDifference(title, tuple(folded(changed_lines(before[title], after[title]))))
        for title in before
        if before[title] != after[title]
    ]


def changed_lines(old: Sequence[str], new: Sequence[str]) -> list[tuple[Change, str]]:
    found: list[tuple[Change, str]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [(Change.SAME, line) for line in old[i1:i2]]
        else:
            found += [(Change.REMOVED, line) for line in old[i1:i2]]
            found += [(Change.ADDED, line) for line in new[j1:j2]]
    return found


def folded(lines: Sequence[tuple[Change, str]]) -> list[tuple[Change, str]]:
    """Of many lines in a row that are the same only those next to a change are left."""
    found: list[tuple[Change, str]] = []
    runs = [list(run) for _, run in groupby(lines, key=lambda line: line[0] is Change.SAME)]
    for number, run in enumerate(runs):
        head = AROUND if number > 0 else 0
        tail = AROUND if number < len(runs) - 1 else 0
        hidden = len(run) - head - tail
        if run[0][0] is Change.SAME and hidden > 1:
            run[head : head + hidden] = [(Change.FOLDED, str(hidden))]
        found += run
    return found


def _fields(text: ArticleText, zone: tzinfo) -> dict[str, Sequence[str]]:
    return {
        FIELDS["title"]: [text.title],
        FIELDS["body"]: text.body.split("\n"),
        FIELDS["short"]: text.short.split("\n") if text.short else [],
        FIELDS["questions"]: text.questions,
        FIELDS["buttons"]: [
            f"{button.label} → {button.url or ACTIONS.get(button.intent, button.intent)}"
            for button in text.buttons
        ],
        "Для кого": [AUDIENCES[text.audience]],
        FIELDS["valid_from"]: _moment(text.valid_from, zone),
        FIELDS["valid_until"]: _moment(text.valid_until, zone),
        FIELDS["review_by"]: [f"{text.review_by:%d.%m.%Y}"] if text.review_by else [],
        "Основание": text.legal_basis,
        "Метки": text.tags,
    }


def _moment(moment: datetime | None, zone: tzinfo) -> list[str]:
    return [f"{moment.astimezone(zone):%d.%m.%Y %H:%M}"] if moment else []
