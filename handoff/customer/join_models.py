"""Tables of one customer in several messengers."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from conversations.models import Contact, Conversation
from staff.models import Person
from storage.base import Base

AUTOINCREMENT = {"sqlite_autoincrement": True}


class JoinCode(Base):
    """A code that a customer got in one messenger to write it in another."""

    __tablename__ = "join_code"
    __table_args__ = (
        Index("ix_join_code_conversation_id", "conversation_id"),
        Index("ix_join_code_expires_at", "expires_at"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class JoinTry(Base):
    """A wrong code, by conversation: guessing is stopped."""

    __tablename__ = "join_try"
    __table_args__ = (
        Index("ix_join_try_conversation_id_at", "conversation_id", "at"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id))
    at: Mapped[datetime]


class ProvenPhone(Base):
    """A customer's phone as his messenger has proved it: its last ten digits."""

    __tablename__ = "proven_phone"
    __table_args__ = (Index("ix_proven_phone_phone", "phone"),)

    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id), primary_key=True)
    phone: Mapped[str]
    at: Mapped[datetime]


class ContactJoin(Base):
    """A conversation that was found to be another contact's too. ``accounts``: those that came
    with it, each with whether the other contact had it too; they go with it when it is parted."""

    __tablename__ = "contact_join"
    __table_args__ = (
        Index("ix_contact_join_conversation_id", "conversation_id"),
        CheckConstraint("how IN ('code', 'phone')", name="how"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id))
    from_contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))
    to_contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))
    how: Mapped[str]
    accounts: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime]
    parted_at: Mapped[datetime | None]
    parted_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
