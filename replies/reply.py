"""A reply as the dialog means it, before any channel has its say."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&=])")


@dataclass(frozen=True, slots=True)
class Button:
    """A choice. ``action`` is at most 64 bytes (Telegram's limit, the smallest); or a link.

    ``contact``: it sends the customer's own phone; shown only where the messenger proves it, or,
    with ``claim``, where it has such a button at all.
    """

    label: str
    action: str = ""
    url: str = ""
    contact: bool = False
    claim: bool = False


class FileKind(StrEnum):
    PICTURE = "picture"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class File:
    """A kept file. ``key``: its digest in ``media``; ``name``: as it is saved.

    ``alt`` says what is in it, for those who can't see it and for channels without files.
    """

    kind: FileKind
    key: str
    name: str
    alt: str

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind, "key": self.key, "name": self.name, "alt": self.alt}

    @classmethod
    def from_json(cls, data: dict[str, str]) -> "File":
        return cls(FileKind(data["kind"]), data["key"], data["name"], data["alt"])


@dataclass(frozen=True, slots=True)
class Reply:
    """``text`` is small Markdown: paragraphs, lists, bold, links, tables. Files come after it."""

    text: str
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "buttons": [{"label": b.label, "action": b.action, "url": b.url} for b in self.buttons],
            "files": [file.to_json() for file in self.files],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Reply":
        return cls(
            data["text"],
            tuple(Button(**button) for button in data.get("buttons", ())),
            tuple(File.from_json(file) for file in data.get("files", ())),
        )


def escape(text: str) -> str:
    """Text from outside made safe to stand inside a reply's Markdown."""
    return _SPECIAL.sub(r"\\\1", text)
