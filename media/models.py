"""The tables of the media room."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class MediaFile(Base):
    """A kept file. ``digest`` is the SHA-256 of its bytes and its name in the folder.

    ``content_type`` was found by looking into the bytes, never taken from who sent them.
    ``created_at``: when it was kept for the last time.
    """

    __tablename__ = "media_file"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("size > 0", name="size"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[datetime]


class AttachmentState(StrEnum):
    WAITING = "waiting"  # to be fetched, at once or again
    KEPT = "kept"
    FAILED = "failed"  # not tried again unless an operator asks for it


class Problem(StrEnum):
    """Why a customer's file is not there (yet)."""

    HOST = "host"  # the profile does not allow its host
    ADDRESS = "address"  # the host leads to no public address
    SCHEME = "scheme"  # not https
    REDIRECTS = "redirects"
    GONE = "gone"  # the platform no longer has it, or never gave it to us
    TOO_LARGE = "too_large"
    TYPE = "type"  # by its content none of what is taken
    EMPTY = "empty"
    SLOW = "slow"
    UNREACHABLE = "unreachable"


class Attachment(Base):
    """A file that a customer has sent: where it is fetched from, and what became of it.

    ``source``: {"url"} or what the platform's API names it by; emptied when the file is kept.
    ``kind``: photo, document, voice … as the message tells; ``name``: as the customer named it.
    ``preview``: the digest of the picture made of it, ``width`` × ``height`` pixels.
    ``attempts``, ``not_before``: of fetching; whoever takes it moves ``not_before`` on.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("message_id", "position"),
        Index("ix_attachment_due", "not_before",
              postgresql_where=text("state = 'waiting'"), sqlite_where=text("state = 'waiting'")),
        Index("ix_attachment_failed", "problem", "host",
              postgresql_where=text("state = 'failed'"), sqlite_where=text("state = 'failed'")),
        CheckConstraint("state IN ('waiting', 'kept', 'failed')", name="state"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    position: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default=AttachmentState.WAITING)
    problem: Mapped[str | None]
    host: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    digest: Mapped[str | None]
    content_type: Mapped[str | None]
    size: Mapped[int | None]
    preview: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
