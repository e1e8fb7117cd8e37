"""Tables of the handoff room."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

# The tables that ours point at.
from conversations.models import Contact, Conversation, Message
from staff.models import Person, StaffGroup
from storage.base import Base

AUTOINCREMENT = {"sqlite_autoincrement": True}
_OPEN = text("state <> 'closed'")
_NOTHING_OWED = text("state <> 'closed' AND rank_at IS NULL")


class HandoffState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    CLOSED = "closed"


class CloseReason(StrEnum):
    OPERATOR = "operator"
    RETURNED = "returned"  # the operator gave the conversation back to the assistant
    CUSTOMER = "customer"  # «Уже не нужно»
    STOPPED = "stopped"  # for swearing or threats, after a warning
    IDLE = "idle"  # no word from the customer after the operator's answer


class Urgency:
    """Smaller comes first in the queue."""

    DANGER = 0
    USUAL = 1


class Handoff(Base):
    """One stay of a conversation with the operators, from the request to its end.

    ``first_due_at``: when the first answer is due. ``next_due_at``: when the answer that is owed
    now is due (the first one, or that to the earliest unanswered message); NULL: nothing is owed.
    ``rank_at``: its place in the queue. Both follow the open row of ``AnswerClock`` and are
    written by ``handoff.working_time.clocks`` alone: the list is read in the order of an index.
    ``summary``: what the assistant understood and collected. ``name_folded``: the customer's
    names for the search, see ``handoff.inbox.names``.
    """

    __tablename__ = "handoff"
    __table_args__ = (
        Index("uq_handoff_open", "conversation_id", unique=True,
              postgresql_where=_OPEN, sqlite_where=_OPEN),
        # Each list of the inbox is read in the order of one of these, however long it is.
        Index("ix_handoff_queue", "state", "urgency", "rank_at", "id", "group_id"),
        Index("ix_handoff_open", "urgency", "rank_at", "id",
              postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_handoff_nothing_owed", "id",
              postgresql_where=_NOTHING_OWED, sqlite_where=_NOTHING_OWED),
        Index("ix_handoff_operator", "operator_id", "state", "urgency", "rank_at", "id"),
        Index("ix_handoff_closed_at", "closed_at", "id"),
        Index("ix_handoff_snoozed", "operator_id", "snoozed_at",
              postgresql_where=text("snoozed_at IS NOT NULL"),
              sqlite_where=text("snoozed_at IS NOT NULL")),
        CheckConstraint("state IN ('waiting', 'taken', 'closed')", name="state"),
        CheckConstraint("state <> 'waiting' OR operator_id IS NULL", name="waiting_is_free"),
        CheckConstraint("state <> 'taken' OR operator_id IS NOT NULL", name="taken_by_somebody"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id), index=True)
    reason: Mapped[str]
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default=HandoffState.WAITING)
    urgency: Mapped[int] = mapped_column(default=Urgency.USUAL)
    name_folded: Mapped[str] = mapped_column(default="")
    requested_at: Mapped[datetime]
    first_due_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    rank_at: Mapped[datetime | None]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    taken_at: Mapped[datetime | None]
    first_answered_at: Mapped[datetime | None]
    last_operator_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    group_id: Mapped[int | None] = mapped_column(ForeignKey(StaffGroup.id))
    # Put off since; comes back at ``wake_at`` (NULL: when the customer writes).
    snoozed_at: Mapped[datetime | None]
    wake_at: Mapped[datetime | None]
    # The date that the customer was promised an answer by, while it is put off for it.
    promised_at: Mapped[datetime | None]
    # What it was about, as the operator said when he closed it.
    subject: Mapped[str] = mapped_column(default="", server_default="")

    @property
    def danger(self) -> bool:
        return self.urgency == Urgency.DANGER


class ClockKind(StrEnum):
    FIRST_ANSWER = "first_answer"
    NEXT_ANSWER = "next_answer"  # to a customer's message after the first answer
    MATTER = "matter"  # the whole matter


class Outcome(StrEnum):
    MET = "met"
    MISSED = "missed"  # may still be running: the answer is owed all the same
    DROPPED = "dropped"  # there was nothing to wait for any more


class AnswerClock(Base):
    """One promise of an answer: when it began to run, when it is due, how it ended.

    ``warned_at``: when it was shown that little time is left. ``paused_at``: since when it waits
    for others. ``promised``: the customer was told this very date, so a change of the calendar
    does not move it. ``calendar``: the version of the hours by which ``due_at`` was computed.
    """

    __tablename__ = "answer_clock"
    __table_args__ = (
        Index("uq_answer_clock_running", "handoff_id", "kind", unique=True,
              postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL")),
        Index("ix_answer_clock_due", "due_at",
              postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL")),
        Index("ix_answer_clock_started_at", "started_at"),
        CheckConstraint("kind IN ('first_answer', 'next_answer', 'matter')", name="kind"),
        CheckConstraint("outcome IN ('met', 'missed', 'dropped')", name="outcome"),
        CheckConstraint("ended_at IS NULL OR outcome IS NOT NULL", name="ended"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id))
    handoff_id: Mapped[int] = mapped_column(ForeignKey(Handoff.id), index=True)
    kind: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    promised: Mapped[bool] = mapped_column(default=False)
    calendar: Mapped[str]


class OperatorLine(Base):
    """What an operator sent or noted. ``client_key`` is drawn by his page once per line: however
    often it is sent, the customer gets it once."""

    __tablename__ = "operator_line"
    __table_args__ = (Index("ix_operator_line_handoff_id", "handoff_id", "staff_id"),)

    client_key: Mapped[str] = mapped_column(primary_key=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey(Handoff.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    message_id: Mapped[int] = mapped_column(ForeignKey(Message.id))
    is_note: Mapped[bool] = mapped_column(default=False)
    # Called back within the seconds in which that can be done: the customer never saw it.
    undone: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class Mention(Base):
    """A colleague named in a note; until he has opened the conversation."""

    __tablename__ = "mention"
    __table_args__ = (
        Index("ix_mention_unseen", "person_id", postgresql_where=text("seen_at IS NULL"),
              sqlite_where=text("seen_at IS NULL")),
    )  # fmt: skip

    message_id: Mapped[int] = mapped_column(ForeignKey(Message.id), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey(Handoff.id))
    seen_at: Mapped[datetime | None]


class Label(Base):
    """A word or two that staff have put on a stay. ``folded`` is what the search reads."""

    __tablename__ = "label"
    __table_args__ = (Index("ix_label_folded", "folded"),)

    handoff_id: Mapped[int] = mapped_column(ForeignKey(Handoff.id), primary_key=True)
    folded: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    created_by: Mapped[int] = mapped_column(ForeignKey(Person.id))
    created_at: Mapped[datetime]


class CalendarChange(Base):
    """Hours that an administrator has saved, as a profile has them; the last row is in force.
    ``hours`` NULL: the profile's again."""

    __tablename__ = "calendar_change"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    hours: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_by: Mapped[int] = mapped_column(ForeignKey(Person.id))
    created_at: Mapped[datetime]


