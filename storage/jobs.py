"""Work that is due: rows, not timers, so that a restart forgets nothing.

A job is unique per (kind, key, due time). Whoever runs jobs holds the lease «jobs»; a job that
fails is tried again with growing pauses and stays visible with its error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import Index, Table, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from storage import leases
from storage.base import Base
from storage.database import Database, Transaction

log = structlog.get_logger(__name__)

LEASE = "jobs"
BATCH = 50
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TwoSteps:
    """Work that has to search first: ``look`` only reads, outside the transaction, so that nobody
    waits for it; ``act`` is given what it found, which may have changed meanwhile."""

    look: Callable[[dict[str, Any]], Awaitable[Any]]
    act: Callable[[Transaction, dict[str, Any], Any], Awaitable[None]]


Handler = Callable[[Transaction, dict[str, Any]], Awaitable[None]] | TwoSteps


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key", "due_at"),
        Index("ix_job_open", "run_at", postgresql_where=text("done_at IS NULL"),
              sqlite_where=text("done_at IS NULL")),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    due_at: Mapped[datetime]
    run_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    done_at: Mapped[datetime | None]


_WANTED = "jobs"
_ADD_TO_SQLITE, _ADD_TO_POSTGRES = (
    insert(cast(Table, Job.__table__)).on_conflict_do_nothing(
        index_elements=["kind", "key", "due_at"]
    )
    for insert in (sqlite_insert, postgres_insert)
)


async def schedule(
    tx: Transaction, kind: str, key: str, due_at: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Have ``kind`` done at ``due_at``; asking twice for the same does nothing. Written at the
    end of ``tx``, together with its other jobs."""
    tx.pending.setdefault(_WANTED, []).append(
        {"kind": kind, "key": key, "due_at": due_at, "run_at": due_at, "payload": payload or {},
         "attempts": 0}
    )  # fmt: skip
    tx.before_commit(_WANTED, _add)


async def _add(tx: Transaction) -> None:
    if wanted := tx.pending.pop(_WANTED, []):
        await tx.connection.execute(_ADD_TO_SQLITE if tx.is_sqlite else _ADD_TO_POSTGRES, wanted)


async def cancel(tx: Transaction, kind: str, key: str) -> None:
    await _add(tx)
    await tx.session.execute(
        update(Job)
        .where(Job.kind == kind, Job.key == key, Job.done_at.is_(None))
        .values(done_at=tx.now)
    )


class JobRunner:
    """Runs what is due, each job in a transaction of its own together with its mark."""

    def __init__(
        self, database: Database, handlers: Mapping[str, Handler], *, holder: str, period: float
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._holder = holder
        self._period = period

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if await leases.acquire(self._database, LEASE, self._holder) is not None:
                    while await self.run_due() == BATCH:
                        pass
            except Exception:
                log.exception("storage.jobs_failed")
            try:
                async with asyncio.timeout(self._period):
                    await stop.wait()
            except TimeoutError:
                pass
        await leases.release(self._database, LEASE, self._holder)

    async def run_due(self) -> int:
        """Run one batch; how many jobs there were."""
        async with self._database.read() as session:
            due = list(
                await session.execute(
                    select(Job.id, Job.kind, Job.payload)
                    .where(Job.done_at.is_(None), Job.run_at <= self._database.clock.now())
                    .order_by(Job.run_at)
                    .limit(BATCH)
                )
            )
        for job_id, kind, payload in due:
            await self._run_one(job_id, kind, payload)
        return len(due)

    async def _run_one(self, job_id: int, kind: str, payload: dict[str, Any]) -> None:
        handler = self._handlers[kind]
        try:
            found = await handler.look(payload) if isinstance(handler, TwoSteps) else None
            async with self._database.write() as tx:
                taken = await tx.session.execute(
                    update(Job)
                    .where(Job.id == job_id, Job.done_at.is_(None))
                    .values(done_at=tx.now)
                    .returning(Job.id)
                )
                if taken.scalar_one_or_none() is None:
                    return
                if isinstance(handler, TwoSteps):
                    await handler.act(tx, payload, found)
                else:
                    await handler(tx, payload)
        except Exception as error:
            log.exception("storage.job_failed", job=job_id, kind=kind)
            async with self._database.write() as tx:
                attempts = (
                    await tx.session.execute(select(Job.attempts).where(Job.id == job_id))
                ).scalar_one()
                pause = min(timedelta(seconds=5) * 2**attempts, LONGEST_PAUSE)
                await tx.session.execute(
                    update(Job)
                    .where(Job.id == job_id)
                    .values(
                        attempts=attempts + 1, run_at=tx.now + pause, error=type(error).__name__
                    )
                )


async def count_late(database: Database, grace: timedelta) -> int:
    """How many jobs should have been done more than ``grace`` ago, also those that were tried and
    failed: their next try is always ahead."""
    async with database.read() as session:
        statement = select(func.count()).select_from(Job)
        return (
            await session.execute(
                statement.where(Job.done_at.is_(None), Job.due_at < database.clock.now() - grace)
            )
        ).scalar_one()
