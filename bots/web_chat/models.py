"""Tables of the site chat."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Visitor(Base):
    """One browser in the site chat. Of its token only the SHA-256 is kept.

    ``chat_id`` names its conversation (``Conversation.chat_id``) and is no secret.
    """

    __tablename__ = "web_visitor"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    chat_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
