"""What differs between two texts of an article, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from knowledge_base.article_text import ArticleText
from knowledge_base.names import ACTIONS, AUDIENCES, FIELDS


class Change(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class FieldDifference:
    title: str
    lines: tuple[tuple[Change, str], ...]


def compare(old: ArticleText, new: ArticleText) -> list[FieldDifference]:
    """The fields that differ, in the order of the edit page."""
    before, after = _fields(old), _fields(new)
    return [
        FieldDifference(title, tuple(changed_lines(before[title], after[title])))
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


def _fields(text: ArticleText) -> dict[str, Sequence[str]]:
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
        FIELDS["valid_from"]: [str(text.valid_from)] if text.valid_from else [],
        FIELDS["valid_until"]: [str(text.valid_until)] if text.valid_until else [],
        FIELDS["review_by"]: [str(text.review_by)] if text.review_by else [],
        "Основание": text.legal_basis,
        "Метки": text.tags,
    }
