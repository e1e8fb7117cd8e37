"""Tables of the conversations room.

A conversation is one chat with one person on one platform and lives as long as the chat does;
a stay in the operators' queue is a row of the handoff room that points here.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from conversations.folding import folded_text
from storage.base import Base

AUTOINCREMENT = {"sqlite_autoincrement": True}


class Channel(StrEnum):
    WEB = "web"
    TELEGRAM = "telegram"
    VK = "vk"
    VIBER = "viber"
    MAX = "max"
    OK = "ok"


class Turn(StrEnum):
    """Whose turn it is to answer the customer."""

    ASSISTANT = "assistant"
    QUEUE = "queue"  # waits for an operator; the assistant answers what it is sure of
    OPERATOR = "operator"


class Author(StrEnum):
    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    OPERATOR = "operator"
    SYSTEM = "system"  # what happened: taken, closed, blocked the bot


# In ``Message.data`` of what a chat wrote beyond its limit (``bots/flood.py``).
FLOOD = "flood"
# In ``Message.data`` and ``Conversation.state``: what the customer's client can't show
# (``replies.channels.Lack``).
LACKS = "lacks"


class MessageKind(StrEnum):
    TEXT = "text"
    PRESS = "press"  # data: {"action": …}; text is the button's label where known
    COMMAND = "command"  # data: {"command": "start", "payload": …}
    CONTACT = "contact"  # data: {"phone": …, "own": bool}
    ATTACHMENT = "attachment"  # data: {"type": "photo" | "voice" | "sticker" | …}
    EDITED = "edited"
    REMOVED = "removed"  # the customer took back what he wrote: text and data as of that
    STOPPED = "stopped"  # the customer blocked the bot
    RETURNED = "returned"  # … and unblocked it
    NOTE = "note"
    LENT = "lent"  # an operator has the assistant do something; data: {"what": …, "name": …}


class DeliveryKind(StrEnum):
    MESSAGE = "message"
    PRESS_ANSWER = "press_answer"
    TYPING = "typing"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


# For conditions: written out, not bound, since only so are the indexes of such rows used.
QUEUED = literal_column(f"'{DeliveryState.QUEUED}'", Text)
SENDING = literal_column(f"'{DeliveryState.SENDING}'", Text)
FAILED = literal_column(f"'{DeliveryState.FAILED}'", Text)


class BotAccount(Base):
    """One bot on one platform: «telegram/main», «web/main»."""

    __tablename__ = "bot_account"
    __table_args__ = (UniqueConstraint("channel", "name"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    name: Mapped[str]
    # What a long poll has stored so far (Telegram: the next offset).
    position: Mapped[int | None]
    # Since when the platform has not answered, or has refused the bot; NULL while all is well.
    failing_since: Mapped[datetime | None]
    # Since when the platform has not known the bot's token; NULL while it does.
    refused_since: Mapped[datetime | None]


class Contact(Base):
    """A person. ``given_name`` is what the customer called himself, never a nickname [10]."""

    __tablename__ = "contact"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    given_name: Mapped[str | None]
    phone: Mapped[str | None]
    created_at: Mapped[datetime]


class Conversation(Base):
    """A contact's chat on one platform, with the state of the dialog and the worker's claim.

    ``handle_at`` is when the earliest unhandled message is due; NULL when there is none.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("bot_account_id", "chat_id"),
        Index("ix_conversation_handle_at", "handle_at",
              postgresql_where=text("handle_at IS NOT NULL"),
              sqlite_where=text("handle_at IS NOT NULL")),
        Index("ix_conversation_last_message_at", "last_message_at"),
        CheckConstraint("turn IN ('assistant', 'queue', 'operator')", name="turn"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    bot_account_id: Mapped[int] = mapped_column(ForeignKey("bot_account.id"))
    channel: Mapped[str]
    chat_id: Mapped[str]
    display_name: Mapped[str | None]
    turn: Mapped[str] = mapped_column(default=Turn.ASSISTANT)
    # Why nothing can be sent (blocked, gone); NULL while the customer can be reached.
    unreachable: Mapped[str | None]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_seq: Mapped[int] = mapped_column(default=0)
    last_message_at: Mapped[datetime]
    handle_at: Mapped[datetime | None]
    claim_token: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Message(Base):
    """What was said, by whom. Rows are never changed but for their marks.

    Incoming rows are the queue in: ``handled_at`` is NULL until the assistant has dealt with
    them. ``platform_no`` is the platform's own number within the chat and gives the order.
    """

    __tablename__ = "message"
    __table_args__ = (
        # A platform repeats what was not confirmed: the second copy must not become a message.
        UniqueConstraint("bot_account_id", "external_id"),
        UniqueConstraint("conversation_id", "platform_no", "edit_version"),
        Index("ix_message_conversation_id_id", "conversation_id", "id"),
        Index("ix_message_unhandled", "conversation_id", "order_no", "id",
              postgresql_where=text("handled_at IS NULL"), sqlite_where=text("handled_at IS NULL")),
        Index("ix_message_said_at", "created_at",
              postgresql_where=text("author = 'customer'"),
              sqlite_where=text("author = 'customer'")),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    bot_account_id: Mapped[int] = mapped_column(ForeignKey("bot_account.id"))
    author: Mapped[str]
    staff_id: Mapped[int | None]
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    # For the search; see ``conversations/folding.py``.
    text_folded: Mapped[str] = mapped_column(default=folded_text, server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    external_id: Mapped[str | None]
    platform_no: Mapped[int | None]
    edit_version: Mapped[int] = mapped_column(default=0)
    # The place in the order of handling: platform_no, or for a press that of its keyboard.
    order_no: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime]
    created_at: Mapped[datetime]
    handle_after: Mapped[datetime | None]
    # Outgoing messages are born handled.
    handled_at: Mapped[datetime | None]
    understanding: Mapped[dict[str, Any] | None]


class Correction(Base):
    """An operator's word that the assistant understood a message wrongly; read by editors.

    ``understood`` and ``right``: intents; ``right`` is empty when none fits.
    """

    __tablename__ = "correction"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    understood: Mapped[str]
    right: Mapped[str]
    staff_id: Mapped[int]
    created_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]


class Delivery(Base):
    """One platform message to be sent: the queue out. ``seq`` orders a conversation's rows."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index("ix_delivery_next", "bot_account_id", "notice", "not_before",
              postgresql_where=text("state = 'queued'"), sqlite_where=text("state = 'queued'")),
        Index("ix_delivery_open", "conversation_id", "seq",
              postgresql_where=text("state IN ('queued', 'sending')"),
              sqlite_where=text("state IN ('queued', 'sending')")),
        Index("ix_delivery_message_id", "message_id"),
        Index("ix_delivery_failed", "id",
              postgresql_where=text("state = 'failed'"), sqlite_where=text("state = 'failed'")),
        Index("ix_delivery_notice", "conversation_id",
              postgresql_where=text("notice AND state = 'queued'"),
              sqlite_where=text("notice AND state = 'queued'")),
        Index("ix_delivery_platform_id", "bot_account_id", "platform_id",
              postgresql_where=text("platform_id IS NOT NULL"),
              sqlite_where=text("platform_id IS NOT NULL")),
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'expired')", name="state"
        ),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    bot_account_id: Mapped[int] = mapped_column(ForeignKey("bot_account.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    seq: Mapped[int]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    # The idempotency key of platforms that have one: drawn once, the same for every attempt.
    random_id: Mapped[int]
    # What nobody is waiting for (a payment has come) gives way to answers.
    notice: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[str] = mapped_column(default=DeliveryState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    platform_id: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    # What the platform, or the page of the site chat, told afterwards.
    delivered_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]


class Event(Base):
    """Something a page may show has changed: kind and ids, never content.

    Numbers become visible in order: see ``conversations/events.py``.
    """

    __tablename__ = "event"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    conversation_id: Mapped[int | None]
    ids: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Quarantine(Base):
    """An event that could not be stored as a message, kept as it came and confirmed."""

    __tablename__ = "quarantine"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    bot_account_id: Mapped[int] = mapped_column(ForeignKey("bot_account.id"))
    external_id: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    error: Mapped[str]
    created_at: Mapped[datetime]
