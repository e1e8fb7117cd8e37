"""The table of the articles' files."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Enclosure(Base):
    """A picture or a document. Its ``name`` never comes to mean other bytes, so that every version
    of an article goes on showing what it showed.

    ``digest``: of the bytes in ``media``; ``source``: SHA-256 of those that came, which a picture
    made anew has no more. ``author_id``: who uploaded it; NULL: it came from a folder.
    """

    __tablename__ = "article_file"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("size > 0", name="size"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[str]
    source: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("staff_person.id"))
    created_at: Mapped[datetime]
