"""VK's events in our own terms. Pure. Source: VK API schema 5.199, callback/objects.json."""

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bots.incoming import UNREADABLE, Incoming, Malformed, Unreadable, quoted
from conversations.models import LACKS, MessageKind
from replies.channels import Lack

CHANNEL = "vk"
_FIRST_GROUP_CHAT = 2_000_000_000
_MENTION = re.compile(r"\[(?:id|club|public)\d+\|([^\]]*)\]")
# VK's names of attachments where ours differ.
_KINDS = {"doc": "document", "audio_message": "voice", "graffiti": "photo"}


def event_id(event: Any) -> str:
    """The envelope's own id, the same in every repeat. Raises Malformed."""
    if not isinstance(event, dict) or not isinstance(event.get("event_id"), str):
        raise Malformed("no event_id")
    return str(event["event_id"])


def parse_event(event: dict[str, Any], account_id: int, now: datetime) -> Incoming | None:
    """None for what concerns nobody here: chats of several, our own messages, unknown types.

    ``now`` stands for the moment of events that do not tell their own. Raises Unreadable.
    """
    external_id = event_id(event)
    reader = _READERS.get(str(event.get("type")))
    if reader is None:
        return None
    try:
        return reader(_Envelope(account_id, external_id, now), event["object"])
    except UNREADABLE as error:
        raise Unreadable(f"{event.get('type')} {external_id}") from error


class _Envelope:
    def __init__(self, account_id: int, external_id: str, now: datetime) -> None:
        self._account_id = account_id
        self._external_id = external_id
        self.now = now

    def incoming(
        self, peer_id: int, kind: MessageKind, sent_at: datetime | None = None, **rest: Any
    ) -> Incoming:
        return Incoming(
            bot_account_id=self._account_id,
            channel=CHANNEL,
            chat_id=str(peer_id),
            external_id=self._external_id,
            kind=kind,
            sent_at=sent_at or self.now,
            **rest,
        )


def _message_new(envelope: _Envelope, value: dict[str, Any]) -> Incoming | None:
    message = value["message"]
    if not _from_person(message):
        return None
    number = int(message["conversation_message_id"])
    kind, text, data = _content(message)
    data |= _lacks(value.get("client_info"))
    return envelope.incoming(
        int(message["peer_id"]),
        kind,
        datetime.fromtimestamp(message["date"], UTC),
        text=text,
        data=data | quoted(plain_text(str((message.get("reply_message") or {}).get("text") or ""))),
        platform_no=number,
        order_no=number,
    )


def _lacks(client: Any) -> dict[str, Any]:
    """An old client shows no buttons, or none that answer without a message: their choices are
    numbered. Of what nothing is told, the client can do it."""
    told = client if isinstance(client, dict) else {}
    actions = told.get("button_actions")
    shown = all(told.get(way) is not False for way in ("keyboard", "inline_keyboard"))
    answers = not isinstance(actions, list) or "callback" in actions
    return {} if shown and answers else {LACKS: [Lack.BUTTONS]}


def _content(message: dict[str, Any]) -> tuple[MessageKind, str, dict[str, Any]]:
    text = plain_text(str(message.get("text") or ""))
    payload = _payload(message.get("payload"))
    ref = str(message.get("ref") or "")
    if payload.get("command") == "start":
        return MessageKind.COMMAND, text, {"command": "start", "payload": ref}
    action = payload.get("action")
    if isinstance(action, str):
        return MessageKind.PRESS, text, {"action": action}
    forwarded = list(_forwarded(message))
    files = [
        _attachment(item) for one in (message, *forwarded) for item in one.get("attachments") or ()
    ]
    if message.get("geo"):
        files.append({"type": "location"})
    words = "\n".join(plain_text(str(one.get("text") or "")) for one in forwarded).strip()
    about = quoted(words) if text else {}
    if files:
        data = {"type": files[0]["type"], "files": files}
        return MessageKind.ATTACHMENT, text or words, data | about
    if not text and words:
        return MessageKind.TEXT, words, {"forwarded": True}
    if ref and not text:
        return MessageKind.COMMAND, "", {"command": "start", "payload": ref}
    return MessageKind.TEXT, text, ({"ref": ref} if ref else {}) | about


def _forwarded(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each message that came along, those within it after it."""
    waiting = list(message.get("fwd_messages") or ())
    while waiting:
        one = waiting.pop(0)
        yield one
        waiting[:0] = one.get("fwd_messages") or ()


def _attachment(item: dict[str, Any]) -> dict[str, Any]:
    """``type`` in our words, and where the file can be fetched while the link lives."""
    kind = str(item["type"])
    value = item.get(kind) or {}
    found: dict[str, Any] = {"type": _KINDS.get(kind, kind)}
    if kind == "photo":
        sizes = [size for size in value.get("sizes") or () if size.get("url")]
        if sizes:
            best = max(sizes, key=lambda size: size.get("width", 0) * size.get("height", 0))
            found["url"] = best["url"]
    elif kind == "doc":
        found |= {"url": value.get("url"), "name": value.get("title"), "size": value.get("size")}
    elif kind == "audio_message":
        found["url"] = value.get("link_ogg") or value.get("link_mp3")
    elif kind == "graffiti":
        found["url"] = value.get("url")
    return {key: content for key, content in found.items() if content}


def _payload(raw: Any) -> dict[str, Any]:
    """A text button's payload is a string of JSON, and other clients send what they like."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return {}
    return raw if isinstance(raw, dict) else {}


def _message_edit(envelope: _Envelope, message: dict[str, Any]) -> Incoming | None:
    if not _from_person(message):
        return None
    number = int(message["conversation_message_id"])
    edited = int(message.get("update_time") or message["date"])
    return envelope.incoming(
        int(message["peer_id"]),
        MessageKind.EDITED,
        datetime.fromtimestamp(edited, UTC),
        text=plain_text(str(message.get("text") or "")),
        platform_no=number,
        edit_version=edited,
        order_no=number,
    )


def _message_event(envelope: _Envelope, value: dict[str, Any]) -> Incoming | None:
    """A callback button. Its own ``event_id`` is what the answer to the press must show."""
    peer_id = int(value["peer_id"])
    if not 0 < peer_id < _FIRST_GROUP_CHAT:
        return None
    payload = _payload(value.get("payload"))
    label = str(payload.get("label") or "")
    return envelope.incoming(
        peer_id,
        MessageKind.PRESS,
        text=label,
        data={
            "action": str(payload.get("action") or ""),
            "press_id": f"{value['event_id']} {label}".strip(),
        },
        order_no=int(value.get("conversation_message_id") or 0),
    )


def _message_allow(envelope: _Envelope, value: dict[str, Any]) -> Incoming:
    return envelope.incoming(int(value["user_id"]), MessageKind.RETURNED)


def _message_deny(envelope: _Envelope, value: dict[str, Any]) -> Incoming:
    return envelope.incoming(int(value["user_id"]), MessageKind.STOPPED)


_READERS = {
    "message_new": _message_new,
    "message_edit": _message_edit,
    "message_event": _message_event,
    "message_allow": _message_allow,
    "message_deny": _message_deny,
}


def _from_person(message: dict[str, Any]) -> bool:
    """In a dialog of two, and not what the community itself said."""
    return (
        0 < int(message["peer_id"]) < _FIRST_GROUP_CHAT
        and int(message["from_id"]) > 0
        and not message.get("out")
    )


def plain_text(text: str) -> str:
    """VK escapes «&<>» and writes mentions as «[id1|Имя]»."""
    return html.unescape(_MENTION.sub(r"\1", text))
