"""What the billing room hands to others: values, no rows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from billing.customers.identity import Address, Holder
from billing.models import Category, Proof, ReadingStatus
from billing.payments.balance import Balance
from billing.prices import Prices
from billing.readings.rules import Mark, MeterFacts, PastReading, Question, Values


class ProofSet(StrEnum):
    """What together shows that somebody is an account's holder; the profile says which count."""

    NUMBER_AND_NAME = "number_and_name"
    ADDRESS_AND_NAME = "address_and_name"
    NUMBER_AND_PHONE = "number_and_phone"


# How long a customer may take a reading back; until then it goes nowhere.
UNDO_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Everything about an account, for rules and the company's own people; never for a chat."""

    id: int
    number: str
    category: Category
    holder: Holder
    organisation: str | None
    address: Address
    phone: str | None
    closed_on: date | None
    inn: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """An account that a contact may see. ``holder`` and ``address`` are masked.

    ``number`` is the whole number: the customer knows it; show ``masked_number`` in a chat.
    """

    account_id: int
    number: str
    masked_number: str
    holder: str
    address: str
    nickname: str | None
    is_default: bool
    category: Category
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """``account`` when the proof held. A number that does not exist and a wrong name look alike.

    ``blocked``: too many wrong tries, offer the operator. ``attempts_left`` is how many this
    contact still has.
    """

    account: LinkedAccount | None = None
    blocked: bool = False
    attempts_left: int = 0

    @property
    def account_id(self) -> int | None:
        return self.account.account_id if self.account else None


@dataclass(frozen=True, slots=True)
class MeterOverview:
    """A meter with its ``history``, oldest first: the last year's readings in force, and those
    of the holder that wait for review. ``billing.readings.check`` takes ``facts`` and ``history``.
    """

    meter_id: int
    number: str
    facts: MeterFacts
    history: tuple[PastReading, ...]

    @property
    def last(self) -> PastReading | None:
        """The last reading in force."""
        return next((past for past in reversed(self.history) if past.accepted), None)


@dataclass(frozen=True, slots=True)
class AccountOverview:
    """For a flow: the account and its meters, those removed too.

    ``prices`` are empty for an organisation: its tariff follows from its contract.
    """

    account: LinkedAccount
    meters: tuple[MeterOverview, ...]
    prices: Prices = field(default_factory=Prices)

    @property
    def number(self) -> str:
        return self.account.number


@dataclass(frozen=True, slots=True)
class AccountPanel:
    """For an operator: unmasked, with the debt and the meters; by what the customer has shown
    that it is his (``shown``: to an operator), and when."""

    account: AccountFacts
    nickname: str | None
    balance: Balance
    meters: tuple[MeterOverview, ...]
    proof: Proof = Proof.NAME
    linked_at: datetime | None = None
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenReading:
    """A reading of a linked contact. ``taken_on`` is today's local date.

    ``source_message_id`` makes it unrepeatable; ``confirmed`` are the questions answered «yes».
    """

    contact_id: int
    account_id: int
    meter_id: int
    values: Values
    taken_on: date
    channel: str
    source_message_id: int
    conversation_id: int | None = None
    confirmed: Collection[Question] = ()


@dataclass(frozen=True, slots=True)
class TakenReading:
    """A stored reading, which the customer may take back until ``undo_until``.

    ``replaces``: another one of the same period was in force. ``repeated``: this message had
    been taken before, and was not again.
    """

    reading_id: int
    number: str
    status: ReadingStatus
    values: Values
    consumption: Values
    period: date
    taken_on: date
    received_at: datetime
    channel: str
    marks: tuple[Mark, ...]
    previous: PastReading | None = None
    replaces: bool = False
    repeated: bool = False

    @property
    def undo_until(self) -> datetime:
        return self.received_at + UNDO_WINDOW

    @property
    def for_next_period(self) -> bool:
        """Given when this month's readings were no longer taken."""
        return self.period > self.taken_on


@dataclass(frozen=True, slots=True)
class Undone:
    """``values`` of the reading taken back, and what is in force for its period again.

    Nothing at all when there was none to take back; ``late``: its time to do so is over.
    """

    number: str = ""
    account: str = ""
    values: Values = ()
    restored: Values = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class UnverifiedReading:
    """A reading by account number alone; the zones are only what the customer said."""

    contact_id: int
    number: str
    values: Values
    taken_on: date
    channel: str
    source_message_id: int
    conversation_id: int | None = None


class UnverifiedOutcome(StrEnum):
    TAKEN = "taken"  # for review
    DOES_NOT_FIT = "does_not_fit"  # for any cause, a number that does not exist among them
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Unverified:
    """``reading_number`` only when taken."""

    outcome: UnverifiedOutcome
    reading_number: str | None = None
