"""Editors are reminded of articles that are about to end: once 14 days before, once 3 days before,
and when the article is shown no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from knowledge_base.entrusting import concerns
from knowledge_base.models import Article, ArticleReminder, ArticleVersion, State
from knowledge_base.terms import last_day, stage
from storage.database import Database, Transaction
from storage.jobs import Handler, schedule

JOB: Final = "kb.reminders"
REMINDED_EVENT: Final = "kb.reminded"
HOUR: Final = time(8, 0)


@dataclass(frozen=True, slots=True)
class Reminder:
    """``days_left`` below 0: customers are shown it no more."""

    id: int
    article_id: int
    title: str
    last_day: date
    days_left: int


class Reminders:
    """The morning's work, and what of it an editor has not read yet. Days are the company's."""

    def __init__(self, database: Database, events: Events, zone: ZoneInfo) -> None:
        self._database = database
        self._events = events
        self._zone = zone

    def jobs(self) -> Mapping[str, Handler]:
        return {JOB: self.run}

    async def begin(self) -> None:
        """At the start of a process: look at once, then every morning."""
        async with self._database.write() as tx:
            await schedule(tx, JOB, "daily", tx.now)

    async def run(self, tx: Transaction, _payload: dict[str, Any]) -> None:
        today = self._today(tx.now)
        fresh = False
        for article_id, _, end in await _ends(tx.session, self._zone):
            reached = stage(end, today)
            if reached is not None and await _remind(tx, article_id, end, reached):
                fresh = True
        if fresh:
            self._events.emit(tx, REMINDED_EVENT)
        tomorrow = datetime.combine(today + timedelta(days=1), HOUR, self._zone)
        await schedule(tx, JOB, "daily", tomorrow)

    async def unread(self, session: AsyncSession, person_id: int) -> list[Reminder]:
        """What this person is to look at, the nearest end first. An article that has got another
        end meanwhile is none of it."""
        today = self._today(self._database.clock.now())
        ends = {row_id: (title, end) for row_id, title, end in await _ends(session, self._zone)}
        rows = await session.execute(
            select(ArticleReminder)
            .join(Article, Article.id == ArticleReminder.article_id)
            .where(ArticleReminder.seen_at.is_(None), concerns(Article.responsible_id, person_id))
            .order_by(ArticleReminder.last_day, ArticleReminder.stage.desc())
        )
        found: dict[int, Reminder] = {}
        for row in rows.scalars():
            title, end = ends.get(row.article_id, ("", None))
            if end == row.last_day:
                found[row.article_id] = Reminder(
                    row.id, row.article_id, title, end, (end - today).days
                )
        return list(found.values())

    async def mark_seen(self, reminder_id: int, person_id: int) -> None:
        """Together with the earlier ones of the same end."""
        async with self._database.write() as tx:
            row = await tx.session.get(ArticleReminder, reminder_id)
            if row is None:
                return
            concerned = await tx.session.scalar(
                select(Article.id).where(
                    Article.id == row.article_id, concerns(Article.responsible_id, person_id)
                )
            )
            if concerned is None:
                return
            await tx.session.execute(
                update(ArticleReminder)
                .where(
                    ArticleReminder.article_id == row.article_id,
                    ArticleReminder.stage >= row.stage,
                    ArticleReminder.last_day == row.last_day,
                )
                .values(seen_at=tx.now)
                .execution_options(synchronize_session=False)
            )

    def _today(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()


async def _ends(session: AsyncSession, zone: ZoneInfo) -> list[tuple[int, str, date]]:
    """Published articles that have an end: id, title, last day."""
    rows = await session.execute(
        select(
            ArticleVersion.article_id, ArticleVersion.title, ArticleVersion.review_by,
            ArticleVersion.valid_until,
        ).where(ArticleVersion.state == State.PUBLISHED)
    )  # fmt: skip
    return [
        (article_id, title, end)
        for article_id, title, review_by, valid_until in rows
        if (end := last_day(review_by, valid_until, zone)) is not None
    ]


async def _remind(tx: Transaction, article_id: int, end: date, reached: int) -> bool:
    """Whether it is told for the first time."""
    values = {"article_id": article_id, "last_day": end, "stage": reached, "created_at": tx.now}
    added = await tx.session.execute(
        (sqlite_insert if tx.is_sqlite else postgres_insert)(ArticleReminder)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["article_id", "last_day", "stage"])
        .returning(ArticleReminder.id)
    )
    return added.scalar_one_or_none() is not None
