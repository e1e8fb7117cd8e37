"""Choices as VK's keyboards. Limits: see ``replies/channels.py``. Pure.

Source: dev.vk.com, bots/development/keyboard; VK API schema, messages_keyboard.
"""

import json
from collections.abc import Sequence
from typing import Any

from replies import Button
from replies.channels import CAPABILITIES

PAYLOAD = 255
_CAN = CAPABILITIES["vk"]


def keyboard(rows: Sequence[Sequence[Button]], standing: Sequence[Button] = ()) -> str | None:
    """The JSON of ``messages.send``'s parameter; None for no keyboard.

    Under the message while there is room, else in place of the customer's keyboard, until he has
    chosen. ``standing``: what he finds there under a message without choices of its own.
    """
    if not rows:
        return _below([standing], one_time=False) if standing else None
    if sum(map(len, rows)) > _CAN.buttons or len(rows) > _CAN.rows:
        return _below(rows, one_time=True)
    buttons = [[_button(button, "callback") for button in row] for row in rows]
    return _json(buttons, inline=True, one_time=False)


def _below(rows: Sequence[Sequence[Button]], *, one_time: bool) -> str:
    """These buttons write their words: only so does the keyboard go away with the choice."""
    buttons = [[_button(button, "text") for button in row] for row in rows]
    return _json(buttons, inline=False, one_time=one_time)


def _json(buttons: Sequence[Sequence[dict[str, Any]]], *, inline: bool, one_time: bool) -> str:
    board = {"one_time": one_time, "inline": inline, "buttons": buttons}
    return json.dumps(board, ensure_ascii=False)


def _button(button: Button, kind: str) -> dict[str, Any]:
    """``kind``: callback, which answers without a message of the customer's, or text. The label
    travels with it, for VK does not tell the label of what was pressed."""
    label = button.label
    if button.url:
        return {"action": {"type": "open_link", "link": button.url, "label": label}}
    payload = json.dumps({"action": button.action, "label": label}, ensure_ascii=False)
    if len(payload) > PAYLOAD:
        payload = json.dumps({"action": button.action})
    return {"action": {"type": kind, "label": label, "payload": payload}, "color": "secondary"}
