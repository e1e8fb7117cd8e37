"""The published base looked at as ``okno kb check`` looks at a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import style, versions
from knowledge_base.across import find_all
from knowledge_base.checks import find_problems
from knowledge_base.errors import Problem
from knowledge_base.files import service as files
from knowledge_base.files.references import references
from knowledge_base.models import Article, ArticleVersion, State
from knowledge_base.names import place_in
from media.errors import FileGone
from media.store import MediaStore


@dataclass(frozen=True, slots=True)
class Checked:
    """Lines as «faq/penalty: Ответ, строка 3: …»: by them an editor finds the place."""

    articles: int
    problems: list[str]
    advice: list[str]


async def check(
    session: AsyncSession, store: MediaStore, values: Mapping[str, Any], today: date
) -> Checked:
    """``values`` are today's variables, ``today`` is the company's day."""
    rows = await session.execute(
        select(Article.topic, ArticleVersion)
        .join(Article, Article.id == ArticleVersion.article_id)
        .where(ArticleVersion.state == State.PUBLISHED)
        .order_by(Article.topic)
    )
    texts = {topic: versions.text_of(row) for topic, row in rows}
    topics = set((await session.execute(select(Article.topic))).scalars())
    known = await files.known(session)
    lost = set()
    for name, facts in known.items():
        try:
            await store.find(facts.digest)
        except FileGone:
            lost.add(name)
    problems: list[str] = []
    advice: list[str] = []
    for topic, text in texts.items():
        found = find_problems(text, values, topics=topics, files=known)
        for field, source in (("body", text.body), ("short", text.short)):
            found += [
                Problem(f"Содержимое файла «{one.name}» утрачено", field, one.line)
                for one in references(source)
                if one.name in lost
            ]
        problems += [_line(topic, problem) for problem in found]
        advice += [_line(topic, problem) for problem in style.advice(text)]
    problems += [_line(topic, problem) for topic, problem in find_all(texts, today)]
    return Checked(len(texts), sorted(problems), advice)


def _line(topic: str, problem: Problem) -> str:
    place = place_in(problem)
    return f"{topic}: {place}: {problem.message}" if place else f"{topic}: {problem.message}"
