"""Who is at work: somebody whose browser was used, or kept open at work, a short while ago, and who
has not gone for a break."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from staff import audit
from staff.models import SERVING, Person, StaffSession
from storage.database import Transaction

AWAY_AFTER = timedelta(minutes=10)


def here(now: datetime) -> ColumnElement[bool]:
    """The condition on ``Person``: active, seen within the last ten minutes, on no break."""
    return (
        Person.active
        & Person.break_since.is_(None)
        & exists().where(
            StaffSession.person_id == Person.id,
            StaffSession.revoked_at.is_(None),
            StaffSession.pending.is_(False),
            StaffSession.last_seen_at > now - AWAY_AFTER,
        )
    )


async def is_here(session: AsyncSession, person_id: int | None, now: datetime) -> bool:
    found = await session.scalar(select(Person.id).where(Person.id == person_id, here(now)))
    return found is not None


async def set_break(tx: Transaction, person_id: int, *, on: bool) -> None:
    """Begin a break or end it. Whoever takes a conversation or logs in anew has ended his."""
    other = Person.break_since.is_(None) if on else Person.break_since.is_not(None)
    changed = await tx.session.execute(
        update(Person)
        .where(Person.id == person_id, other)
        .values(break_since=tx.now if on else None)
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    )
    if changed.scalar_one_or_none() is not None:
        action = "staff.break_begun" if on else "staff.break_ended"
        audit.record(tx, person_id, action, object_kind="person", object_id=person_id)


async def is_on_break(session: AsyncSession, person_id: int) -> bool:
    since = await session.scalar(select(Person.break_since).where(Person.id == person_id))
    return since is not None


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    name: str
    here: bool
    on_break: bool = False


async def at_work(session: AsyncSession, now: datetime) -> list[Colleague]:
    """Whoever can have conversations, those who are here first."""
    present = set((await session.execute(select(Person.id).where(here(now)))).scalars())
    rows = await session.execute(
        select(Person.id, Person.display_name, Person.break_since).where(
            Person.active, Person.role.in_(SERVING)
        )
    )
    people = [
        Colleague(row.id, row.display_name, row.id in present, row.break_since is not None)
        for row in rows
    ]
    return sorted(people, key=lambda one: (not one.here, one.name))
