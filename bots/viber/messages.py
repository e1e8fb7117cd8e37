"""Our messages in Viber's words. Pure. Source: Viber REST Bot API, «Send Message», «Keyboards»."""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bots.plainly import in_words
from bots.viber.incoming import PRESS, SHARES_PHONE
from replies import Button, Part

TEXT = 7000
SENDER_NAME = 28
TRACKING = 4000


def text_message(
    part: Part, sender_name: str, *, plain: bool = False, context: str = ""
) -> dict[str, Any]:
    """The keyboard goes with every message: the client hides it under one without.

    ``context``: of the link that opened the chat, to come back with the first message.
    """
    text = in_words(part.text, part.rows)[:TEXT] if plain else part.text
    message: dict[str, Any] = {
        "type": "text", "sender": {"name": sender_name[:SENDER_NAME]}, "text": text,
    }  # fmt: skip
    return message | ({} if plain else extras(part.rows, context))


def picture_message(
    part: Part, sender_name: str, url: str, *, plain: bool = False
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "type": "picture", "sender": {"name": sender_name[:SENDER_NAME]}, "text": part.text,
        "media": url,
    }  # fmt: skip
    return message | ({} if plain else extras(part.rows))


def file_message(
    part: Part, sender_name: str, url: str, name: str, size: int, *, plain: bool = False
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "type": "file", "sender": {"name": sender_name[:SENDER_NAME]}, "media": url,
        "size": size, "file_name": name[-256:],
    }  # fmt: skip
    return message | ({} if plain else extras(part.rows))


def extras(rows: Sequence[Sequence[Button]], context: str = "") -> dict[str, Any]:
    """The keyboard, and what is to come back with the customer's next message."""
    tracking: dict[str, Any] = {"context": context} if context else {}
    labels = {b.action: b.label for row in rows for b in row if not b.url and not b.contact}
    if labels:
        tracking["labels"] = labels
    kept = json.dumps(tracking, ensure_ascii=False)
    found: dict[str, Any] = {"tracking_data": kept if len(kept) <= TRACKING else ""}
    if rows:
        found["keyboard"] = {
            "Type": "keyboard",
            "DefaultHeight": False,
            "Buttons": [_button(button, 6 // len(row)) for row in rows for button in row],
        }
    if any(button.contact for row in rows for button in row):
        found["min_api_version"] = SHARES_PHONE
    return found


def _button(button: Button, columns: int) -> Mapping[str, Any]:
    """``Text`` may hold a little HTML, so the label is escaped."""
    common = {"Columns": columns, "Rows": 1, "Text": html.escape(button.label, quote=False)}
    if button.contact:
        return {**common, "ActionType": "share-phone", "ActionBody": "phone"}
    if button.url:
        return {**common, "ActionType": "open-url", "ActionBody": button.url, "Silent": True}
    return {**common, "ActionType": "reply", "ActionBody": PRESS + button.action, "Silent": True}
