"""What a customer who asks for an operator is promised: a clock time, later when that is honest."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handoff.models import AnswerClock, ClockKind, Handoff, HandoffState, Outcome
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.load import Answered, Load, honest, pace
from staff.models import SERVING, Person
from staff.presence import here
from storage.database import Database

# How soon what has changed is told.
FRESH = timedelta(seconds=10)
PERIOD = timedelta(days=7)
MOST_ANSWERS = 500


def promise(hours: WorkingHours, now: datetime, due: datetime) -> str:
    """«Оператор ответит до 14:20.»; when that is not today or nobody works, with the schedule;
    when it is over, an apology."""
    by = hours.clock_time(due, now)
    if due <= now:
        return f"Извините, оператор задерживается: обещали {by}. Старший смены об этом знает."
    if hours.is_open(now) and by.startswith("до "):
        return f"Оператор ответит {by}."
    return f"Операторы работают {hours.text()}. Вам ответят {by}."


class Promises:
    """``due`` is what a customer who asks now is to be told, ``told`` puts it into words. What
    they know of the load is at most ``FRESH`` old where ``look`` is called before."""

    def __init__(self, database: Database, hours: WorkingHours, answer_within: timedelta) -> None:
        self._database = database
        self._hours = hours
        self.answer_within = answer_within
        self._load = Load()
        self._looked_at: datetime | None = None

    async def look(self, now: datetime) -> None:
        if self._looked_at is not None and self._looked_at <= now < self._looked_at + FRESH:
            return
        async with self._database.read() as session:
            self._load = await load_of(session, now)
        self._looked_at = now

    def due(self, now: datetime, *, first: bool = False) -> datetime:
        """``first``: danger to life, which nobody stands before."""
        load = Load(0, self._load.operators, self._load.pace) if first else self._load
        return self._hours.add_working_time(now, honest(self.answer_within, load))

    def told(self, now: datetime, due: datetime) -> str:
        return promise(self._hours, now, due)


async def load_of(session: AsyncSession, now: datetime) -> Load:
    """While nobody is here, those who answered in the last days are counted on."""
    ahead = await session.scalar(
        select(func.count()).where(
            Handoff.state != HandoffState.CLOSED,
            Handoff.next_due_at.is_not(None),
            Handoff.snoozed_at.is_(None),
        )
    )
    rows = await session.execute(
        select(Handoff.operator_id, AnswerClock.started_at, AnswerClock.ended_at)
        .join(Handoff, Handoff.id == AnswerClock.handoff_id)
        .where(
            AnswerClock.started_at > now - PERIOD,
            AnswerClock.kind.in_((ClockKind.FIRST_ANSWER, ClockKind.NEXT_ANSWER)),
            AnswerClock.outcome.in_((Outcome.MET, Outcome.MISSED)),
            AnswerClock.ended_at.is_not(None),
        )
        .order_by(AnswerClock.started_at.desc())
        .limit(MOST_ANSWERS)
    )
    answers = [
        Answered(operator, started, ended)
        for operator, started, ended in rows
        if operator is not None and ended is not None
    ]
    present = await session.scalar(select(func.count()).where(here(now), Person.role.in_(SERVING)))
    operators = present or len({one.operator_id for one in answers})
    return Load(ahead or 0, max(operators, 1), pace(answers))
