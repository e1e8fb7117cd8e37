"""What became of one attempt to send: every platform's answers in our own terms.

The reaction table stands in ``bots/delivery.py``; which answer means what is each adapter's.
"""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    platform_id: str | None = None


@dataclass(frozen=True, slots=True)
class SlowDown:
    """Wait ``seconds`` and send the same again; not counted as an attempt."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TryAgain:
    """A passing fault, the message was surely not sent."""

    error: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether it was sent: the connection broke after the request."""

    error: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never be sent. ``unreachable``: the customer blocked the bot or is gone."""

    error: str
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class AccountBroken:
    """The bot itself can't send (token revoked, webhook conflict): the queue waits."""

    error: str


Outcome = Sent | SlowDown | TryAgain | Unknown | Rejected | AccountBroken


@dataclass(frozen=True, slots=True)
class Parcel:
    """One platform message to send, as it lies in the queue."""

    delivery_id: int
    conversation_id: int
    message_id: int | None
    chat_id: str
    kind: str
    payload: dict[str, Any]
    random_id: int
    attempts: int
    notice: bool = False


class Sender(Protocol):
    """One bot's way out. ``by_page``: a page fetches what is sent, no call is needed."""

    channel: str
    by_page: bool
    # Whether repeating the same ``random_id`` is known not to send twice.
    idempotent: bool

    async def send(self, parcel: Parcel) -> Outcome: ...
