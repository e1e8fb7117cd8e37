"""The table of organisations that wait for an operator's confirmation."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from conversations.models import Contact, Conversation
from staff.models import Person
from storage.base import Base


class ClaimState(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class OrganisationClaim(Base):
    """A contract's number and an ИНН as the customer named them: whether there is such a contract
    is not known yet. ``reason``: an operator's words to the customer when he refused."""

    __tablename__ = "organisation_claim"
    __table_args__ = (
        Index("uq_organisation_claim_waiting", "contact_id", "number", unique=True,
              postgresql_where=text("state = 'waiting'"), sqlite_where=text("state = 'waiting'")),
        CheckConstraint("state IN ('waiting', 'confirmed', 'refused')", name="state"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id))
    number: Mapped[str]
    inn: Mapped[str]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=ClaimState.WAITING)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    reason: Mapped[str | None]
