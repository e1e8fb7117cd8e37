"""What the editors' pages show of the articles: reads only."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from knowledge_base import scheduling, statistics
from knowledge_base.article_text import fold
from knowledge_base.errors import ArticleUnknown
from knowledge_base.models import Article, ArticleVersion, State
from knowledge_base.names import SECTIONS, section_of
from knowledge_base.search import Document, SearchIndex
from knowledge_base.terms import is_outdated, last_day
from knowledge_base.versions import latest

# Below so many per cent an article wants another look.
UNHELPFUL = 60
# So long before its end an article is marked, and the nearer the end the more so.
WARNED = timedelta(days=14)


class Status(StrEnum):
    """An article at a glance."""

    PUBLISHED = "published"
    CHANGED = "changed"  # published, with a newer draft beside it
    DRAFT = "draft"  # never published
    OFF = "off"  # published, but outside its dates or not reviewed in time


@dataclass(frozen=True, slots=True)
class Row:
    """``title`` and the rest are of the newest version, which takes the place of the published one
    at ``comes_at``. ``days_left``: until the published one
    is shown no more, when that is near. ``helpful``: per cent of the customers
    who said whether it helped; None when too few did."""

    id: int
    topic: str
    section: str
    title: str
    status: Status
    questions: int
    review_by: date | None
    overdue: bool
    author_id: int | None
    saved_at: datetime
    audience: str
    helpful: int | None
    days_left: int | None
    submitted: bool = False
    comes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """``text``: words that all must occur; the empty values let everything through.

    ``unhelpful``: customers say too often that it did not help.
    """

    text: str = ""
    section: str = ""
    status: str = ""
    overdue: bool = False
    audience: str = ""
    unhelpful: bool = False

    @property
    def is_empty(self) -> bool:
        return self == Filter()


async def articles(
    session: AsyncSession, wanted: Filter, *, now: datetime, zone: tzinfo
) -> list[Row]:
    """By section, then by title. ``zone`` is the company's."""
    today = now.astimezone(zone).date()
    newest, public = aliased(ArticleVersion), aliased(ArticleVersion)
    statement = (
        select(
            Article.id, Article.topic, newest.title, newest.state, newest.questions,
            newest.review_by, newest.author_id, newest.created_at, newest.audience,
            newest.tags, newest.submitted_at, newest.id,
            public.id, public.valid_from, public.valid_until, public.review_by,
        )
        .join(newest, (newest.article_id == Article.id) & (newest.number == Article.last_number))
        .outerjoin(public, (public.article_id == Article.id) & (public.state == State.PUBLISHED))
    )  # fmt: skip
    for word in fold(wanted.text).split():
        statement = statement.where(
            newest.search.contains(word, autoescape=True)
            | Article.topic.contains(word, autoescape=True)
        )
    helpful = await statistics.helpful_shares(session, now=now)
    awaited = await scheduling.awaited(session)
    rows = []
    for (
        row_id, topic, title, state, questions, review_by, author_id, saved_at, audience,
        tags, submitted_at, newest_id, public_id, valid_from, valid_until, reviewed_by,
    ) in await session.execute(statement):  # fmt: skip
        if public_id is None:
            status = Status.DRAFT
        elif state == State.DRAFT:
            status = Status.CHANGED
        elif (
            (valid_from and now < valid_from)
            or (valid_until and valid_until <= now)
            or is_outdated(reviewed_by, today)
        ):
            status = Status.OFF
        else:
            status = Status.PUBLISHED
        rows.append(
            Row(
                id=row_id, topic=topic, section=section_of(topic, tags), title=title, status=status,
                questions=len(questions), review_by=review_by,
                overdue=review_by is not None and review_by < today,
                author_id=author_id, saved_at=saved_at, audience=audience,
                helpful=helpful.get(topic), submitted=submitted_at is not None,
                comes_at=awaited.get(newest_id),
                days_left=_days_left(last_day(reviewed_by, valid_until, zone), today),
            )
        )  # fmt: skip
    fitting = [row for row in rows if _fits(row, wanted)]
    return sorted(fitting, key=lambda row: (SECTIONS.index(row.section), fold(row.title)))


