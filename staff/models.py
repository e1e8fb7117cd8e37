"""Tables of the staff room."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base

AUTOINCREMENT = {"sqlite_autoincrement": True}


class Role(StrEnum):
    """What a person may do; each page names the roles it is for."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


# Who can have conversations.
SERVING = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)


class Person(Base):
    """An employee. ``display_name`` is what customers see: «Вам отвечает Ольга».

    ``login`` is kept case-folded. People are never deleted, only made inactive: messages and
    the audit log point at them.
    """

    __tablename__ = "staff_person"
    __table_args__ = (
        CheckConstraint(
            "role IN ('operator', 'supervisor', 'editor', 'administrator')", name="role"
        ),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    # How many open conversations are given to him by themselves.
    capacity: Mapped[int] = mapped_column(default=5, server_default="5")
    # Since when he takes nothing for a while; see ``staff.presence``.
    break_since: Mapped[datetime | None]
    # The second factor: required by an administrator; the secret once it was set up; the last
    # time step that was used, so that a code works once.
    totp_required: Mapped[bool] = mapped_column(default=False, server_default=false())
    totp_secret: Mapped[str | None]
    totp_step: Mapped[int] = mapped_column(default=0, server_default="0")


class StaffGroup(Base):
    """People who serve the same topics. ``topics``: intents and topics whose conversations come
    here, a trailing «*» stands for the rest of a name («faq/meter_*»). ``is_default``: what fits
    nowhere else comes here."""

    __tablename__ = "staff_group"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    topics: Mapped[list[Any]] = mapped_column(default=list)
    is_default: Mapped[bool] = mapped_column(default=False)
    # Waiting conversations are given to whoever is here and has the fewest.
    distribute: Mapped[bool] = mapped_column(default=False, server_default=false())


class GroupMember(Base):
    __tablename__ = "staff_group_member"

    group_id: Mapped[int] = mapped_column(ForeignKey("staff_group.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("staff_person.id"), primary_key=True, index=True
    )


class StaffSession(Base):
    """One login in one browser. Of the cookie's token only the SHA-256 is kept."""

    __tablename__ = "staff_session"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("staff_person.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    # From where the login came, see ``staff.devices``; NULL where it is not known.
    browser: Mapped[str | None]
    network: Mapped[str | None]
    # The password was right, the second factor is still to come: nobody is logged in yet.
    pending: Mapped[bool] = mapped_column(default=False, server_default=false())


class LoginThrottle(Base):
    """Attempts against one login or from one address since the last quiet time.

    ``key`` is a SHA-256: people type passwords into the wrong field, and addresses are
    personal data.
    """

    __tablename__ = "login_throttle"

    key: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[int]
    blocked_until: Mapped[datetime]
    last_attempt_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Base):
    """Who did what to which object. ``data`` holds ids and codes, never personal content.

    ``person_id`` is NULL when it was done from the command line or by nobody known.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_object", "object_kind", "object_id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("staff_person.id"), index=True)
    action: Mapped[str]
    object_kind: Mapped[str | None]
    object_id: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
