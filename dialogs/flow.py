"""What a flow is: a module with a state, ``absorb`` and ``advance``, all pure.

``absorb(state, turn)`` takes what the message gives and says whether it concerns the flow.
``advance(state, known)`` says what follows. A flow that has to know something from billing
returns a query; the assistant answers it outside any transaction and calls ``advance`` again
with one more thing known. The state is stored as JSON under the flow's name and version.

Some queries write (``Identify``, ``GiveReading``): they commit before the reply does, and carry
the message's id, so that a message that is handled again changes nothing and hears the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.models import Purpose
from dialogs.money import MoneyQuery
from dialogs.turn import Effect
from nlu import Understanding
from replies import Reply


@dataclass(frozen=True, slots=True)
class FlowTurn:
    """A message as a flow sees it; ``choice`` is what a button of this run carried, ``phone`` the
    sender's own, proved by the messenger."""

    text: str
    understanding: Understanding | None = None
    choice: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class LinkedAccounts:
    """The accounts that this customer may see: ``tuple[billing.views.LinkedAccount, ...]``."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Whether ``number`` is held by ``name``: ``billing.views.LinkOutcome``.

    ``noticed``: the customer has been told what his data are used for; it is kept with the link.
    """

    number: str
    name: str
    noticed: bool = False


@dataclass(frozen=True, slots=True)
class IdentifyByPhone:
    """As ``Identify``, by a phone that the messenger has proved to be the sender's own."""

    number: str
    phone: str
    noticed: bool = False


@dataclass(frozen=True, slots=True)
class IdentifyByAddress:
    """As ``Identify``, by an address and its holder's full name."""

    address: str
    name: str
    noticed: bool = False


@dataclass(frozen=True, slots=True)
class HistoryChart:
    """Consumption by month as pictures, one for each meter: ``list[replies.File]``."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ClaimOrganisation:
    """Keep for an operator that the customer speaks for the organisation with this contract and
    ИНН; nothing to answer. ``noticed`` as in ``Identify``."""

    number: str
    inn: str
    noticed: bool = False


@dataclass(frozen=True, slots=True)
class ConsentAsked:
    """What to say before an account is looked for, or of another ``purpose``:
    ``billing.customers.consents.Standing``."""

    purpose: Purpose = Purpose.SERVICE


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """The customer has agreed: nothing to answer."""

    purpose: Purpose = Purpose.SERVICE


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Withdraw it and detach the accounts: how many these were. ``mailings_only``: these are
    refused, all else stays."""

    mailings_only: bool = False


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Name an attached account, make it the default or detach it: whether it was done.

    ``what`` is one of ``billing.customers.own_accounts.Change``.
    """

    account_id: int
    what: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account with its meters and their readings: ``billing.views.AccountOverview``."""

    account_id: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed on a local day: ``billing.payments.balance.Balance``."""

    account_id: int
    on: date


@dataclass(frozen=True, slots=True)
class GiveReading:
    """Store a linked account's reading, once per message: ``billing.views.TakenReading``, or
    ``billing.readings.NeedsConfirmation`` or ``Refused``, when nothing was stored.

    ``values`` are thousandths of a kWh in the registers' order, ``on`` is the local day;
    ``confirmed``: the questions (``billing.readings.Question``) answered with «yes».
    """

    account_id: int
    meter_id: int
    values: tuple[int, ...]
    on: date
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GiveUnverified:
    """Store for review what was given by account number alone: ``billing.views.Unverified``."""

    number: str
    values: tuple[int, ...]
    on: date


@dataclass(frozen=True, slots=True)
class UndoReading:
    """Take back the reading, ``None``: the customer's last one: ``billing.views.Undone``."""

    reading_id: int | None


Query = (
    LinkedAccounts
    | Identify
    | IdentifyByPhone
    | IdentifyByAddress
    | ClaimOrganisation
    | ConsentAsked
    | GiveConsent
    | WithdrawConsent
    | ChangeAccount
    | HistoryChart
    | AccountFacts
    | Balance
    | GiveReading
    | GiveUnverified
    | UndoReading
)
Known = Mapping[Query | MoneyQuery, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where: ``now`` is local time, ``channel`` as the customer calls it."""

    now: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class Asking:
    """The flow goes on after the customer's next message."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Done:
    """The flow is over; ``ok``: with what it was begun for."""

    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...] = ()
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """It can't be done with the assistant: an operator goes on, with what was collected.

    ``reason``: why, a key of ``phrases.ASK_OPERATOR``.
    """

    collected: Mapping[str, Any]
    reason: str = "flow_failed"


Step = Query | MoneyQuery | Asking | Done | Failed
