"""A platform's event in our own terms."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conversations.models import MessageKind

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_JOINER = "\u200d"
MAX_TEXT = 20_000
MAX_NAME = 200
LONGEST_QUOTE = 200


class Malformed(ValueError):
    """No event at all, or one without an id: there is nothing to keep it under."""


class Unreadable(ValueError):
    """An event that does not follow its platform's documentation; it never will be readable."""


# What reading an event of another shape raises; OSError: a moment that no clock can show.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)


@dataclass(frozen=True, slots=True)
class Incoming:
    """``platform_no``: the platform's number of the message in its chat, None for a press.

    ``order_no``: the place in the chat's order; for a press, that of the pressed keyboard.
    """

    bot_account_id: int
    channel: str
    chat_id: str
    external_id: str
    kind: MessageKind
    sent_at: datetime
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    sender_name: str | None = None
    platform_no: int | None = None
    edit_version: int = 0
    order_no: int = 0


def quoted(text: object) -> dict[str, str]:
    """What goes into ``data`` of a message that replies to another: that one's words."""
    words = " ".join(text.split())[:LONGEST_QUOTE] if isinstance(text, str) else ""
    return {"reply_to": words} if words else {}


def storable(text: str) -> str:
    """NUL and lone surrogates fit neither database and are replaced; the length is bounded."""
    return _UNSTORABLE.sub("\ufffd", text)[:MAX_TEXT]


def storable_name(name: str) -> str | None:
    """What somebody is called, on one line: signs that turn or hide the text around them, such as
    U+202E, are left out (the joiner of emoji stays). None when nothing can be seen of it."""
    seen = "".join(
        sign for sign in storable(name)
        if sign == _JOINER or unicodedata.category(sign) not in {"Cf", "Cc", "Co", "Cn"}
        or sign.isspace()
    )  # fmt: skip
    cut = " ".join(seen.split())[:MAX_NAME]
    return cut if cut.strip(_JOINER) else None


def storable_json(value: Any) -> Any:
    """``storable`` for every string inside a JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    return value
