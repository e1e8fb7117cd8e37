"""Where a reference table is used: articles that name its variables, answers of the assistant."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.article_text import ArticleText
from knowledge_base.differences import Change, changed_lines
from knowledge_base.models import Article, ArticleVersion, State
from knowledge_base.variables import fill_known, names
from knowledge_base.versions import text_of

_PLACE: Final = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
# Stands for a table's values: what shows it was written with them.
_MARK: Final = "\ufdd0"

# What the assistant says with these variables, each text under its name.
Answers = Callable[[Mapping[str, Any]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Use:
    """``article_id`` None: an answer of the assistant itself. ``lines``: what would read
    differently. ``lost``: variables that would exist no longer."""

    title: str
    article_id: int | None = None
    draft: bool = False
    lines: tuple[tuple[Change, str], ...] = ()
    lost: tuple[str, ...] = ()


async def of_articles(
    session: AsyncSession, key: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Use]:
    """Published articles and drafts that name a variable of ``key``, by title."""
    rows = await session.execute(
        select(Article.id, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .where(ArticleVersion.state.in_((State.PUBLISHED, State.DRAFT)))
    )
    known = {name for name, _ in names(after)}
    found = []
    for article_id, version in rows:
        source = _source(text_of(version))
        used = {name for name in _PLACE.findall(source) if name.partition(".")[0] == key}
        if used:
            found.append(
                Use(
                    version.title,
                    article_id,
                    draft=version.state == State.DRAFT,
                    lines=_changed(fill_known(source, before), fill_known(source, after)),
                    lost=tuple(sorted(used - known)),
                )
            )
    return sorted(found, key=lambda use: (use.title, use.draft))


def of_answers(
    answers: Answers, key: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Use]:
    """The assistant's own texts in which a value of ``key`` stands."""
    old, new = answers(before), answers(after)
    marked = answers({**before, key: dict.fromkeys(before.get(key, ()), _MARK)})
    return [
        Use(title, lines=_changed(old[title], new[title]))
        for title, text in marked.items()
        if _MARK in text
    ]


def lost(uses: Iterable[Use]) -> list[Use]:
    """Published articles that could be shown no more."""
    return [use for use in uses if use.lost and not use.draft]


def _changed(before: str, after: str) -> tuple[tuple[Change, str], ...]:
    """Only the lines that differ."""
    found: Sequence[tuple[Change, str]] = changed_lines(before.split("\n"), after.split("\n"))
    return tuple(one for one in found if one[0] is not Change.SAME and one[1].strip())


def _source(text: ArticleText) -> str:
    buttons = (part for button in text.buttons for part in (button.label, button.url))
    return "\n".join((text.title, text.short, text.body, *buttons))
