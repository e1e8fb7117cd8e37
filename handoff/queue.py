"""What the inbox shows: lists of stays with the operators, and one of them whole."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Author, Contact, Conversation, Message, MessageKind
from handoff import names
from handoff.models import Handoff, HandoffState, OperatorLine, Rating, Urgency
from handoff.search import search as find
from staff.models import Person, StaffGroup

# Columns as in ``_stays()``.
_Stays = Select[
    Handoff, int, str, str | None, str | None, str | None, str | None, str, str, int | None, str
]

PAGE = 50
LONGEST_LIST = 1_000


class Tab(StrEnum):
    WAITING = "waiting"
    MINE = "mine"
    SNOOZED = "snoozed"  # mine, put off
    ALL = "all"  # everything that is open
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LastLine:
    """The last thing that the customer or an operator said: not what the assistant did."""

    message_id: int
    author: str
    kind: str
    text: str
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A line of the list. ``due_at``: the answer that is owed; None when nothing is. ``said``:
    where a search found a text, the words around it."""

    handoff_id: int
    conversation_id: int
    channel: str
    name: str
    reason: str
    summary: dict[str, Any]
    state: str
    danger: bool
    requested_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    operator_id: int | None
    operator_name: str | None
    unreachable: str | None
    wake_at: datetime | None
    said: str
    last: LastLine | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    items: Sequence[QueueItem]
    more: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """``owed``: how many of mine have an answer due; ``late``: overdue among all waiting."""

    waiting: int
    mine: int
    owed: int
    late: int
    snoozed: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay with its conversation and customer. ``given_name`` and ``phone`` as he gave them."""

    handoff_id: int
    conversation_id: int
    contact_id: int
    channel: str
    name: str
    given_name: str | None
    display_name: str | None
    phone: str | None
    unreachable: str | None
    reason: str
    summary: dict[str, Any]
    state: str
    danger: bool
    requested_at: datetime
    first_due_at: datetime
    due_at: datetime | None
    first_answered_at: datetime | None
    operator_id: int | None
    operator_name: str | None
    closed_at: datetime | None
    close_reason: str | None
    snoozed: bool
    wake_at: datetime | None
    promised_at: datetime | None
    group_id: int | None
    group_name: str | None
    subject: str
    rating: int | None
    rating_comment: str


async def page(
    session: AsyncSession,
    tab: Tab,
    me: int,
    *,
    search: str = "",
    limit: int = PAGE,
    groups: Collection[int] = (),
) -> QueuePage:
    """The first ``limit`` lines of a tab: danger first, then what is (over)due soonest; closed
    ones by the time of their end, the last first. ``search`` finds in all tabs, see
    ``handoff.search``; ``groups``: those whose waiting ones are shown, all when empty."""
    limit = min(limit, LONGEST_LIST)
    said: dict[int, str] = {}
    if search.strip():
        hits = await find(session, search)
        said = hits.said
        statement = _stays().where(Handoff.id.in_(hits.stays)).order_by(Handoff.id.desc())
    else:
        statement = _ordered(_stays(), tab).where(_of(tab, me, groups))
    rows = (await session.execute(statement.limit(limit + 1))).all()
    last = await _last_lines(session, [row.Handoff.conversation_id for row in rows[:limit]])
    items = [
        QueueItem(
            handoff_id=row.Handoff.id,
            conversation_id=row.Handoff.conversation_id,
            channel=row.channel,
            name=names.shown(row.given_name, row.display_name),
            reason=row.Handoff.reason,
            summary=row.Handoff.summary,
            state=row.Handoff.state,
            danger=row.Handoff.danger,
            requested_at=row.Handoff.requested_at,
            due_at=row.Handoff.next_due_at,
            closed_at=row.Handoff.closed_at,
            operator_id=row.Handoff.operator_id,
            operator_name=row.operator_name,
            unreachable=row.unreachable,
            wake_at=row.Handoff.wake_at,
            said=said.get(row.Handoff.conversation_id, ""),
            last=last.get(row.Handoff.conversation_id),
        )
        for row in rows[:limit]
    ]
    return QueuePage(items, more=len(rows) > limit)


async def counts(
    session: AsyncSession, me: int, now: datetime, groups: Collection[int] = ()
) -> Counts:
    waiting = _of(Tab.WAITING, me, groups)
    mine = _of(Tab.MINE, me)
    row = (
        await session.execute(
            select(
                func.count().filter(waiting),
                func.count().filter(mine),
                func.count().filter(mine, Handoff.next_due_at.is_not(None)),
                func.count().filter(waiting, Handoff.next_due_at <= now),
                func.count().filter(_of(Tab.SNOOZED, me)),
            ).where(Handoff.state != HandoffState.CLOSED)
        )
    ).one()
    return Counts(*row)


async def read(session: AsyncSession, handoff_id: int) -> Stay | None:
    """One stay, or None when there never was such a one."""
    row = (
        await session.execute(_stays().where(Handoff.id == handoff_id))
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    stay: Handoff = row.Handoff
    return Stay(
        handoff_id=stay.id,
        conversation_id=stay.conversation_id,
        contact_id=row.contact_id,
        channel=row.channel,
        name=names.shown(row.given_name, row.display_name),
        given_name=row.given_name,
        display_name=row.display_name,
        phone=row.phone,
        unreachable=row.unreachable,
        reason=stay.reason,
        summary=stay.summary,
        state=stay.state,
        danger=stay.danger,
        requested_at=stay.requested_at,
        first_due_at=stay.first_due_at,
        due_at=stay.next_due_at,
        first_answered_at=stay.first_answered_at,
        operator_id=stay.operator_id,
        operator_name=row.operator_name,
        closed_at=stay.closed_at,
        close_reason=stay.close_reason,
        snoozed=stay.snoozed_at is not None,
        wake_at=stay.wake_at,
        promised_at=stay.promised_at,
        group_id=stay.group_id,
        group_name=row.group_name,
        subject=stay.subject,
        rating=row.score,
        rating_comment=row.comment or "",
    )


async def conversations_of(session: AsyncSession, me: int) -> list[int]:
    """The conversations that this operator has, for the page's signals."""
    rows = await session.execute(
        select(Handoff.conversation_id).where(_of(Tab.MINE, me)).limit(LONGEST_LIST)
    )
    return list(rows.scalars())


