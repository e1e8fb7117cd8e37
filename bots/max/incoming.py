"""MAX's updates in our own terms. Pure. Source: MAX Bot API schema, «Update».

Updates have no number of their own: the key is made of what names the thing that happened.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Any

from bots.incoming import UNREADABLE, Incoming, Malformed, Unreadable, quoted
from conversations.models import MessageKind

CHANNEL = "max"
_KINDS = {"image": "photo", "audio": "voice", "file": "document", "share": "link"}
_KEYBOARDS = {"inline_keyboard", "reply_keyboard"}
_PHONE = re.compile(r"^TEL[^:]*:(.+?)\s*$", re.MULTILINE)


def event_id(update: Any) -> str:
    """Raises Malformed."""
    try:
        kind = update["update_type"]
        match kind:
            case "message_created":
                return f"{kind}:{update['message']['body']['mid']}"
            case "message_edited":
                return f"{kind}:{update['message']['body']['mid']}:{update['timestamp']}"
            case "message_callback":
                return f"{kind}:{update['callback']['callback_id']}"
            case "message_removed":
                return f"{kind}:{update['message_id']}"
        person = (update.get("user") or {}).get("user_id", "")
        return f"{kind}:{update.get('chat_id', '')}:{person}:{update.get('timestamp', '')}"
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("no key") from error


def parse_update(update: dict[str, Any], account_id: int, token: str) -> Incoming | None:
    """None for what concerns nobody here. ``token`` proves shared contacts. Raises Unreadable."""
    external_id = event_id(update)
    try:
        match update["update_type"]:
            case "message_created":
                return _message(update, account_id, external_id, token)
            case "message_edited":
                return _edited(update, account_id, external_id)
            case "message_callback":
                return _press(update, account_id, external_id)
            case "bot_started":
                data = {"command": "start", "payload": str(update.get("payload") or "")}
                return _about_chat(update, account_id, external_id, MessageKind.COMMAND, data)
            case "bot_stopped":
                return _about_chat(update, account_id, external_id, MessageKind.STOPPED, {})
    except UNREADABLE as error:
        raise Unreadable(external_id) from error
    return None


def removed_message(update: Any) -> str | None:
    """The id under which the message that was taken back had come; None for another update."""
    if update["update_type"] != "message_removed":
        return None
    return f"message_created:{update['message_id']}"


def parse_removed(
    update: dict[str, Any], account_id: int, text: str, data: dict[str, Any]
) -> Incoming:
    """``text`` and ``data``: of the message that was taken back. Raises Unreadable."""
    external_id = event_id(update)
    kept = {"type": data["type"]} if "type" in data else {}
    try:
        return _incoming(
            account_id, external_id, update["chat_id"], {}, MessageKind.REMOVED,
            update["timestamp"], text=text, data=kept,
        )  # fmt: skip
    except UNREADABLE as error:
        raise Unreadable(external_id) from error


def _incoming(
    account_id: int, external_id: str, chat_id: Any, person: dict[str, Any], kind: MessageKind,
    milliseconds: Any, **rest: Any,
) -> Incoming:  # fmt: skip
    names = (str(person.get(key) or "") for key in ("first_name", "last_name"))
    return Incoming(
        bot_account_id=account_id,
        channel=CHANNEL,
        chat_id=str(int(chat_id)),
        external_id=external_id,
        kind=kind,
        sent_at=datetime.fromtimestamp(int(milliseconds) / 1000, UTC),
        sender_name=" ".join(name for name in names if name) or None,
        **rest,
    )


def _about_chat(
    update: dict[str, Any], account_id: int, external_id: str, kind: MessageKind,
    data: dict[str, Any],
) -> Incoming:  # fmt: skip
    return _incoming(
        account_id, external_id, update["chat_id"], update["user"], kind, update["timestamp"],
        data=data, text="/start" if kind is MessageKind.COMMAND else "",
    )  # fmt: skip


def _in_dialog(message: dict[str, Any]) -> bool:
    return bool(message["recipient"].get("chat_type", "dialog") == "dialog")


def _message(
    update: dict[str, Any], account_id: int, external_id: str, token: str
) -> Incoming | None:
    message = update["message"]
    if not _in_dialog(message) or message["sender"].get("is_bot"):
        return None
    kind, text, data = _content(message, token)
    number = int(message["body"]["seq"])
    return _incoming(
        account_id, external_id, message["recipient"]["chat_id"], message["sender"], kind,
        message["timestamp"], text=text, data=data | _replied(message), platform_no=number,
        order_no=number,
    )  # fmt: skip


def _replied(message: dict[str, Any]) -> dict[str, str]:
    link = message.get("link") or {}
    return quoted((link.get("message") or {}).get("text")) if link.get("type") == "reply" else {}


def _edited(update: dict[str, Any], account_id: int, external_id: str) -> Incoming | None:
    message = update["message"]
    if not _in_dialog(message) or message["sender"].get("is_bot"):
        return None
    number = int(message["body"]["seq"])
    return _incoming(
        account_id, external_id, message["recipient"]["chat_id"], message["sender"],
        MessageKind.EDITED, update["timestamp"], text=str(message["body"].get("text") or ""),
        platform_no=number, edit_version=int(update["timestamp"]), order_no=number,
    )  # fmt: skip


def _press(update: dict[str, Any], account_id: int, external_id: str) -> Incoming | None:
    press = update["callback"]
    message = update.get("message")
    if message is None:
        return None  # the keyboard was deleted, and nobody says in which chat it was
    if not _in_dialog(message):
        return None
    action = str(press.get("payload") or "")
    label = _label(message, action)
    return _incoming(
        account_id, external_id, message["recipient"]["chat_id"], press["user"],
        MessageKind.PRESS, press["timestamp"], text=label,
        data={"action": action, "press_id": f"{press['callback_id']} {label}".strip()},
        order_no=int((message.get("body") or {}).get("seq") or 0),
    )  # fmt: skip


def _label(message: dict[str, Any], action: str) -> str:
    """The pressed button's text, for the operator and for the answer to the press."""
    for attachment in (message.get("body") or {}).get("attachments") or ():
        if attachment.get("type") == "inline_keyboard":
            for row in attachment["payload"]["buttons"]:
                for button in row:
                    if button.get("payload") == action:
                        return str(button["text"])
    return ""


