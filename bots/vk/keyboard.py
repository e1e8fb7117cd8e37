"""Choices as VK's inline keyboard. Limits: see ``replies/channels.py``. Pure."""

import json
from collections.abc import Sequence

from replies import Button

PAYLOAD = 255


def keyboard(rows: Sequence[Sequence[Button]]) -> str | None:
    """The JSON of ``messages.send``'s parameter. Source: messages/objects.json, keyboard.

    A callback button answers without a message of the customer's; its label travels with it,
    for VK does not tell the label of what was pressed.
    """
    if not rows:
        return None
    buttons = [[_button(button) for button in row] for row in rows]
    return json.dumps({"inline": True, "buttons": buttons}, ensure_ascii=False)


def _button(button: Button) -> dict[str, object]:
    label = button.label
    if button.url:
        return {"action": {"type": "open_link", "link": button.url, "label": label}}
    payload = json.dumps({"action": button.action, "label": label}, ensure_ascii=False)
    if len(payload) > PAYLOAD:
        payload = json.dumps({"action": button.action})
    return {
        "action": {"type": "callback", "label": label, "payload": payload},
        "color": "secondary",
    }
