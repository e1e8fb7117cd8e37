"""The company's facts in memory: what is in force today, what comes next, and how they change."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from knowledge_base.company.models import CompanyValue
from knowledge_base.company.tables import TABLES, Row, Rows
from knowledge_base.company.variables import variables_of
from knowledge_base.errors import EditConflict, Problem, Unfit
from knowledge_base.following import STEP_SECONDS, follow
from staff import audit
from storage.database import Database, Transaction
from storage.signals import Signals

log = structlog.get_logger(__name__)

CHANGED_EVENT: Final = "kb.values"
_TARIFFS: Final = "tariffs"


@dataclass(frozen=True, slots=True)
class Value:
    """What a table says from ``since`` on. ``id`` 0: not stored yet, as the profile gives it."""

    id: int
    key: str
    number: int
    rows: Rows
    since: date
    author_id: int | None
    saved_at: datetime | None
    withdrawn: bool = False


class CompanyValues:
    """``given``: the tables of the profile's file, which fill an empty database once; afterwards
    the stored ones are the only truth. Days are the company's (``zone``)."""

    def __init__(
        self, database: Database, events: Events, given: Mapping[str, Rows], zone: ZoneInfo
    ) -> None:
        self._database = database
        self._events = events
        self._given = dict(given)
        self._zone = zone
        self._values: tuple[Value, ...] = ()
        self._mark: object = None
        self._filled: tuple[object, dict[str, Any]] = (None, {})
        self._listeners: list[Callable[[Mapping[str, Rows]], None]] = []
        self._told: Mapping[str, Rows] | None = None

    def on_change(self, listener: Callable[[Mapping[str, Rows]], None]) -> None:
        """``listener`` gets the tables whenever others come into force, a day's change included."""
        self._listeners.append(listener)

    async def begin(self) -> None:
        """Store what the profile gives and nothing is stored of yet; read everything."""
        try:
            async with self._database.write() as tx:
                known = set((await tx.session.execute(select(CompanyValue.key))).scalars())
                new = [
                    _columns(key, 1, rows, self.today(), None, tx.now)
                    for key, rows in self._given.items()
                    if key not in known
                ]
                if new:
                    await tx.session.execute(insert(CompanyValue), new)
        except IntegrityError:
            log.info("knowledge_base.values_stored_by_another_process")
        await self.refresh()

    async def refresh(self) -> bool:
        """Read what was saved since the last look; whether there was something."""
        async with self._database.read() as session:
            row = await session.execute(
                select(func.max(CompanyValue.id), func.count(CompanyValue.withdrawn_at))
            )
            mark = tuple(row.one())
            changed = mark != self._mark
            if changed:
                rows = await session.execute(
                    select(CompanyValue)
                    .where(CompanyValue.withdrawn_at.is_(None))
                    .order_by(CompanyValue.effective_from, CompanyValue.number)
                )
                self._values = tuple(_value(row) for row in rows.scalars())
        self._mark = mark
        self._tell()
        return changed

    async def follow(
        self, signals: Signals, stop: asyncio.Event, *, step: float = STEP_SECONDS
    ) -> None:
        """Look again whenever any process saved something, until ``stop``."""
        await follow(
            self.refresh, signals, stop, failed="knowledge_base.values_not_read", step=step
        )

    def today(self) -> date:
        return self._database.clock.now().astimezone(self._zone).date()

    def in_force(self, key: str, on: date | None = None) -> Value:
        """Raises KeyError for a table that does not exist."""
        day = on or self.today()
        begun = [one for one in self._values if one.key == key and one.since <= day]
        return begun[-1] if begun else self._from_profile(key, day)

    def upcoming(self, key: str) -> list[Value]:
        """What is known of the days to come: one for each day, the next first."""
        today = self.today()
        later = {one.since: one for one in self._values if one.key == key and one.since > today}
        return [later[day] for day in sorted(later)]

    def tables(self, on: date | None = None) -> dict[str, Rows]:
        return {key: self.in_force(key, on).rows for key in TABLES}

    def variables(self) -> dict[str, Any]:
        """What articles may name today; the same object until something changes."""
        today = self.today()
        state = (self._mark, today)
        if self._filled[0] != state:
            self._filled = (state, self.variables_with({}))
        return self._filled[1]

    def variables_with(self, changed: Mapping[str, Rows], on: date | None = None) -> dict[str, Any]:
        """The variables as they would be with these tables, on that day."""
        day = on or self.today()
        later = [one for one in self.upcoming(_TARIFFS) if one.since > day]
        following = (later[0].since, later[0].rows) if later else None
        return variables_of(self.tables(day) | dict(changed), following)

    async def save(
        self,
        key: str,
        rows: Sequence[Row],
        since: date,
        *,
        author_id: int | None,
        base_number: int,
    ) -> None:
        """Have ``key`` say this from ``since`` on. Raises Unfit, EditConflict when something was
        saved after ``base_number``."""
        tidy = check(key, rows, since, self.today())
        try:
            async with self._database.write() as tx:
                if await last_number(tx.session, key) != base_number:
                    raise EditConflict(0)
                await self._store(tx, key, tidy, since, author_id, base_number + 1)
        except IntegrityError as error:
            raise EditConflict(0) from error
        await self.refresh()

    async def withdraw(self, value_id: int, *, author_id: int) -> None:
        """Take back what is not in force yet; what has begun stays in the history."""
        async with self._database.write() as tx:
            taken = await tx.session.execute(
                update(CompanyValue)
                .where(
                    CompanyValue.id == value_id,
                    CompanyValue.effective_from > self.today(),
                    CompanyValue.withdrawn_at.is_(None),
                )
                .values(withdrawn_at=tx.now)
                .returning(CompanyValue.key)
                .execution_options(synchronize_session=False)
            )
            key = taken.scalar_one_or_none()
            if key is not None:
                audit.record(
                    tx, author_id, "values.withdrawn", object_kind="company_value",
                    object_id=value_id, key=key,
                )  # fmt: skip
                self._events.emit(tx, CHANGED_EVENT, key=key)
        await self.refresh()

    async def history(self, key: str) -> list[Value]:
        """Everything that was ever saved of a table, the newest first."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(CompanyValue)
                .where(CompanyValue.key == key)
                .order_by(CompanyValue.number.desc())
            )
            return [_value(row) for row in rows.scalars()]

    async def _store(
        self, tx: Transaction, key: str, rows: Rows, since: date, author_id: int | None, number: int
    ) -> None:
        added = await tx.session.execute(
            insert(CompanyValue)
            .values(**_columns(key, number, rows, since, author_id, tx.now))
            .returning(CompanyValue.id)
        )
        audit.record(
            tx, author_id, "values.saved", object_kind="company_value",
            object_id=added.scalar_one(), key=key, since=since.isoformat(),
        )  # fmt: skip
        self._events.emit(tx, CHANGED_EVENT, key=key)

    def _from_profile(self, key: str, day: date) -> Value:
        return Value(0, key, 0, self._given.get(key, TABLES[key].tidied(())), day, None, None)

    def _tell(self) -> None:
        tables = self.tables()
        if tables != self._told:
            self._told = tables
            for listener in self._listeners:
                listener(tables)


def check(key: str, rows: Sequence[Row], since: date, today: date) -> Rows:
    """The rows as they are stored. Raises Unfit."""
    table = TABLES[key]
    tidy = table.tidied(rows)
    problems = list(table.find_problems(tidy))
    if since < today:
        problems.append(Problem("Дата уже прошла: значения меняются с сегодняшнего дня", "since"))
    if problems:
        raise Unfit(problems)
    return tidy


async def last_number(session: AsyncSession, key: str) -> int:
    """With which number ``key`` was saved last; 0 when it never was."""
    found = await session.execute(
        select(func.max(CompanyValue.number)).where(CompanyValue.key == key)
    )
    return found.scalar_one() or 0


def _columns(
    key: str, number: int, rows: Rows, since: date, author_id: int | None, now: datetime
) -> dict[str, Any]:
    return {
        "key": key,
        "number": number,
        "rows": list(rows),
        "effective_from": since,
        "author_id": author_id,
        "created_at": now,
    }


def _value(row: CompanyValue) -> Value:
    return Value(
        id=row.id,
        key=row.key,
        number=row.number,
        rows=tuple(row.rows),
        since=row.effective_from,
        author_id=row.author_id,
        saved_at=row.created_at,
        withdrawn=row.withdrawn_at is not None,
    )
