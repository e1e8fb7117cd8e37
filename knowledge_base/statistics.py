"""How an article does: shown, found helpful, followed by an operator, week by week."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.gaps.models import ArticleShown

WEEKS = 12
# Shares of fewer answers say nothing.
LEAST_RATED = 5
PERIOD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Week:
    """``begins``: its Monday in the company's zone. ``rated``: who said whether it helped."""

    begins: date
    shown: int = 0
    rated: int = 0
    helpful: int = 0
    handed_over: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """The last weeks, the oldest first, also those without an answer."""

    weeks: tuple[Week, ...]

    @property
    def shown(self) -> int:
        return sum(week.shown for week in self.weeks)

    @property
    def rated(self) -> int:
        return sum(week.rated for week in self.weeks)

    @property
    def helpful(self) -> int | None:
        """Per cent of those who said; None when nobody did."""
        if not self.rated:
            return None
        return round(100 * sum(week.helpful for week in self.weeks) / self.rated)

    @property
    def handed_over(self) -> int | None:
        """Per cent of the times it was shown; None when it never was."""
        if not self.shown:
            return None
        return round(100 * sum(week.handed_over for week in self.weeks) / self.shown)


async def of_topic(
    session: AsyncSession, topic: str, *, now: datetime, zone: ZoneInfo
) -> Statistics:
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=zone)
    rows = await session.execute(
        select(ArticleShown.shown_at, ArticleShown.helpful, ArticleShown.handed_over).where(
            ArticleShown.topic == topic, ArticleShown.shown_at >= since
        )
    )
    counts = [[0, 0, 0, 0] for _ in range(WEEKS)]
    for shown_at, helpful, handed_over in rows:
        week = counts[(shown_at.astimezone(zone).date() - first).days // 7]
        week[0] += 1
        week[1] += helpful is not None
        week[2] += bool(helpful)
        week[3] += handed_over
    return Statistics(
        tuple(Week(first + timedelta(weeks=n), *found) for n, found in enumerate(counts))
    )


async def helpful_shares(session: AsyncSession, *, now: datetime) -> dict[str, int]:
    """Per cent of helpful answers of each topic that was rated often enough lately."""
    rated = func.count(ArticleShown.helpful)
    helpful = func.sum(case((ArticleShown.helpful.is_(True), 1), else_=0))
    rows = await session.execute(
        select(ArticleShown.topic, rated, helpful)
        .where(ArticleShown.shown_at >= now - PERIOD)
        .group_by(ArticleShown.topic)
        .having(rated >= LEAST_RATED)
    )
    return {topic: round(100 * int(yes) / count) for topic, count, yes in rows}
