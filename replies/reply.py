"""A reply as the dialog means it, before any channel has its say."""

import re
from dataclasses import dataclass
from typing import Any

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")


@dataclass(frozen=True, slots=True)
class Button:
    """A choice. ``action`` is at most 64 bytes (Telegram's limit, the smallest); or a link."""

    label: str
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """``text`` is small Markdown: paragraphs, lists, bold, links, tables."""

    text: str
    buttons: tuple[Button, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "buttons": [{"label": b.label, "action": b.action, "url": b.url} for b in self.buttons],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Reply":
        return cls(data["text"], tuple(Button(**button) for button in data.get("buttons", ())))


def escape(text: str) -> str:
    """Text from outside made safe to stand inside a reply's Markdown."""
    return _SPECIAL.sub(r"\\\1", text)
