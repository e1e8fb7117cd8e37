"""The audit log: who did what to which object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from staff.models import AuditEntry, Person
from storage.database import Transaction

PAGE = 100


def record(
    tx: Transaction,
    person_id: int | None,
    action: str,
    *,
    object_kind: str | None = None,
    object_id: int | str | None = None,
    **data: Any,
) -> None:
    """Write the entry with ``tx``. ``action`` is dotted: «staff.logged_in», «account.viewed».

    ``data`` takes ids and codes only: no names, phones, texts.
    """
    tx.session.add(
        AuditEntry(
            at=tx.now,
            person_id=person_id,
            action=action,
            object_kind=object_kind,
            object_id=None if object_id is None else str(object_id),
            data=data,
        )
    )


async def is_recorded(
    session: AsyncSession,
    person_id: int,
    action: str,
    *,
    object_kind: str,
    object_id: int | str,
    since: datetime,
) -> bool:
    """Whether this person has done it to this object since then."""
    found = await session.scalar(
        select(AuditEntry.id)
        .where(
            AuditEntry.object_kind == object_kind,
            AuditEntry.object_id == str(object_id),
            AuditEntry.action == action,
            AuditEntry.person_id == person_id,
            AuditEntry.at > since,
        )
        .limit(1)
    )
    return found is not None


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: datetime
    who: str
    action: str
    object_kind: str
    object_id: str


async def entries(
    session: AsyncSession,
    *,
    person_id: int | None = None,
    prefix: str = "",
    before: int | None = None,
    about: tuple[str, str] | None = None,
) -> Sequence[Entry]:
    """The newest first. ``prefix`` of the action; ``before``: older than this id; ``about``: kind
    and id of the object."""
    statement = select(AuditEntry, Person.display_name).outerjoin(
        Person, Person.id == AuditEntry.person_id
    )
    if person_id is not None:
        statement = statement.where(AuditEntry.person_id == person_id)
    if prefix:
        statement = statement.where(AuditEntry.action.startswith(prefix, autoescape=True))
    if about is not None:
        kind, number = about
        statement = statement.where(AuditEntry.object_kind == kind, AuditEntry.object_id == number)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    rows = await session.execute(statement.order_by(AuditEntry.id.desc()).limit(PAGE))
    return [
        Entry(
            row.AuditEntry.id, row.AuditEntry.at, row.display_name or "", row.AuditEntry.action,
            row.AuditEntry.object_kind or "", row.AuditEntry.object_id or "",
        )
        for row in rows
    ]  # fmt: skip