async def latest_of(session: AsyncSession, conversation_id: int) -> int | None:
    """The id of the conversation's last stay."""
    statement = select(func.max(Handoff.id)).where(Handoff.conversation_id == conversation_id)
    return (await session.execute(statement)).scalar_one()


def _stays() -> _Stays:
    return (
        select(
            Handoff,
            Conversation.contact_id,
            Conversation.channel,
            Conversation.display_name,
            Conversation.unreachable,
            Contact.given_name,
            Contact.phone,
            Person.display_name.label("operator_name"),
            StaffGroup.name.label("group_name"),
            Rating.score,
            Rating.comment,
        )
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Person, Person.id == Handoff.operator_id)
        .outerjoin(StaffGroup, StaffGroup.id == Handoff.group_id)
        .outerjoin(Rating, Rating.handoff_id == Handoff.id)
    )


def _of(tab: Tab, me: int, groups: Collection[int] = ()) -> ColumnElement[bool]:
    match tab:
        case Tab.WAITING if groups:
            # Danger concerns everybody.
            ours = Handoff.group_id.is_(None) | Handoff.group_id.in_(groups)
            urgent = Handoff.urgency == Urgency.DANGER
            return and_(Handoff.state == HandoffState.WAITING, ours | urgent)
        case Tab.WAITING:
            return Handoff.state == HandoffState.WAITING
        case Tab.MINE:
            return and_(
                Handoff.operator_id == me,
                Handoff.state == HandoffState.TAKEN,
                Handoff.snoozed_at.is_(None),
            )
        case Tab.SNOOZED:
            return and_(Handoff.operator_id == me, Handoff.snoozed_at.is_not(None))
        case Tab.ALL:
            return or_(Handoff.state == HandoffState.WAITING, Handoff.state == HandoffState.TAKEN)
        case Tab.CLOSED:
            return Handoff.state == HandoffState.CLOSED


def _ordered(statement: _Stays, tab: Tab) -> _Stays:
    if tab is Tab.CLOSED:
        return statement.order_by(Handoff.closed_at.desc(), Handoff.id.desc())
    if tab is Tab.SNOOZED:
        return statement.order_by(Handoff.wake_at.is_(None), Handoff.wake_at, Handoff.id)
    if tab is Tab.WAITING:
        # Exactly the index: the length of the queue costs nothing.
        return statement.order_by(Handoff.urgency, Handoff.rank_at, Handoff.id)
    # Those that are owed nothing come last; danger counts while an answer is owed.
    nothing = Handoff.rank_at.is_(None)
    return statement.order_by(nothing, Handoff.urgency, Handoff.rank_at, Handoff.id)


async def _last_lines(
    session: AsyncSession, conversation_ids: Sequence[int]
) -> dict[int, LastLine]:
    said = (
        select(Message.id)
        .where(
            Message.conversation_id == Conversation.id,
            Message.author.in_((Author.CUSTOMER, Author.OPERATOR)),
            Message.kind != MessageKind.NOTE,
            ~exists().where(OperatorLine.message_id == Message.id, OperatorLine.undone),
        )
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.id.in_(conversation_ids), Message.id == said)
    )
    return {
        m.conversation_id: LastLine(m.id, m.author, m.kind, m.text, m.data, m.created_at)
        for m in rows.scalars()
    }
