"""Tables of the billing room.

Money is integer kopecks, energy and register values are integer thousandths of a kWh, days are
the company's local dates, moments are UTC.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from conversations.models import Contact, Conversation
from storage.base import Base

AUTOINCREMENT = {"sqlite_autoincrement": True}


class Category(StrEnum):
    HOUSEHOLD = "household"
    BUSINESS = "business"


class ReadingStatus(StrEnum):
    ACCEPTED = "accepted"
    REVIEW = "review"  # an employee decides; until then the last accepted one stays in force
    REFUSED = "refused"
    UNDONE = "undone"  # taken back by the customer
    REPLACED = "replaced"  # corrected by a later one of the same period


class ChargeKind(StrEnum):
    OPENING = "opening"  # the balance brought in when the account came into this base
    ELECTRICITY = "electricity"
    COMMON = "common"  # common-house needs
    PENALTY = "penalty"
    RECALCULATION = "recalculation"


class Proof(StrEnum):
    """By what a customer showed that an account may be shown to him."""

    NAME = "name"
    PHONE = "phone"
    OPERATOR = "operator"


class AttemptPurpose(StrEnum):
    LINK = "link"
    READING = "reading"  # a reading given by account number alone


class Account(Base):
    """A personal account. ``number`` is normalised: see ``billing.customers.identity``.

    The holder is a person; a business account names its ``organisation`` and its
    ``inn`` too. The address is in parts because parts of it are masked.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("category IN ('household', 'business')", name="category"),
        Index("ix_account_house_flat", "house", "flat"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    category: Mapped[str] = mapped_column(default=Category.HOUSEHOLD)
    surname: Mapped[str]
    name: Mapped[str]
    patronymic: Mapped[str | None]
    organisation: Mapped[str | None]
    inn: Mapped[str | None]
    locality: Mapped[str]
    street: Mapped[str]
    house: Mapped[str]
    flat: Mapped[str | None]
    phone: Mapped[str | None]
    closed_on: Mapped[date | None]


class Meter(Base):
    """A meter at an account: ``digits`` before the comma, ``decimals`` after it.

    ``ratio`` is the transformers': what the register shows times ``ratio`` is what was consumed.
    A ``remote`` meter sends its readings itself.
    """

    __tablename__ = "meter"
    __table_args__ = (
        UniqueConstraint("account_id", "number"),
        CheckConstraint("zones BETWEEN 1 AND 3", name="zones"),
        CheckConstraint("digits BETWEEN 4 AND 8", name="digits"),
        CheckConstraint("decimals BETWEEN 0 AND 3", name="decimals"),
        CheckConstraint("ratio >= 1", name="ratio"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    number: Mapped[str]
    zones: Mapped[int] = mapped_column(default=1)
    digits: Mapped[int] = mapped_column(default=5)
    decimals: Mapped[int] = mapped_column(default=0)
    ratio: Mapped[int] = mapped_column(default=1)
    remote: Mapped[bool] = mapped_column(default=False)
    verification_due: Mapped[date | None]
    removed_on: Mapped[date | None]


class Reading(Base):
    """What a meter showed on a day: all its registers at once.

    Т1 is the only register, the day or the peak; Т2 the night; Т3 the half-peak. ``period`` is
    the first day of the month the reading counts for. ``marks`` says why an employee has to look
    at it (``billing.readings.Mark``).
    """

    __tablename__ = "reading"
    __table_args__ = (
        # The same message never becomes a second reading. Not a foreign key: this guard outlives
        # the message, which is deleted when its time of keeping is over.
        UniqueConstraint("source_message_id", "meter_id"),
        # One reading of a period is in force and at most one of the holder's waits for review.
        Index("uq_reading_accepted", "meter_id", "period", unique=True,
              postgresql_where=text("status = 'accepted'"),
              sqlite_where=text("status = 'accepted'")),
        Index("uq_reading_review", "meter_id", "period", unique=True,
              postgresql_where=text("status = 'review' AND verified"),
              sqlite_where=text("status = 'review' AND verified")),
        Index("ix_reading_meter_id_period", "meter_id", "period"),
        Index("ix_reading_waiting", "id",
              postgresql_where=text("status = 'review'"), sqlite_where=text("status = 'review'")),
        CheckConstraint(
            "status IN ('accepted', 'review', 'refused', 'undone', 'replaced')", name="status"
        ),
        CheckConstraint("verified OR status <> 'accepted'", name="unverified_waits"),
        CheckConstraint("t1 >= 0 AND t2 >= 0 AND t3 >= 0", name="values"),
        CheckConstraint("t3 IS NULL OR t2 IS NOT NULL", name="zones"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"))
    t1: Mapped[int]
    t2: Mapped[int | None]
    t3: Mapped[int | None]
    taken_on: Mapped[date]
    period: Mapped[date]
    received_at: Mapped[datetime]
    channel: Mapped[str]
    status: Mapped[str] = mapped_column(default=ReadingStatus.ACCEPTED)
    # False: given by account number alone, by somebody who did not show that he is the holder.
    verified: Mapped[bool] = mapped_column(default=True)
    marks: Mapped[list[Any]] = mapped_column(default=list)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("reading.id"))
    source_message_id: Mapped[int | None]
    # The message that took it back, if one did. Not a foreign key either.
    undone_by_message_id: Mapped[int | None]
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey(Conversation.id))
    # An employee's decision on what waited for review, and why.
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None]
    decision: Mapped[str | None]
    exported_at: Mapped[datetime | None]


class Charge(Base):
    """A line of a month's bill; negative when it is in the customer's favour.

    ``month`` is the first day of the month it is for, ``charged_on`` when the bill was made.
    ``line`` tells apart what is charged alike (a tariff that changed inside the month, ranges of
    consumption). The rest as in ``billing.payments.bills.BillLine``.
    """

    __tablename__ = "charge"
    __table_args__ = (
        UniqueConstraint("account_id", "month", "kind", "zone", "line"),
        CheckConstraint(
            "kind IN ('opening', 'electricity', 'common', 'penalty', 'recalculation')", name="kind"
        ),
        CheckConstraint("zone BETWEEN 0 AND 3", name="zone"),
        CheckConstraint("tier BETWEEN 0 AND 9", name="tier"),
        CheckConstraint("factor > 0", name="factor"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    month: Mapped[date]
    kind: Mapped[str]
    zone: Mapped[int] = mapped_column(default=0)
    line: Mapped[int] = mapped_column(default=0, server_default="0")
    kopecks: Mapped[int]
    kwh: Mapped[int | None]
    tariff: Mapped[int | None]
    tier: Mapped[int] = mapped_column(default=0, server_default="0")
    factor: Mapped[int] = mapped_column(default=100, server_default="100")
    since: Mapped[date | None]
    until: Mapped[date | None]
    note: Mapped[str | None]
    charged_on: Mapped[date]


class Payment(Base):
    """Money that came. ``paid_at`` is the customer's act, ``received_at`` its arrival here."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("external_id"),
        Index("ix_payment_account_id_received_at", "account_id", "received_at"),
        CheckConstraint("kopecks > 0", name="kopecks"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    paid_at: Mapped[datetime]
    received_at: Mapped[datetime]
    kopecks: Mapped[int]
    channel: Mapped[str]
    external_id: Mapped[str]


class AccountLink(Base):
    """A contact who may see an account, from ``linked_at`` until ``unlinked_at``."""

    __tablename__ = "account_link"
    __table_args__ = (
        Index("uq_account_link_open", "contact_id", "account_id", unique=True,
              postgresql_where=text("unlinked_at IS NULL"),
              sqlite_where=text("unlinked_at IS NULL")),
        Index("uq_account_link_default", "contact_id", unique=True,
              postgresql_where=text("unlinked_at IS NULL AND is_default"),
              sqlite_where=text("unlinked_at IS NULL AND is_default")),
        Index("ix_account_link_account_id", "account_id"),
        CheckConstraint("proof IN ('name', 'phone', 'operator')", name="proof"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proof: Mapped[str]
    nickname: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    linked_at: Mapped[datetime]
    unlinked_at: Mapped[datetime | None]
    # What the operator was shown as a proof (codes), and who he was.
    shown: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    confirmed_by: Mapped[int | None]


class Purpose(StrEnum):
    """What personal data are processed for."""

    SERVICE = "service"
    MAILINGS = "mailings"


class ConsentKind(StrEnum):
    """The profile's choice: the customer is told, or asked."""

    NOTICE = "notice"
    CONSENT = "consent"


class Consent(Base):
    """What a contact was told or agreed to: the text's ``version``, when, with which message."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("uq_consent_open", "contact_id", "purpose", unique=True,
              postgresql_where=text("withdrawn_at IS NULL"),
              sqlite_where=text("withdrawn_at IS NULL")),
        CheckConstraint("purpose IN ('service', 'mailings')", name="purpose"),
        CheckConstraint("kind IN ('notice', 'consent')", name="kind"),
        AUTOINCREMENT,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))
    purpose: Mapped[str]
    kind: Mapped[str]
    version: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]
    message_id: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]


class LinkAttempt(Base):
    """A try to reach an account; ``number`` as claimed, whether such an account exists or not."""

    __tablename__ = "link_attempt"
    __table_args__ = (
        Index("ix_link_attempt_contact_id_at", "contact_id", "at"),
        Index("ix_link_attempt_number_at", "number", "at"),
        CheckConstraint("purpose IN ('link', 'reading')", name="purpose"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))
    purpose: Mapped[str] = mapped_column(default=AttemptPurpose.LINK)
    number: Mapped[str]
    at: Mapped[datetime]
    ok: Mapped[bool]