def _content(message: dict[str, Any], token: str) -> tuple[MessageKind, str, dict[str, Any]]:
    body = message["body"]
    text = str(body.get("text") or "")
    attachments = body.get("attachments") or ()
    for attachment in attachments:
        if attachment["type"] == "contact":
            return MessageKind.CONTACT, "", _contact(attachment["payload"], message, token)
    forwarded = _forwarded(message)
    words = str(forwarded.get("text") or "")
    about = quoted(words) if text else {}
    files = [
        _file(attachment) for attachment in (*attachments, *(forwarded.get("attachments") or ()))
        if attachment["type"] not in _KEYBOARDS
    ]  # fmt: skip
    if files:
        data = {"type": files[0]["type"], "files": files}
        return MessageKind.ATTACHMENT, text or words, data | about
    if not text and words:
        return MessageKind.TEXT, words, {"forwarded": True}
    command, payload = (*text.split(maxsplit=1), "", "")[:2]
    if command.startswith("/") and len(command) > 1:
        data = {"command": command[1:].lower(), "payload": payload.strip()}
        return MessageKind.COMMAND, text, data
    return MessageKind.TEXT, text, about


def _forwarded(message: dict[str, Any]) -> dict[str, Any]:
    """The body of the message that was passed on; empty where none was."""
    link = message.get("link") or {}
    body = link.get("message") if link.get("type") == "forward" else None
    return dict(body or {})


def _file(attachment: dict[str, Any]) -> dict[str, Any]:
    kind = str(attachment["type"])
    found = {
        "type": _KINDS.get(kind, kind), "url": (attachment.get("payload") or {}).get("url"),
        "name": attachment.get("filename"), "size": attachment.get("size"),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value}


def _contact(payload: dict[str, Any], message: dict[str, Any], token: str) -> dict[str, Any]:
    """One's own only when it is the sender's and MAX has signed the card with the bot's token:
    hex HMAC-SHA256 over ``vcf_info`` as it came (schema ContactAttachmentPayload, ``hash``; the
    formula is that of one client library). Without the signature it is only claimed."""
    card = str(payload.get("vcf_info") or "")
    phone = _PHONE.search(card)
    expected = hmac.new(token.encode(), card.encode(), hashlib.sha256).hexdigest()
    signed = hmac.compare_digest(str(payload.get("hash") or "").encode(), expected.encode())
    owner = (payload.get("max_info") or {}).get("user_id")
    senders = owner is not None and owner == message["sender"]["user_id"]
    found = {"phone": phone[1] if phone else "", "own": senders and signed}
    return found | ({"claimed": True} if senders and not signed else {})
