"""The values that go in and out of the assistant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nlu import Understanding
from replies import Reply


@dataclass(frozen=True, slots=True)
class Context:
    """A customer's message with what the assistant knows when it reads it.

    ``turn`` says whose turn it is (``conversations.models.Turn``); ``now`` is UTC. ``may_wait``:
    if more is likely to follow, the assistant may say so instead of answering.
    """

    conversation_id: int
    contact_id: int
    channel: str
    turn: str
    state: Mapping[str, Any]
    message_id: int
    kind: str
    text: str
    data: Mapping[str, Any]
    now: datetime
    may_wait: bool = False


@dataclass(frozen=True, slots=True)
class RequestOperator:
    """Put the conversation into the operators' queue (again asking changes nothing)."""

    reason: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    danger: bool = False


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """The customer no longer needs an operator, or goes on with the assistant."""


@dataclass(frozen=True, slots=True)
class RateOperator:
    """The customer rated a stay with the operators, 1 to 5."""

    handoff_id: int
    score: int


@dataclass(frozen=True, slots=True)
class CommentRating:
    """… and said why."""

    handoff_id: int
    text: str


@dataclass(frozen=True, slots=True)
class CustomerWrote:
    """A line that an operator has to read: the next-answer clock starts."""


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """An article was the answer; ``topic`` and version of what was shown."""

    topic: str
    version_id: int


@dataclass(frozen=True, slots=True)
class AnswerRated:
    """What the customer says to «Это помогло?» about the answer on ``topic``."""

    topic: str
    helpful: bool


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Editors should see what was written."""


@dataclass(frozen=True, slots=True)
class LentEnded:
    """What an operator lent the conversation for (``handoff.customer.lending.Lent``) is over;
    ``done``: it came to its end, and not to something else that the customer wanted."""

    what: str
    done: bool


@dataclass(frozen=True, slots=True)
class IssueCode:
    """The customer was told this code, to be known by it in another messenger."""

    code: str


@dataclass(frozen=True, slots=True)
class RedeemCode:
    """The customer has written a code from another messenger; the answer depends on it. ``sure``:
    he knows that his accounts will be seen there."""

    code: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class PhoneProved:
    """The messenger says that this phone is the customer's own."""

    phone: str


Effect = (
    RequestOperator
    | LentEnded
    | IssueCode
    | RedeemCode
    | PhoneProved
    | LeaveQueue
    | CustomerWrote
    | RateOperator
    | CommentRating
    | AnswerShown
    | AnswerRated
    | NotUnderstood
)


@dataclass(frozen=True, slots=True)
class Response:
    """What follows from a message; written in one transaction with the message's mark.

    ``waits``: nothing yet, more is likely to come.
    """

    state: dict[str, Any]
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    understanding: Understanding | None = None
    waits: bool = False
