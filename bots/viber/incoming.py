"""Viber's events in our own terms. Pure. Source: Viber REST Bot API, «Callbacks».

A press is an ordinary message whose text is what the button holds: ours begin with ``PRESS``.
``tracking_data`` of our last message comes back with the customer's next one.
"""

import json
from datetime import UTC, datetime
from typing import Any

from bots.incoming import UNREADABLE, Incoming, Malformed, Unreadable
from conversations.models import LACKS, MessageKind
from replies.channels import Lack

CHANNEL = "viber"
PRESS = "okno/"
# The client's API from which it can share the phone.
SHARES_PHONE = 3
_KINDS = {"picture": "photo", "file": "document", "url": "link"}


def event_id(event: Any) -> str:
    """Kind and token: kinds share tokens, and ``delivered`` comes once per device. Raises
    Malformed."""
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise Malformed("no event")
    return ":".join(
        str(event[key]) for key in ("event", "message_token", "user_id") if key in event
    )


def parse_event(event: dict[str, Any], account_id: int) -> Incoming | None:
    """None for what is no message of a customer's. Raises Unreadable."""
    try:
        match event["event"]:
            case "message":
                return _message(event, account_id)
            case "subscribed":
                user = event["user"]
                return _incoming(event, account_id, user, MessageKind.RETURNED)
            case "unsubscribed":
                user = {"id": event["user_id"]}
                return _incoming(event, account_id, user, MessageKind.STOPPED)
    except UNREADABLE as error:
        raise Unreadable(event_id(event)) from error
    return None


def _incoming(
    event: dict[str, Any], account_id: int, user: dict[str, Any], kind: MessageKind,
    text: str = "", data: dict[str, Any] | None = None,
) -> Incoming:  # fmt: skip
    milliseconds = int(event["timestamp"])
    return Incoming(
        bot_account_id=account_id,
        channel=CHANNEL,
        chat_id=str(user["id"]),
        external_id=event_id(event),
        kind=kind,
        sent_at=datetime.fromtimestamp(milliseconds / 1000, UTC),
        text=text,
        data=data or {},
        sender_name=str(user["name"]) if user.get("name") else None,
        # There is no number of the message in its chat: the moment is all there is.
        order_no=milliseconds,
    )


def _message(event: dict[str, Any], account_id: int) -> Incoming:
    message = event["message"]
    kept = _tracking(message.get("tracking_data"))
    kind, text, data = _content(message, kept)
    sender = event["sender"]
    return _incoming(event, account_id, sender, kind, text, data | _lacks(sender))


def _lacks(sender: dict[str, Any]) -> dict[str, Any]:
    """A client below the message's ``min_api_version`` does not show it at all."""
    version = sender.get("api_version")
    shares = isinstance(version, int) and version >= SHARES_PHONE
    return {} if shares else {LACKS: [Lack.PHONE_BUTTON]}


def _content(
    message: dict[str, Any], kept: dict[str, Any]
) -> tuple[MessageKind, str, dict[str, Any]]:
    text = str(message.get("text") or "")
    kind = str(message["type"])
    if kind == "text":
        if text.startswith(PRESS):
            action = text.removeprefix(PRESS)
            labels = kept.get("labels")
            label = labels.get(action, "") if isinstance(labels, dict) else ""
            return MessageKind.PRESS, str(label), {"action": action}
        ref = kept.get("context")
        return MessageKind.TEXT, text, {"ref": str(ref)} if ref else {}
    if kind == "contact":
        # A typed-in contact looks the same as one's own: claimed, not proven.
        phone = message["contact"]["phone_number"]
        return MessageKind.CONTACT, "", {"phone": phone, "own": False, "claimed": True}
    file = {
        "type": _KINDS.get(kind, kind), "url": message.get("media"),
        "name": message.get("file_name"), "size": message.get("size"),
    }  # fmt: skip
    file = {key: value for key, value in file.items() if value}
    return MessageKind.ATTACHMENT, text, {"type": file["type"], "files": [file]}


def _tracking(raw: Any) -> dict[str, Any]:
    try:
        value = json.loads(raw) if isinstance(raw, str) else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
