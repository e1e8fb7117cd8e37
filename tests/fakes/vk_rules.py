"""What VK refuses. Source: VK API schema 5.199 (messages, errors) and dev.vk.com on keyboards."""

import json
from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


TEXT, LABEL, PAYLOAD, BUTTONS, ROWS, ROW = 4096, 40, 255, 10, 6, 5
KNOWN = {
    "messages.send": {
        "peer_id", "random_id", "message", "attachment", "keyboard", "dont_parse_links",
        "disable_mentions", "payload", "reply_to", "forward", "intent", "format_data",
    },
    "messages.sendMessageEventAnswer": {"event_id", "user_id", "peer_id", "event_data"},
    "messages.setActivity": {"user_id", "type", "peer_id", "group_id"},
    "messages.markAsRead": {
        "message_ids", "peer_id", "start_message_id", "group_id", "mark_conversation_as_read",
        "up_to_cmid",
    },
    "execute": {"code", "func_v"},
    "users.get": {"user_ids", "fields", "name_case"},
    "groups.getLongPollServer": {"group_id"},
    "groups.getById": {"group_id", "group_ids", "fields"},
    "groups.getLongPollSettings": {"group_id"},
    "photos.getMessagesUploadServer": {"peer_id"},
    "photos.saveMessagesPhoto": {"photo", "server", "hash"},
    "docs.getMessagesUploadServer": {"type", "peer_id"},
    "docs.save": {"file", "title", "tags", "return_tags"},
}  # fmt: skip


def calls_of(code: str) -> list[tuple[str, dict[str, str]]]:
    """The calls of a code for ``execute`` that is one list of them, at most 25."""
    head, tail = "return [", "];"
    if not (code.startswith(head) and code.endswith(tail)):
        raise Refused(12, "Unable to compile code")
    rest = code[len(head) : -len(tail)]
    found: list[tuple[str, dict[str, str]]] = []
    while rest:
        try:
            method, _, rest = rest.removeprefix(", ").removeprefix("API.").partition("(")
            params, end = json.JSONDecoder().raw_decode(rest)
            found.append((method, {key: str(value) for key, value in params.items()}))
        except ValueError as error:
            raise Refused(12, "Unable to compile code") from error
        if rest[end : end + 1] != ")":
            raise Refused(12, "Unable to compile code")
        rest = rest[end + 1 :]
    if len(found) > 25:
        raise Refused(13, "Too many API calls")
    return found


def check_params(method: str, params: Mapping[str, str]) -> None:
    if method not in KNOWN:
        raise Refused(3, "Unknown method passed")
    unknown = params.keys() - KNOWN[method] - {"access_token", "v"}
    if unknown:
        raise Refused(100, f"One of the parameters specified was missing or invalid: {unknown}")


def check_message(params: Mapping[str, str]) -> None:
    text = params.get("message", "")
    if not text and not params.get("attachment"):
        raise Refused(100, "Message is empty")
    if len(text.encode("utf-16-le")) // 2 > TEXT:
        raise Refused(914, "Message is too long")
    random_id = int(params.get("random_id", "0"))
    if not 0 < random_id < 2**31:
        raise Refused(100, "random_id must be a positive 32-bit number to protect from repeats")
    if "keyboard" in params:
        check_keyboard(params["keyboard"])


def check_keyboard(raw: str) -> None:
    try:
        keyboard = json.loads(raw)
        rows = keyboard["buttons"]
        buttons = [button for row in rows for button in row]
        kinds = [button["action"]["type"] for button in buttons]
    except (ValueError, KeyError, TypeError) as error:
        raise _format("not a keyboard") from error
    if keyboard.get("inline") is not True:
        raise _format("only inline keyboards are sent here")
    if not buttons or len(buttons) > BUTTONS or len(rows) > ROWS:
        raise _format("too many buttons")
    if any(not row or len(row) > ROW for row in rows):
        raise _format("a row is too wide or empty")
    for row in rows:
        if any(button["action"]["type"] == "open_link" for button in row) and len(row) > 2:
            raise _format("a wide button needs two places")
    for button, kind in zip(buttons, kinds, strict=True):
        _check_button(button, kind)


def _check_button(button: Mapping[str, Any], kind: str) -> None:
    action = button["action"]
    if not 0 < len(action.get("label", "")) <= LABEL:
        raise _format("label")
    if kind == "open_link":
        if "color" in button or not str(action.get("link", "")).startswith("http"):
            raise _format("open_link")
    elif kind in {"text", "callback"}:
        payload = action.get("payload")
        if not isinstance(payload, str) or len(payload) > PAYLOAD:
            raise _format("payload")
        json.loads(payload)
    else:
        raise _format(f"unknown type {kind}")


def _format(text: str) -> Refused:
    return Refused(911, f"Keyboard format is invalid: {text}")


def check_event_data(raw: str) -> None:
    data = json.loads(raw)
    if len(raw) > 1000 or data.get("type") not in {"show_snackbar", "open_link", "open_app"}:
        raise Refused(100, "event_data")
    if data["type"] == "show_snackbar" and not 0 < len(data.get("text", "")) <= 90:
        raise Refused(100, "snackbar text")
