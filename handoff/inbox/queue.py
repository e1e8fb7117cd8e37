"""What the inbox shows: lists of stays with the operators, and one of them whole."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Author, BotAccount, Contact, Conversation, Message, MessageKind
from handoff.inbox import names, paging, tags
from handoff.inbox.paging import Place, Run
from handoff.inbox.search import search as find
from handoff.models import Handoff, HandoffState, OperatorLine, Rating, Urgency
from staff.models import Person, StaffGroup

# Columns as in ``_stays()``.
# Of more columns than SQLAlchemy tells the types of.
_Stays = Select[*tuple[Any, ...]]

PAGE = 50
# What an open page asks for anew at once; further down it only adds pages.
LONGEST_LIST = 200
# Counted no further: «999+».
COUNTED = 1_000


# As the partial indexes have it: a bound value would not match them.
_OPEN: ColumnElement[bool] = Handoff.state != literal_column("'closed'")


class Tab(StrEnum):
    WAITING = "waiting"
    MINE = "mine"
    SNOOZED = "snoozed"  # mine, put off
    ALL = "all"  # everything that is open
    CLOSED = "closed"


_RUNS = {Tab.CLOSED: paging.BY_END, Tab.SNOOZED: paging.BY_WAKING}


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
    where a search found a text, the words around it. ``tags``: what staff call it. ``bot``: as in
    Stay."""

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
    tags: Sequence[str] = ()
    bot: str = ""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """``next``: after what the next page begins, "" when this one is the last. ``partly``: a
    search fitted more than was looked through."""

    items: Sequence[QueueItem]
    next: str = ""
    partly: bool = False

    @property
    def more(self) -> bool:
        return bool(self.next)


@dataclass(frozen=True, slots=True)
class Counts:
    """``owed``: how many of mine have an answer due; ``late``: overdue among all waiting. None
    is counted beyond COUNTED."""

    waiting: int
    mine: int
    owed: int
    late: int
    snoozed: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay with its conversation and customer. ``given_name`` and ``phone`` as he gave them.
    ``bot``: the name of a further bot of the messenger that was written to, "" for the first."""

    handoff_id: int
    conversation_id: int
    contact_id: int
    channel: str
    bot: str
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
    tags: Sequence[str] = ()


async def page(
    session: AsyncSession,
    tab: Tab,
    me: int,
    *,
    search: str = "",
    limit: int = PAGE,
    after: str = "",
    groups: Collection[int] = (),
) -> QueuePage:
    """``limit`` lines of a tab: danger first, then what is (over)due soonest; closed ones by the
    time of their end, the last first. ``after``: ``next`` of the page before. ``search`` finds
    in all tabs, see ``handoff.inbox.search``; ``groups``: those whose waiting ones are shown,
    all when empty."""
    limit = min(limit, LONGEST_LIST)
    said: dict[int, str] = {}
    partly = False
    runs = paging.BY_NUMBER if search.strip() else _RUNS.get(tab, paging.BY_DUE)
    begin = paging.place(after, runs) or Place(0, ())
    if search.strip():
        hits = await find(session, search, before=begin.values[0] if begin.values else None)
        said, partly = hits.said, hits.partly
        only: ColumnElement[bool] = Handoff.id.in_(hits.stays)
    else:
        only = _of(tab, me, groups)
    rows, end = await _read(session, only, runs, begin, limit)
    last = await _last_lines(session, [row.Handoff.conversation_id for row in rows])
    put = await tags.of_stays(session, [row.Handoff.id for row in rows])
    items = [
        QueueItem(
            handoff_id=row.Handoff.id,
            conversation_id=row.Handoff.conversation_id,
            channel=row.channel,
            bot=_further(row.bot),
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
            tags=put.get(row.Handoff.id, ()),
        )
        for row in rows
    ]
    return QueuePage(items, end.text() if end else "", partly)


async def counts(
    session: AsyncSession, me: int, now: datetime, groups: Collection[int] = ()
) -> Counts:
    waiting = _of(Tab.WAITING, me, groups)
    mine = _of(Tab.MINE, me)
    # The place is never later than the due time: this way only the head of the queue is read.
    late = and_(
        waiting,
        Handoff.urgency.in_((Urgency.DANGER, Urgency.USUAL)),
        Handoff.rank_at <= now,
        Handoff.next_due_at <= now,
    )
    owed = and_(mine, Handoff.next_due_at.is_not(None))
    counted = (waiting, mine, owed, late, _of(Tab.SNOOZED, me))
    return Counts(*(await session.execute(select(*map(_counted, counted)))).one())


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
        bot=_further(row.bot),
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
        tags=(await tags.of_stays(session, [stay.id])).get(stay.id, ()),
    )


async def conversations_of(session: AsyncSession, me: int) -> list[int]:
    """The conversations that this operator has, for the page's signals."""
    rows = await session.execute(
        select(Handoff.conversation_id).where(_of(Tab.MINE, me)).limit(COUNTED)
    )
    return list(rows.scalars())


async def latest_of(session: AsyncSession, conversation_id: int) -> int | None:
    """The id of the conversation's last stay."""
    statement = select(func.max(Handoff.id)).where(Handoff.conversation_id == conversation_id)
    return (await session.execute(statement)).scalar_one()


def _further(bot: str) -> str:
    return "" if bot == "main" else bot


def _stays() -> _Stays:
    return (
        select(
            Handoff,
            Conversation.contact_id,
            Conversation.channel,
            BotAccount.name.label("bot"),
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
        .join(BotAccount, BotAccount.id == Conversation.bot_account_id)
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
            return _OPEN
        case Tab.CLOSED:
            return Handoff.closed_at.is_not(None)


def _counted(of: ColumnElement[bool]) -> Any:
    found = select(literal(1)).select_from(Handoff).where(of).limit(COUNTED).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


async def _read(
    session: AsyncSession,
    only: ColumnElement[bool],
    runs: Sequence[Run],
    begin: Place,
    limit: int,
) -> tuple[list[Any], Place | None]:
    """``limit`` rows of ``_stays`` after ``begin``, and the place of the last one when there are
    more."""
    rows: list[tuple[int, Any]] = []
    for number, run in enumerate(runs):
        if number < begin.run:
            continue
        statement = _stays().where(only, run.only).order_by(*run.order())
        if number == begin.run and begin.values:
            statement = statement.where(run.after(begin.values))
        found = await session.execute(statement.limit(limit + 1 - len(rows)))
        rows += [(number, row) for row in found]
        if len(rows) > limit:
            number, last = rows[limit - 1]
            end = Place(number, tuple(runs[number].values(last.Handoff)))
            return [row for _, row in rows[:limit]], end
    return [row for _, row in rows], None


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
