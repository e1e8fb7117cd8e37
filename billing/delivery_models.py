"""The table of readings on their way to the company's billing system."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class DeliveryOfReading(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"  # by billing; ``reason`` in its words
    DROPPED = "dropped"  # taken back, replaced or refused by an employee before it went


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