class CannedReply(Base):
    """A prepared answer. ``owner_id`` NULL: everybody's. ``folded`` is what the search reads."""

    __tablename__ = "canned_reply"
    __table_args__ = (Index("ix_canned_reply_owner_id", "owner_id"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    title: Mapped[str]
    text: Mapped[str]
    folded: Mapped[str]
    updated_at: Mapped[datetime]


class Announcement(Base):
    """What everybody is told during a mass incident; see ``handoff.board.announcements``."""

    __tablename__ = "announcement"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    topics: Mapped[list[Any]] = mapped_column(default=list)
    channels: Mapped[list[Any]] = mapped_column(default=list)
    # Streets and places as typed; empty: everywhere.
    districts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_by: Mapped[int] = mapped_column(ForeignKey(Person.id))
    created_at: Mapped[datetime]


class ContactStop(Base):
    """A warning for swearing or threats [11], and the time for which operators do not answer
    after it. Kept for good; the last row of a contact counts."""

    __tablename__ = "contact_stop"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id), index=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey(Handoff.id))
    warned_at: Mapped[datetime]
    warned_by: Mapped[int] = mapped_column(ForeignKey(Person.id))
    stopped_until: Mapped[datetime | None]
    stopped_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))


class Rating(Base):
    """What the customer thought of a stay with the operators: asked once, 1 to 5 [5]."""

    __tablename__ = "rating"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)

    handoff_id: Mapped[int] = mapped_column(ForeignKey(Handoff.id), primary_key=True)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    asked_at: Mapped[datetime]
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(default="")
    rated_at: Mapped[datetime | None]
