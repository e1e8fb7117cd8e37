"""Tables of the handoff room."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

# The tables that ours point at.
from conversations.models import Conversation, Message
from staff.models import Person
from storage.base import Base

AUTOINCREMENT = {"sqlite_autoincrement": True}
_OPEN = text("state <> 'closed'")


class HandoffState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    CLOSED = "closed"


class CloseReason(StrEnum):
    OPERATOR = "operator"
    RETURNED = "returned"  # the operator gave the conversation back to the assistant
    CUSTOMER = "customer"  # «Уже не нужно»
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
    written by ``handoff.clocks`` alone: the list is read in the order of an index.
    ``summary``: what the assistant understood and collected. ``name_folded``: the customer's
    names for the search, see ``handoff.names``.
    """

    __tablename__ = "handoff"
    __table_args__ = (
        Index("uq_handoff_open", "conversation_id", unique=True,
              postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_handoff_queue", "state", "urgency", "rank_at", "id"),
        Index("ix_handoff_operator", "operator_id", "state"),
        Index("ix_handoff_closed_at", "closed_at", "id"),
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
    created_at: Mapped[datetime]
