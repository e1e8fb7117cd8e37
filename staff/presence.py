"""Who is at work: somebody whose browser was used, or kept open at work, a short while ago."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from staff.models import SERVING, Person, StaffSession

AWAY_AFTER = timedelta(minutes=10)


def here(now: datetime) -> ColumnElement[bool]:
    """The condition on ``Person``: active, and seen within the last ten minutes."""
    return Person.active & exists().where(
        StaffSession.person_id == Person.id,
        StaffSession.revoked_at.is_(None),
        StaffSession.pending.is_(False),
        StaffSession.last_seen_at > now - AWAY_AFTER,
    )


async def is_here(session: AsyncSession, person_id: int | None, now: datetime) -> bool:
    found = await session.scalar(select(Person.id).where(Person.id == person_id, here(now)))
    return found is not None


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    name: str
    here: bool


async def at_work(session: AsyncSession, now: datetime) -> list[Colleague]:
    """Whoever can have conversations, those who are here first."""
    present = set((await session.execute(select(Person.id).where(here(now)))).scalars())
    rows = await session.execute(
        select(Person.id, Person.display_name).where(Person.active, Person.role.in_(SERVING))
    )
    people = [Colleague(row.id, row.display_name, row.id in present) for row in rows]
    return sorted(people, key=lambda one: (not one.here, one.name))
