"""What the supervisor's board reads: how it stands now, and the rows of a period."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Author, Conversation, Message, MessageKind
from handoff import first
from handoff.board.figures import Answers, Figures, Ran, Rated, Wrote, by_month, figures
from handoff.inbox import queue
from handoff.inbox.queue import QueueItem, Tab
from handoff.models import AnswerClock, ClockKind, Handoff, HandoffState, Rating
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.clock import SOON
from staff.models import Person, StaffGroup
from staff.presence import at_work

SHOWN = 15
# Literally as in ``ix_message_said_at``: with a parameter the index would not be used.
_OF_CUSTOMERS = Message.author == literal_column(f"'{Author.CUSTOMER}'")
LONGEST_PERIOD = timedelta(days=366)
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Load:
    """``here``: seen within the last ten minutes, on no break; ``owed``: conversations that wait
    for a word."""

    person_id: int
    name: str
    here: bool
    open: int
    owed: int
    on_break: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """``longest_since``: when the one who waits longest for his first answer asked."""

    waiting: int
    soon: int
    late: int
    longest_since: datetime | None
    people: Sequence[Load]
    items: Sequence[QueueItem]

    @property
    def here(self) -> int:
        return sum(one.here for one in self.people)

    @property
    def busy(self) -> int:
        """Of those who are here: who owes somebody an answer."""
        return sum(one.here and one.owed > 0 for one in self.people)


async def now(session: AsyncSession, moment: datetime) -> Now:
    open_ones = Handoff.state != HandoffState.CLOSED
    waiting = Handoff.state == HandoffState.WAITING
    due = Handoff.next_due_at
    row = (
        await session.execute(
            select(
                func.count().filter(waiting),
                func.count().filter(due > moment, due <= moment + SOON),
                func.count().filter(due <= moment),
                func.min(Handoff.requested_at).filter(waiting),
            ).where(open_ones)
        )
    ).one()
    loads = {
        operator: (count, owed)
        for operator, count, owed in await session.execute(
            select(Handoff.operator_id, func.count(), func.count(Handoff.next_due_at))
            .where(Handoff.state == HandoffState.TAKEN, Handoff.snoozed_at.is_(None))
            .group_by(Handoff.operator_id)
        )
    }
    people = [
        Load(one.id, one.name, one.here, *loads.get(one.id, (0, 0)), on_break=one.on_break)
        for one in await at_work(session, moment)
    ]
    page = await queue.page(session, Tab.ALL, 0, limit=SHOWN)
    owed = [item for item in page.items if item.due_at is not None]
    return Now(row[0], row[1], row[2], row[3], people, owed)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both included."""

    first: date
    last: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        start = datetime.combine(self.first, time(), tzinfo=zone)
        return start, datetime.combine(self.last + timedelta(days=1), time(), tzinfo=zone)


class Reports:
    """``sure``: from this confidence on the assistant is sure; ``title`` names intents."""

    def __init__(self, hours: WorkingHours, *, sure: float, title: Callable[[str], str]) -> None:
        self._hours = hours
        self._sure = sure
        self._title = title

    async def figures(self, session: AsyncSession, period: Period) -> Figures:
        start, end = period.bounds(self._hours.zone)
        asked = await session.execute(
            select(Handoff.conversation_id, Handoff.requested_at).where(
                Handoff.requested_at >= start,
                Handoff.requested_at < end,
                Handoff.reason != first.REASON,  # nobody asked for it
            )
        )
        # In a thread: a day of a large company has a hundred thousand messages.
        return await asyncio.to_thread(
            figures,
            await self._wrote(session, start, end),
            await _ran(session, start, end),
            await _rated(session, start, end),
            [(row.conversation_id, row.requested_at) for row in asked],
            zone=self._hours.zone,
            span=self._hours.working_time_between,
            title=self._title,
        )

    async def months(
        self, session: AsyncSession, moment: datetime
    ) -> list[tuple[str, Answers, Answers]]:
        ran = await _ran(session, moment - timedelta(days=31 * MONTHS), moment)
        kept = [one for one in ran if one.kind != ClockKind.NEXT_ANSWER]
        span = self._hours.working_time_between
        return by_month(kept, zone=self._hours.zone, span=span)[:MONTHS]

    async def _wrote(self, session: AsyncSession, start: datetime, end: datetime) -> list[Wrote]:
        understood = Message.understanding
        rows = await session.execute(
            select(
                Message.conversation_id, Conversation.channel, Message.created_at,
                understood["intent"].as_string(), understood["confidence"].as_float(),
            )
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(
                _OF_CUSTOMERS,
                Message.created_at >= start,
                Message.created_at < end,
                Message.kind.not_in(
                    (MessageKind.STOPPED, MessageKind.RETURNED, MessageKind.REMOVED)
                ),
            )
        )  # fmt: skip
        return [
            Wrote(conversation, channel, at, intent or "", (confidence or 0) >= self._sure)
            for conversation, channel, at, intent, confidence in rows
        ]


async def _ran(session: AsyncSession, start: datetime, end: datetime) -> list[Ran]:
    rows = await session.execute(
        select(
            AnswerClock.kind, AnswerClock.started_at, AnswerClock.ended_at, AnswerClock.outcome,
            Person.display_name, StaffGroup.name,
        )
        .join(Handoff, Handoff.id == AnswerClock.handoff_id)
        .outerjoin(Person, Person.id == Handoff.operator_id)
        .outerjoin(StaffGroup, StaffGroup.id == Handoff.group_id)
        .where(AnswerClock.started_at >= start, AnswerClock.started_at < end)
    )  # fmt: skip
    return [Ran(*row[:4], row[4] or "", row[5] or "") for row in rows]


async def _rated(session: AsyncSession, start: datetime, end: datetime) -> list[Rated]:
    rows = await session.execute(
        select(Rating.score, Person.display_name, StaffGroup.name)
        .outerjoin(Person, Person.id == Rating.operator_id)
        .join(Handoff, Handoff.id == Rating.handoff_id)
        .outerjoin(StaffGroup, StaffGroup.id == Handoff.group_id)
        .where(Rating.rated_at >= start, Rating.rated_at < end)
    )
    return [
        Rated(score, operator or "", group or "")
        for score, operator, group in rows
        if score is not None
    ]
