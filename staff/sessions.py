"""Logins that last: who is behind a cookie.

A session ends 12 hours after its last use, a week after the login, when it is revoked, and when
its person is made inactive. The token has 256 bits; the database knows only its SHA-256.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.sql.elements import ColumnElement

from staff.devices import UNKNOWN, Device
from staff.models import Person, Role, StaffSession
from storage.database import Database, Transaction

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
# For so long the second factor is waited for.
PENDING = timedelta(minutes=10)
# «Last seen» needs no finer step, and every step is a durable write.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a request. ``csrf`` goes into every form of his pages."""

    session_id: int
    person_id: int
    login: str
    display_name: str
    role: Role
    csrf: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A login that still holds. ``present``: it is the one that asks."""

    id: int
    opened_at: datetime
    seen_at: datetime
    device: Device
    present: bool


async def open_session(
    tx: Transaction, person_id: int, *, device: Device = UNKNOWN, pending: bool = False
) -> str:
    """The token for the cookie; it cannot be had again. ``pending``: until the second factor."""
    token = secrets.token_urlsafe(32)
    tx.session.add(
        StaffSession(
            token_hash=hash_token(token),
            person_id=person_id,
            csrf=secrets.token_urlsafe(32),
            created_at=tx.now,
            last_seen_at=tx.now,
            expires_at=tx.now + (PENDING if pending else IDLE),
            browser=device.browser or None,
            network=device.network or None,
            pending=pending,
        )
    )
    return token


async def find(database: Database, token: str, *, touch: bool) -> SignedIn | None:
    """``touch``: this use keeps the session alive."""
    now = database.clock.now()
    async with database.read() as session:
        row = (
            await session.execute(
                select(StaffSession, Person)
                .join(Person, Person.id == StaffSession.person_id)
                .where(
                    StaffSession.token_hash == hash_token(token),
                    StaffSession.revoked_at.is_(None),
                    StaffSession.pending.is_(False),
                    StaffSession.expires_at > now,
                    Person.active,
                )
            )
        ).one_or_none()
    if row is None:
        return None
    found, person = row
    if touch and now - found.last_seen_at >= TOUCH_EVERY:
        async with database.write() as tx:
            await tx.session.execute(
                update(StaffSession)
                .where(StaffSession.id == found.id, StaffSession.revoked_at.is_(None))
                .values(
                    last_seen_at=tx.now,
                    expires_at=min(tx.now + IDLE, found.created_at + LONGEST),
                )
            )
    return SignedIn(
        session_id=found.id,
        person_id=person.id,
        login=person.login,
        display_name=person.display_name,
        role=Role(person.role),
        csrf=found.csrf,
    )


async def opened(database: Database, me: SignedIn) -> list[OpenSession]:
    """All of his sessions, the present one first, then by their last use."""
    now = database.clock.now()
    async with database.read() as session:
        rows = await session.execute(
            select(StaffSession)
            .where(
                StaffSession.person_id == me.person_id,
                StaffSession.revoked_at.is_(None),
                StaffSession.pending.is_(False),
                StaffSession.expires_at > now,
            )
            .order_by(
                StaffSession.id != me.session_id,
                StaffSession.last_seen_at.desc(),
                StaffSession.id.desc(),
            )
        )
        return [
            OpenSession(
                row.id,
                row.created_at,
                row.last_seen_at,
                Device(row.browser or "", row.network or ""),
                row.id == me.session_id,
            )
            for row in rows.scalars()
        ]


async def revoke(tx: Transaction, *which: ColumnElement[bool]) -> list[int]:
    """End the open sessions that match; the ids of their people."""
    revoked = await tx.session.execute(
        update(StaffSession)
        .where(StaffSession.revoked_at.is_(None), *which)
        .values(revoked_at=tx.now)
        .returning(StaffSession.person_id)
        .execution_options(synchronize_session=False)
    )
    return list(revoked.scalars())


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