def _days_left(end: date | None, today: date) -> int | None:
    """Editors are told ``WARNED`` before; the last day is «1»."""
    if end is None or not today <= end < today + WARNED:
        return None
    return (end - today).days + 1


async def similar(
    session: AsyncSession, wanted: Filter, *, now: datetime, zone: tzinfo
) -> list[Row]:
    """For words that stand nowhere as they were typed: articles found by other forms of them,
    through slips, the wrong layout and Latin letters. The best first."""
    found = await session.execute(
        select(Article.topic, ArticleVersion).join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id)
            & (ArticleVersion.number == Article.last_number),
        )
    )
    documents = [
        Document(topic, v.title, v.questions, v.tags, f"{v.short}\n{v.body}") for topic, v in found
    ]
    hits = await asyncio.to_thread(lambda: SearchIndex(documents).search(wanted.text))
    places = {hit.topic: place for place, hit in enumerate(hits)}
    rows = await articles(session, replace(wanted, text=""), now=now, zone=zone)
    return sorted((row for row in rows if row.topic in places), key=lambda row: places[row.topic])


def _fits(row: Row, wanted: Filter) -> bool:
    return (
        (not wanted.section or row.section == wanted.section)
        and (not wanted.status or row.status == wanted.status)
        and (not wanted.overdue or row.overdue)
        and (not wanted.audience or row.audience == wanted.audience)
        and (not wanted.unhelpful or (row.helpful is not None and row.helpful < UNHELPFUL))
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """An article with its newest version, as the edit page begins."""

    id: int
    topic: str
    version: ArticleVersion
    responsible_id: int | None = None
    approver_id: int | None = None


async def open_article(session: AsyncSession, article_id: int) -> Opened:
    """Raises ArticleUnknown."""
    article = await session.get(Article, article_id)
    version = await latest(session, article_id)
    if article is None or version is None:
        raise ArticleUnknown(article_id)
    return Opened(article.id, article.topic, version, article.responsible_id, article.approver_id)


async def open_version(session: AsyncSession, article_id: int, version_id: int) -> ArticleVersion:
    """Raises ArticleUnknown."""
    version = await session.get(ArticleVersion, version_id)
    if version is None or version.article_id != article_id:
        raise ArticleUnknown(version_id)
    return version


async def history(session: AsyncSession, article_id: int) -> Sequence[ArticleVersion]:
    """Every version, the newest first."""
    rows = await session.execute(
        select(ArticleVersion)
        .where(ArticleVersion.article_id == article_id)
        .order_by(ArticleVersion.number.desc())
    )
    return rows.scalars().all()


async def titles(session: AsyncSession) -> dict[str, str]:
    """Every topic with its article's newest title, in the order of the titles."""
    rows = await session.execute(
        select(Article.topic, ArticleVersion.title).join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id)
            & (ArticleVersion.number == Article.last_number),
        )
    )
    return dict(sorted(((row.topic, row.title) for row in rows), key=lambda row: fold(row[1])))


async def by_topics(session: AsyncSession, topics: Collection[str]) -> list[tuple[int, str]]:
    """Ids and newest titles of these topics' articles, in the order of the titles."""
    rows = await session.execute(
        select(Article.id, ArticleVersion.title)
        .join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id)
            & (ArticleVersion.number == Article.last_number),
        )
        .where(Article.topic.in_(topics))
    )
    return sorted(((row.id, row.title) for row in rows), key=lambda row: fold(row[1]))


async def articles_of(
    session: AsyncSession, ids: Collection[int | None]
) -> dict[int, tuple[str, str]]:
    """Topic and newest title of these articles, by id."""
    rows = await session.execute(
        select(Article.id, Article.topic, ArticleVersion.title)
        .join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id)
            & (ArticleVersion.number == Article.last_number),
        )
        .where(Article.id.in_([one for one in ids if one is not None]))
    )
    return {row.id: (row.topic, row.title) for row in rows}
