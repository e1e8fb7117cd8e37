"""From a reply to platform messages: within the limits, nothing lost, nothing half-formatted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from replies.channels import CAPABILITIES, Capability, Markup
from replies.markdown import blocks, cut_block, render_block, visible_length
from replies.reply import Button, File, Reply, escape


@dataclass(frozen=True, slots=True)
class Part:
    """One platform message. ``rows`` of buttons stand under the last part.

    With a ``file`` the text is its caption and may be empty.
    """

    text: str
    markup: Markup
    rows: list[list[Button]] = field(default_factory=list)
    file: File | None = None

    def to_json(self) -> dict[str, Any]:
        rows = [
            [{"label": b.label, "action": b.action, "url": b.url} for b in row] for row in self.rows
        ]
        data: dict[str, Any] = {"text": self.text, "markup": self.markup, "rows": rows}
        return data | {"file": self.file.to_json()} if self.file else data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Part":
        rows = [[Button(**button) for button in row] for row in data["rows"]]
        file = data.get("file")
        return cls(
            data["text"], Markup(data["markup"]), rows, File.from_json(file) if file else None
        )


def render(reply: Reply, channel: str) -> list[Part]:
    """The platform messages for ``reply``; at least one, none empty and none above the limit."""
    can = CAPABILITIES[channel]
    text = reply.text
    if can.caption_limit is None:
        text = "\n\n".join([text, *(f"📎 {escape(_in_words(file))}" for file in reply.files)])
    shown = reply.buttons[: can.buttons]
    numbered = reply.buttons[can.buttons :] if can.buttons else reply.buttons
    if numbered:
        lines = [f"{n}. {_numbered_label(b)}" for n, b in enumerate(numbered, start=1)]
        text = text + "\n\n" + "\n".join(lines)
    texts = _pack(text, can)
    content: list[tuple[str, File | None]] = [(piece, None) for piece in texts]
    if can.caption_limit is not None and reply.files:
        first, *others = reply.files
        if visible_length(texts[-1], can) <= can.caption_limit:
            content[-1] = (texts[-1], first)
        else:
            content.append(("", first))
        content.extend(("", file) for file in others)
    last = len(content) - 1
    return [
        Part(piece, can.markup, _rows(shown, can) if n == last else [], file)
        for n, (piece, file) in enumerate(content)
    ]


def _in_words(file: File) -> str:
    return f"{file.alt} ({file.name})"


def _numbered_label(button: Button) -> str:
    return f"[{button.label}]({button.url})" if button.url else button.label


def _pack(markdown: str, can: Capability) -> list[str]:
    """Whole blocks together while they fit; a block above the limit is cut between its words."""
    separator = "" if can.markup is Markup.WEB_HTML else "\n\n"
    packed: list[str] = []
    current, used = "", 0
    for block in blocks(markdown):
        rendered = render_block(block, can.markup)
        if not rendered:
            continue
        size = visible_length(rendered, can)
        if size > can.text_limit:
            if current:
                packed.append(current)
            *full, current = cut_block(block, can)
            packed.extend(full)
            used = visible_length(current, can)
        elif current and used + len(separator) + size > can.text_limit:
            packed.append(current)
            current, used = rendered, size
        else:
            current, used = (
                (current + separator + rendered, used + len(separator) + size)
                if current
                else (rendered, size)
            )
    if current:
        packed.append(current)
    return packed or ["…"]


def _rows(buttons: Sequence[Button], can: Capability) -> list[list[Button]]:
    """Short labels two in a row, long ones alone: readable on a phone."""
    rows: list[list[Button]] = []
    for button in buttons:
        short = len(button.label) <= can.half_row_label
        if (
            rows
            and short
            and len(rows[-1]) < min(2, can.row)
            and len(rows[-1][-1].label) <= can.half_row_label
        ):
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows
