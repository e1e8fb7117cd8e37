"""Which hours are in force: the last that an administrator has saved, else those of the profile.

One ``HoursInForce`` is shared by everything in the process that asks for the time; it changes when
the hours do. Other processes are woken, and look now and then without a sign.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select

from handoff.models import CalendarChange
from handoff.working_time.calendar import HoursInForce, WorkingHours
from staff import audit
from staff.models import Person
from storage.database import Database
from storage.signals import Signals

SIGNAL = "calendar"
SWEEP_SECONDS = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """``hours`` as the profile has them, None: back to the profile's."""

    hours: Mapping[str, Any] | None
    by: str
    at: datetime


class OfficeHours:
    """``profile``: the hours of the profile's file, as YAML has them."""

    def __init__(
        self,
        database: Database,
        signals: Signals,
        in_force: HoursInForce,
        profile: Mapping[str, Any],
    ) -> None:
        self._database = database
        self._signals = signals
        self.in_force = in_force
        self.profile = profile

    async def last(self) -> Change | None:
        """The last change; None while the profile's have never been touched."""
        async with self._database.read() as session:
            row = (
                await session.execute(
                    select(CalendarChange, Person.display_name)
                    .join(Person, Person.id == CalendarChange.created_by)
                    .order_by(CalendarChange.id.desc())
                    .limit(1)
                )
            ).one_or_none()
        return Change(row[0].hours, row[1], row[0].created_at) if row else None

    async def load(self) -> None:
        """Take over what is saved."""
        change = await self.last()
        given = change.hours if change is not None and change.hours else self.profile
        self.in_force.become(WorkingHours.from_profile(given, self.in_force.zone))

    async def save(self, hours: Mapping[str, Any] | None, by: int) -> None:
        """From now on these, or the profile's; here at once. Raises WrongHours."""
        if hours is not None:
            WorkingHours.from_profile(hours, self.in_force.zone)
        async with self._database.write() as tx:
            tx.session.add(
                CalendarChange(
                    hours=dict(hours) if hours else None, created_by=by, created_at=tx.now
                )
            )
            audit.record(tx, by, "calendar.changed", data={"hours": dict(hours) if hours else None})
            self._signals.wake(tx, SIGNAL)
        await self.load()

    async def follow(
        self, stop: asyncio.Event, then: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Keep up with other processes until ``stop``; ``then`` runs after each look."""
        waiter = self._signals.subscribe(SIGNAL)
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                pause = asyncio.create_task(waiter.wait(SWEEP_SECONDS))
                await asyncio.wait({stopping, pause}, return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
                try:
                    await self.load()
                    if then is not None:
                        await then()
                except Exception:
                    log.exception("calendar.not_loaded")
        finally:
            stopping.cancel()
            self._signals.unsubscribe(SIGNAL, waiter)
