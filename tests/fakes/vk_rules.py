"""What VK refuses. Source: VK API schema 5.199 (messages, errors) and dev.vk.com on keyboards."""

import json
from collections.abc import Mapping
from typing import Any

from tests.fakes import vk_schema


class Refused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


TEXT, LABEL, PAYLOAD, ROW = 4096, 40, 255, 5
# Of a keyboard: buttons and rows under a message, and in place of the customer's keyboard.
INLINE, BELOW = (10, 6), (40, 10)


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
    """By VK's own schema."""
    try:
        vk_schema.check(method, params)
    except KeyError as error:
        raise Refused(3, "Unknown method passed") from error
    except ValueError as error:
        code = 911 if "keyboard" in str(error) else 100
        raise Refused(code, f"One of the parameters was missing or invalid: {error}") from error


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
    most, most_rows = INLINE if keyboard.get("inline") else BELOW
    if keyboard.get("inline") and keyboard.get("one_time"):
        raise _format("a keyboard under a message stays")
    if not buttons or len(buttons) > most or len(rows) > most_rows:
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
