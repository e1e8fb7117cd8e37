"""Odnoklassniki's events in our own terms. Pure. Source: apiok.ru, Graph API, «subscribe».

What the documentation does not show is read leniently: a missing ``webhookType`` is a message.
"""

import json
from datetime import UTC, datetime
from typing import Any

from bots.incoming import UNREADABLE, Incoming, Malformed, Unreadable
from conversations.models import MessageKind

CHANNEL = "ok"
_KINDS = {"IMAGE": "photo", "FILE": "document", "AUDIO": "voice", "VIDEO": "video",
          "LOCATION": "location", "SHARE": "link"}  # fmt: skip


def event_id(event: Any) -> str:
    """Raises Malformed."""
    if not isinstance(event, dict):
        raise Malformed("no event")
    message = event.get("message") if isinstance(event.get("message"), dict) else {}
    kind = str(event.get("webhookType") or "MESSAGE_CREATED")
    key = event.get("callbackId") if kind == "MESSAGE_CALLBACK" else None
    key = key or (message or {}).get("mid") or event.get("mid")
    if not key and kind == "CHAT_SYSTEM":
        sender = event.get("sender")
        person = sender.get("user_id", "") if isinstance(sender, dict) else ""
        key = f"{event.get('type', '')}:{person}:{event.get('timestamp', '')}"
    if not key:
        raise Malformed("no key")
    return f"{kind}:{key}"


def parse_event(event: dict[str, Any], account_id: int) -> Incoming | None:
    """None for what concerns nobody here. Raises Unreadable."""
    external_id = event_id(event)
    try:
        match event.get("webhookType") or "MESSAGE_CREATED":
            case "MESSAGE_CREATED":
                return _message(event, account_id, external_id)
            case "MESSAGE_CALLBACK":
                action = str(event.get("payload") or "")
                return _incoming(
                    event, account_id, external_id, MessageKind.PRESS, data={"action": action},
                    order_no=_number(event),
                )  # fmt: skip
            case "CHAT_SYSTEM" if event.get("type") == "CHAT_STARTED":
                data = {"command": "start", "payload": str(event.get("payload") or "")}
                return _incoming(event, account_id, external_id, MessageKind.COMMAND, data=data)
    except UNREADABLE as error:
        raise Unreadable(external_id) from error
    return None


def _incoming(
    event: dict[str, Any], account_id: int, external_id: str, kind: MessageKind, **rest: Any
) -> Incoming:
    return Incoming(
        bot_account_id=account_id,
        channel=CHANNEL,
        chat_id=str(event["recipient"]["chat_id"]),
        external_id=external_id,
        kind=kind,
        sent_at=datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC),
        sender_name=str(event["sender"].get("name") or "") or None,
        **rest,
    )


def _number(event: dict[str, Any]) -> int:
    return int((event.get("message") or {}).get("seq") or 0)


def _message(event: dict[str, Any], account_id: int, external_id: str) -> Incoming | None:
    if not str(event["sender"]["user_id"]).startswith("user:"):
        return None
    if _is_record(event["message"].get("text")):
        return None
    kind, text, data = _content(event["message"])
    number = _number(event)
    return _incoming(
        event, account_id, external_id, kind, text=text, data=data,
        platform_no=number or None, order_no=number,
    )  # fmt: skip


def _is_record(text: Any) -> bool:
    """What Odnoklassniki notes in a chat by itself: JSON with its type in «ty»."""
    if not isinstance(text, str) or not text.startswith("{"):
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "ty" in value


def _content(message: dict[str, Any]) -> tuple[MessageKind, str, dict[str, Any]]:
    text = str(message.get("text") or "")
    attachments = message.get("attachments") or ()
    for attachment in attachments:
        if attachment["type"] == "CONTACT":
            # No proof that it is the sender's own: claimed, not proven.
            phone = str((attachment.get("payload") or {}).get("phone") or "")
            return MessageKind.CONTACT, "", {"phone": phone, "own": False, "claimed": True}
    files = []
    for attachment in attachments:
        kind = str(attachment["type"])
        file = {"type": _KINDS.get(kind, kind.lower())}
        url = (attachment.get("payload") or {}).get("url")
        files.append(file | {"url": str(url)} if url else file)
    if files:
        return MessageKind.ATTACHMENT, text, {"type": files[0]["type"], "files": files}
    return MessageKind.TEXT, text, {}
