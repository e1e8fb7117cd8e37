"""Tables of the knowledge base."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base

AUTOINCREMENT = {"sqlite_autoincrement": True}


class State(StrEnum):
    """A version's way: written, in force, replaced by a later one."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Article(Base):
    """A subject customers ask about: «faq/penalty». What it says stands in its versions.

    ``last_number`` is the newest version's; saving changes it only from the number the editor
    began with, so that of two editors the second is told. ``responsible_id`` is the person who is
    reminded of its terms (people are never deleted); NULL: all editors are.
    With an ``approver_id`` nothing comes into force without that person.
    """

    __tablename__ = "article"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(unique=True)
    last_number: Mapped[int] = mapped_column(default=0)
    responsible_id: Mapped[int | None]
    approver_id: Mapped[int | None]
    created_at: Mapped[datetime]


class ArticleVersion(Base):
    """What was saved once, by whom and when. Its text never changes, its ``state`` does.

    ``author_id`` is NULL when the version came from a file. ``search`` is folded text. A draft
    with ``submitted_at`` waits for approval; ``sent_back``: what the approver said instead.
    """

    __tablename__ = "article_version"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        # An article says one thing at a time …
        Index("uq_article_version_published", "article_id", unique=True,
              postgresql_where=text("state = 'published'"),
              sqlite_where=text("state = 'published'")),
        # … and is worked on in one place.
        Index("uq_article_version_draft", "article_id", unique=True,
              postgresql_where=text("state = 'draft'"), sqlite_where=text("state = 'draft'")),
        CheckConstraint("state IN ('draft', 'published', 'archived')", name="state"),
        CheckConstraint("audience IN ('household', 'business', 'all')", name="audience"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    state: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    short: Mapped[str]
    questions: Mapped[list[Any]]
    buttons: Mapped[list[Any]]
    audience: Mapped[str]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    review_by: Mapped[date | None] = mapped_column(Date)
    legal_basis: Mapped[list[Any]]
    tags: Mapped[list[Any]]
    search: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("staff_person.id"))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    sent_back: Mapped[str | None]


class ArticleReminder(Base):
    """An article's end is near: it is shown through ``last_day``. ``stage``: 14 or 3 days before,
    or 0, when it is shown no more. ``seen_at``: somebody who is concerned has read it.
    """

    __tablename__ = "article_reminder"
    __table_args__ = (UniqueConstraint("article_id", "last_day", "stage"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    last_day: Mapped[date] = mapped_column(Date)
    stage: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class ArticleAutosave(Base):
    """What an editor typed and has not saved yet, as it stands: one row for each, no version.
    ``base_number``: the version begun with. ``text`` is ``autosave.pack``'s.
    """

    __tablename__ = "article_autosave"
    __table_args__ = (UniqueConstraint("article_id", "person_id"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("staff_person.id"))
    base_number: Mapped[int]
    text: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
