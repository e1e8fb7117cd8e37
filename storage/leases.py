"""Leases: at most one process does a thing at a time, and another takes over when it dies.

Timed by the database's clock, so that hosts with different clocks agree.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.database import Database, Transaction
from storage.errors import LeaseLost

LEASE_TTL = timedelta(seconds=6)


class Lease(Base):
    """``epoch`` grows with every new holder: work begun under an older one is not continued."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    epoch: Mapped[int]
    expires_at: Mapped[datetime]


_LEASE = cast(Table, Lease.__table__)
# Built once: it is asked with every turn of every sender.
_HELD = (
    update(_LEASE)
    .where(
        _LEASE.c.name == bindparam("of"),
        _LEASE.c.holder == bindparam("by"),
        _LEASE.c.epoch == bindparam("since"),
    )
    .values(epoch=bindparam("since"))
)


async def acquire(database: Database, name: str, holder: str) -> int | None:
    """Take or renew the lease. The epoch, or None while another holds it."""
    insert = sqlite_insert if database.is_sqlite else postgres_insert
    async with database.write(brief=True) as tx:
        now = await _database_now(database, tx)
        values = {"name": name, "holder": holder, "epoch": 1, "expires_at": now + LEASE_TTL}
        same = Lease.holder == holder
        statement = (
            insert(Lease)
            .values(values)
            .on_conflict_do_update(
                index_elements=["name"],
                set_={
                    "holder": holder,
                    "epoch": Lease.epoch + case((same & (Lease.expires_at > now), 0), else_=1),
                    "expires_at": now + LEASE_TTL,
                },
                # Of a later time than any holder can have asked for: the clock was set back since.
                where=same | (Lease.expires_at <= now) | (Lease.expires_at > now + 2 * LEASE_TTL),
            )
        )
        taken = await tx.session.execute(statement.returning(Lease.epoch))
        return taken.scalar_one_or_none()


async def ages(session: AsyncSession, database: Database) -> Mapping[str, float]:
    """For each lease, how many seconds ago it was renewed for the last time; of one that was given
    back, as if it had run out."""
    now = (
        database.clock.now()
        if database.is_sqlite
        else (await session.execute(select(func.clock_timestamp()))).scalar_one()
    )
    rows = await session.execute(select(Lease.name, Lease.expires_at))
    return {name: (now - (expires - LEASE_TTL)).total_seconds() for name, expires in rows}


async def check(tx: Transaction, name: str, holder: str, epoch: int) -> None:
    """Raises LeaseLost unless the lease is still ours; locks its row to the end of ``tx``."""
    of = {"of": name, "by": holder, "since": epoch}
    if (await tx.connection.execute(_HELD, of)).rowcount != 1:
        raise LeaseLost(name)


async def release(database: Database, name: str, holder: str) -> None:
    """Let another process take it at once; the row stays, so that epochs go on growing."""
    async with database.write(brief=True) as tx:
        now = await _database_now(database, tx)
        await tx.session.execute(
            update(Lease).where(Lease.name == name, Lease.holder == holder).values(expires_at=now)
        )


async def _database_now(database: Database, tx: Transaction) -> datetime:
    if database.is_sqlite:
        return tx.now  # one process on one machine: its clock is the database's
    now: datetime = (await tx.session.execute(select(func.clock_timestamp()))).scalar_one()
    return now
