"""Tables of readings on their way to the company's billing system."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from staff.models import Person
from storage.base import Base


class DeliveryOfReading(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"  # by billing; ``reason`` in its words
    DROPPED = "dropped"  # taken back, replaced, refused or closed by an employee before it went


class StepKind(StrEnum):
    NO_ANSWER = "no_answer"  # the first of tries in vain in a row
    REFUSED = "refused"  # ``note`` in billing's words
    RETRIED = "retried"  # an employee sends it again
    CLOSED = "closed"  # he has settled it otherwise; ``note`` says how


class ReadingDelivery(Base):
    """``next_at``: when to try next; ``attempts``: how often billing was asked in vain."""

    __tablename__ = "reading_delivery"
    __table_args__ = (
        Index("ix_reading_delivery_waiting", "next_at",
              postgresql_where=text("state = 'waiting'"), sqlite_where=text("state = 'waiting'")),
        CheckConstraint("state IN ('waiting', 'delivered', 'refused', 'dropped')", name="state"),
    )  # fmt: skip

    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    state: Mapped[str] = mapped_column(default=DeliveryOfReading.WAITING)
    next_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    finished_at: Mapped[datetime | None]


class ReadingDeliveryStep(Base):
    """What happened to a reading that did not get through at once; ``staff_id``: who acted."""

    __tablename__ = "reading_delivery_step"
    __table_args__ = (
        CheckConstraint("kind IN ('no_answer', 'refused', 'retried', 'closed')", name="kind"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading_delivery.reading_id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    note: Mapped[str] = mapped_column(default="")
