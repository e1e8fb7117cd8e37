"""Tables of learning: models with their bytes, trainings, check phrases."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

# The tables that ours point at.
from knowledge_base.models import AUTOINCREMENT, Article, ArticleVersion
from staff.models import Person
from storage.base import Base

_OPEN = text("state IN ('queued', 'running', 'doubted')")


class TrainingState(StrEnum):
    """A training's way; ``doubted`` waits for the editor's word: more check phrases fail."""

    QUEUED = "queued"
    RUNNING = "running"
    DOUBTED = "doubted"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NluModel(Base):
    """A trained model. At most one is ``active``: every process reads messages with it.

    ``base_digest`` is over the phrases that come with Okno, ``phrases_digest`` over those of
    articles (empty: not known), ``check_digest`` over the check phrases (empty: not checked).
    ``failures``: the check phrases that it reads wrong, [phrase, expected, read as].
    """

    __tablename__ = "nlu_model"
    __table_args__ = (
        UniqueConstraint("model_id"),
        Index("uq_nlu_model_active", "active", unique=True,
              postgresql_where=text("active"), sqlite_where=text("active")),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str]
    base_digest: Mapped[str]
    phrases_digest: Mapped[str]
    phrases: Mapped[int]
    engine_version: Mapped[str]
    check_digest: Mapped[str] = mapped_column(default="")
    checked: Mapped[int] = mapped_column(default=0)
    failures: Mapped[list[Any]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=False)
    # The model that was active before this one became so.
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("nlu_model.id"))
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]


class NluModelFile(Base):
    """A model's bytes (``nlu.model``: a zip of JSON and arrays); old ones are thrown away."""

    __tablename__ = "nlu_model_file"

    model_id: Mapped[int] = mapped_column(ForeignKey(NluModel.id), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Training(Base):
    """One training, and the article's version that is published together with its model.

    Without an article the model learns what the articles say now. ``share``: per cent done of
    ``step``. ``worse``: check phrases that the new model reads wrong and the active one right.
    """

    __tablename__ = "kb_training"
    __table_args__ = (
        Index("uq_kb_training_open", "article_id", unique=True,
              postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_kb_training_state", "state"),
        CheckConstraint(
            "state IN ('queued', 'running', 'doubted', 'done', 'failed', 'cancelled')",
            name="state",
        ),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey(Article.id))
    version_id: Mapped[int | None] = mapped_column(ForeignKey(ArticleVersion.id))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    state: Mapped[str] = mapped_column(default=TrainingState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(default="")
    share: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    model_id: Mapped[int | None] = mapped_column(ForeignKey(NluModel.id))
    worse: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class CheckPhrase(Base):
    """A message and what must be understood of it. ``source`` holds Rasa's annotations too."""

    __tablename__ = "kb_check_phrase"
    __table_args__ = (UniqueConstraint("intent", "source"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    intent: Mapped[str]
    source: Mapped[str]
    text: Mapped[str]
