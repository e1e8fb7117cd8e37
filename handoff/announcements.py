"""«Объявление»: what everybody asks about during a mass incident, told before they ask.

Shown once in a conversation, before answers about its topics and before an operator is called.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handoff.models import Announcement
from staff import audit
from storage.database import Database, Transaction

# How soon a new one is told everywhere.
FRESH = timedelta(seconds=5)
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Told:
    """``topics`` and ``channels`` are empty for all of them; a trailing «*» in a topic stands for
    the rest of its name."""

    id: int
    text: str
    topics: tuple[str, ...]
    channels: tuple[str, ...]

    def fits(self, asked: Collection[str], channel: str) -> bool:
        """``asked``: the intents of a message; «operator» concerns every announcement."""
        if self.channels and channel not in self.channels:
            return False
        if "operator" in asked:
            return True
        return any(not self.topics or _is_one_of(intent, self.topics) for intent in asked)


class Announcements:
    """Those in force, read anew from the database every few seconds at most."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read_at: datetime | None = None
        self._current: Sequence[Told] = ()

    async def current(self, now: datetime) -> Sequence[Told]:
        if self._read_at is None or not self._read_at <= now < self._read_at + FRESH:
            async with self._database.read() as session:
                rows = await in_force(session, now)
            self._current = [
                Told(row.id, row.text, tuple(row.topics), tuple(row.channels)) for row in rows
            ]
            self._read_at = now
        return self._current


async def in_force(session: AsyncSession, now: datetime) -> list[Announcement]:
    rows = await session.execute(
        select(Announcement)
        .where(
            Announcement.starts_at <= now,
            Announcement.ended_at.is_(None),
            or_(Announcement.ends_at.is_(None), Announcement.ends_at > now),
        )
        .order_by(Announcement.id)
    )
    return list(rows.scalars())


async def not_over(session: AsyncSession, now: datetime) -> list[Announcement]:
    """In force or still to come."""
    rows = await session.execute(
        select(Announcement)
        .where(
            Announcement.ended_at.is_(None),
            or_(Announcement.ends_at.is_(None), Announcement.ends_at > now),
        )
        .order_by(Announcement.starts_at)
    )
    return list(rows.scalars())


async def announce(
    tx: Transaction,
    *,
    text: str,
    topics: Sequence[str],
    channels: Sequence[str],
    starts_at: datetime,
    ends_at: datetime | None,
    by: int,
) -> None:
    row = Announcement(
        text=text, topics=list(topics), channels=list(channels), starts_at=starts_at,
        ends_at=ends_at, created_by=by, created_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    audit.record(tx, by, "announcement.made", object_kind="announcement", object_id=row.id)


async def end(tx: Transaction, announcement_id: int, *, by: int) -> None:
    await tx.session.execute(
        update(Announcement)
        .where(Announcement.id == announcement_id, Announcement.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    audit.record(
        tx, by, "announcement.ended", object_kind="announcement", object_id=announcement_id
    )


def _is_one_of(intent: str, topics: Sequence[str]) -> bool:
    return any(
        intent.startswith(topic[:-1]) if topic.endswith("*") else intent == topic
        for topic in topics
    )
