"""The clocks of answers: started, stopped and checked here and nowhere else.

A stay with the operators has at most one running clock of each kind. What is owed to the customer
now is the running clock of the first or the next answer; the stay's ``next_due_at`` and
``rank_at`` follow it. Clocks are looked at by due work (``sweep``), never by timers in memory.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, case, select, update

from conversations.events import Events
from conversations.service import lock
from handoff.models import AnswerClock, ClockKind, CloseReason, Handoff, Outcome
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.clock import SOON, rank
from storage import jobs
from storage.database import Transaction

JOB = "handoff.clocks"
ANSWERS = (ClockKind.FIRST_ANSWER, ClockKind.NEXT_ANSWER)
# Clocks that fall due within one step are looked at together.
STEP_SECONDS = 5
BATCH = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """``answer``: working time to each answer; ``matter_days``: working days to the end of it."""

    answer: timedelta
    matter_days: int = 1


class Clocks:
    def __init__(
        self,
        hours: WorkingHours,
        terms: Terms,
        events: Events,
        owed: Callable[[Transaction], Awaitable[None]],
    ) -> None:
        """``owed`` is called when an answer begins to be owed."""
        self._owed = owed
        self.hours = hours
        self.terms = terms
        self._events = events

    def due(self, kind: str, started_at: datetime) -> datetime:
        """When an answer of this kind is due, by today's calendar."""
        if kind == ClockKind.MATTER:
            return self.hours.add_working_days(started_at, self.terms.matter_days)
        return self.hours.add_working_time(started_at, self.terms.answer)

    async def begin(self, tx: Transaction, stay: Handoff) -> None:
        """Start the clocks of a new stay: the first answer and the whole matter."""
        await self._start(tx, stay, ClockKind.FIRST_ANSWER, stay.first_due_at)
        await self._start(tx, stay, ClockKind.MATTER, self.due(ClockKind.MATTER, tx.now))

    async def owe(self, tx: Transaction, stay: Handoff) -> datetime:
        """The due time of the answer that is owed: that of the earliest unanswered line."""
        if stay.next_due_at is None:
            due_at = self.due(ClockKind.NEXT_ANSWER, tx.now)
            await self._start(tx, stay, ClockKind.NEXT_ANSWER, due_at)
            self._emit(tx, "handoff.owed", stay)
        else:
            await self._hurry(tx, stay)
        return cast(datetime, stay.next_due_at)

    async def _hurry(self, tx: Transaction, stay: Handoff) -> None:
        """A promise of later days does not put off the answer to a new question."""
        due_at = self.due(ClockKind.NEXT_ANSWER, tx.now)
        if stay.next_due_at is None or stay.next_due_at <= due_at:
            return
        nearer = await tx.session.execute(
            update(AnswerClock)
            .where(*_running(stay, ANSWERS), AnswerClock.promised, AnswerClock.due_at > due_at)
            .values(due_at=due_at, started_at=tx.now, promised=False)
            .returning(AnswerClock.id)
            .execution_options(synchronize_session=False)
        )
        if nearer.scalar_one_or_none() is not None:
            self._show(stay, due_at)
            await self._watch(tx, due_at)
            self._emit(tx, "handoff.owed", stay)

    async def promise(self, tx: Transaction, stay: Handoff, due_at: datetime) -> None:
        """The customer was told a date: nothing is owed until then, the matter waits for it."""
        await self.answered(tx, stay)
        await tx.session.execute(
            update(AnswerClock)
            .where(*_running(stay, (ClockKind.MATTER,)))
            .values(due_at=due_at, promised=True, paused_at=tx.now)
            .execution_options(synchronize_session=False)
        )

    async def promise_is_near(self, tx: Transaction, stay: Handoff, due_at: datetime) -> None:
        """The day has come: the promised answer is owed now."""
        await tx.session.execute(
            update(AnswerClock)
            .where(*_running(stay, (ClockKind.MATTER,)))
            .values(paused_at=None)
            .execution_options(synchronize_session=False)
        )
        if stay.next_due_at is None:
            await self._start(tx, stay, ClockKind.NEXT_ANSWER, due_at, promised=True)
            self._emit(tx, "handoff.owed", stay)

    async def unanswered(self, tx: Transaction, stay: Handoff, answered_at: datetime) -> None:
        """The answer of that moment was called back: what it had ended runs on as before."""
        rows = await tx.session.execute(
            select(AnswerClock)
            .where(
                AnswerClock.handoff_id == stay.id,
                AnswerClock.kind.in_(ANSWERS),
                AnswerClock.ended_at == answered_at,
            )
            .order_by(AnswerClock.id)
        )
        for clock in rows.scalars():
            clock.ended_at = None
            clock.outcome = Outcome.MISSED if clock.due_at <= tx.now else None
            self._show(stay, clock.due_at)
            await self._watch(tx, clock.due_at)

    async def answered(self, tx: Transaction, stay: Handoff) -> None:
        """The customer has what he waited for."""
        await self._settle(tx, stay, Outcome.MET)

    async def waived(self, tx: Transaction, stay: Handoff) -> None:
        """It was judged that nothing is owed: no answer, so none in time either."""
        await self._settle(tx, stay, Outcome.DROPPED)

    async def _settle(self, tx: Transaction, stay: Handoff, outcome: Outcome) -> None:
        await self._stop(tx, stay, ANSWERS, outcome)
        stay.next_due_at = stay.rank_at = None

    async def end(self, tx: Transaction, stay: Handoff, reason: CloseReason) -> None:
        """The stay is over: nothing runs any more. An answer nobody gave is no met promise."""
        await self._stop(tx, stay, ANSWERS, Outcome.DROPPED)
        by_customer = reason is CloseReason.CUSTOMER
        outcome = Outcome.DROPPED if by_customer else Outcome.MET
        await self._stop(tx, stay, (ClockKind.MATTER,), outcome)
        stay.next_due_at = stay.rank_at = None

    async def sweep(self, tx: Transaction) -> bool:
        """Due work: mark what has little time left and what is late, and tell the pages; whether
        an answer has become late."""
        rows = await tx.session.execute(
            select(AnswerClock, Handoff)
            .join(Handoff, Handoff.id == AnswerClock.handoff_id)
            .where(
                AnswerClock.ended_at.is_(None),
                AnswerClock.paused_at.is_(None),
                AnswerClock.outcome.is_(None),
                AnswerClock.due_at <= tx.now + SOON,
                (AnswerClock.due_at <= tx.now) | AnswerClock.warned_at.is_(None),
            )
            .order_by(AnswerClock.due_at)
            .limit(BATCH)
            .with_for_update(of=AnswerClock)
        )
        found = rows.all()
        answers_late = False
        for clock, stay in found:
            late = clock.due_at <= tx.now
            clock.warned_at = clock.warned_at or tx.now
            if late:
                clock.outcome = Outcome.MISSED
            if clock.kind != ClockKind.MATTER:
                answers_late |= late
                self._emit(tx, "handoff.late" if late else "handoff.soon", stay)
        if len(found) == BATCH:
            await self._look_at(tx, tx.now)
        return answers_late

    async def recompute(self, tx: Transaction) -> int:
        """Bring running clocks to today's calendar; how many there were of another one.

        What has been missed stays missed, and dates told to the customer stay as told.
        """
        outdated = (
            AnswerClock.ended_at.is_(None),
            AnswerClock.promised.is_(False),
            AnswerClock.calendar != self.hours.version,
        )
        concerned = await tx.session.execute(
            select(AnswerClock.conversation_id).where(*outdated).distinct().limit(BATCH)
        )
        locked = await lock(tx, concerned.scalars())
        rows = await tx.session.execute(
            select(AnswerClock, Handoff)
            .join(Handoff, Handoff.id == AnswerClock.handoff_id)
            .where(*outdated, AnswerClock.conversation_id.in_(locked))
            .execution_options(populate_existing=True)
        )
        found = rows.all()
        for clock, stay in found:
            clock.calendar = self.hours.version
            clock.due_at = self.due(clock.kind, clock.started_at)
            if clock.outcome is None:
                clock.warned_at = None
            if clock.kind in ANSWERS:
                self._show(stay, clock.due_at)
                self._emit(tx, "handoff.owed", stay)
            if clock.kind == ClockKind.FIRST_ANSWER:
                stay.first_due_at = clock.due_at
            await self._watch(tx, clock.due_at)
        return len(found)

    async def _start(
        self,
        tx: Transaction,
        stay: Handoff,
        kind: ClockKind,
        due_at: datetime,
        *,
        promised: bool = False,
    ) -> None:
        tx.session.add(
            AnswerClock(
                conversation_id=stay.conversation_id,
                handoff_id=stay.id,
                kind=kind,
                started_at=tx.now,
                due_at=due_at,
                promised=promised,
                calendar=self.hours.version,
            )
        )
        if kind in ANSWERS:
            self._show(stay, due_at)
        await tx.session.flush()
        await self._watch(tx, due_at)

    async def _stop(
        self, tx: Transaction, stay: Handoff, kinds: Collection[ClockKind], outcome: Outcome
    ) -> None:
        # What nobody looked at in time is late all the same.
        late = (AnswerClock.due_at < tx.now) | (AnswerClock.outcome == Outcome.MISSED)
        await tx.session.execute(
            update(AnswerClock)
            .where(*_running(stay, kinds))
            .values(
                ended_at=tx.now,
                paused_at=None,
                outcome=case((late, Outcome.MISSED.value), else_=outcome.value),
            )
            .execution_options(synchronize_session=False)
        )

    async def _watch(self, tx: Transaction, due_at: datetime) -> None:
        await self._owed(tx)
        for moment in (due_at - SOON, due_at):
            await self._look_at(tx, moment)

    async def _look_at(self, tx: Transaction, moment: datetime) -> None:
        """One job for all clocks of the same step; never at a time that is over."""
        at = max(moment, tx.now).timestamp()
        step = (int(at) // STEP_SECONDS + 1) * STEP_SECONDS
        await jobs.schedule(tx, JOB, "all", datetime.fromtimestamp(step, tz=tx.now.tzinfo))

    def _show(self, stay: Handoff, due_at: datetime) -> None:
        stay.next_due_at = due_at
        stay.rank_at = rank(due_at, stay.reason, stay.summary)

    def _emit(self, tx: Transaction, kind: str, stay: Handoff) -> None:
        self._events.emit(
            tx, kind, conversation_id=stay.conversation_id, handoff=stay.id,
            group=stay.group_id, operator=stay.operator_id,
        )  # fmt: skip


def _running(stay: Handoff, kinds: Collection[ClockKind]) -> tuple[ColumnElement[bool], ...]:
    return (
        AnswerClock.handoff_id == stay.id,
        AnswerClock.kind.in_(kinds),
        AnswerClock.ended_at.is_(None),
    )
