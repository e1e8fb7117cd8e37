"""Tables of what was answered and what was not."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

# The tables that ours point at.
from conversations.models import Conversation, Message
from knowledge_base.models import AUTOINCREMENT, ArticleVersion
from staff.models import Person
from storage.base import Base


class GapKind(StrEnum):
    NOT_UNDERSTOOD = "not_understood"
    NOT_HELPFUL = "not_helpful"  # answered, and the customer said «не помогло»
    HANDED_OVER = "handed_over"  # answered, and soon after it went to an operator
    MISREAD = "misread"  # an operator said that it was understood wrongly


class GapState(StrEnum):
    OPEN = "open"
    TAUGHT = "taught"  # became a question variant
    NOT_OURS = "not_ours"


class ArticleShown(Base):
    """An article given as an answer; ``helpful``: what the customer said to «Это помогло?»."""

    __tablename__ = "kb_article_shown"
    __table_args__ = (
        Index("ix_kb_article_shown_topic", "topic", "shown_at"),
        Index("ix_kb_article_shown_conversation_id", "conversation_id", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    message_id: Mapped[int] = mapped_column(ForeignKey(Message.id, ondelete="CASCADE"))
    topic: Mapped[str]
    version_id: Mapped[int] = mapped_column(ForeignKey(ArticleVersion.id))
    shown_at: Mapped[datetime]
    helpful: Mapped[bool | None]
    handed_over: Mapped[bool] = mapped_column(default=False)


class Gap(Base):
    """A question that found no good answer. ``topic``: what was answered (of a misread one: what
    it is really about), empty when nothing."""

    __tablename__ = "kb_gap"
    __table_args__ = (
        UniqueConstraint("message_id", "kind"),
        Index("ix_kb_gap_open", "created_at",
              postgresql_where=text("state = 'open'"), sqlite_where=text("state = 'open'")),
        CheckConstraint(
            "kind IN ('not_understood', 'not_helpful', 'handed_over', 'misread')", name="kind"
        ),
        CheckConstraint("state IN ('open', 'taught', 'not_ours')", name="state"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey(Message.id, ondelete="CASCADE"))
    kind: Mapped[str]
    topic: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=GapState.OPEN)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
