"""The table of the media room."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
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
