"""From a reply to platform messages: within the limits, nothing lost, nothing half-formatted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from replies.channels import CAPABILITIES, Capability, Lack, Markup
from replies.markdown import blocks, cut_block, render_block, visible_length
from replies.reply import Button, File, FileKind, Reply, escape


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
        rows = [[_button(button) for button in row] for row in self.rows]
        data: dict[str, Any] = {"text": self.text, "markup": self.markup, "rows": rows}
        return data | {"file": self.file.to_json()} if self.file else data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Part":
        rows = [[Button(**button) for button in row] for row in data["rows"]]
        file = data.get("file")
        return cls(
            data["text"], Markup(data["markup"]), rows, File.from_json(file) if file else None
        )


def _button(button: Button) -> dict[str, Any]:
    data = {"label": button.label, "action": button.action, "url": button.url}
    marks = {"contact": button.contact, "claim": button.claim}
    return data | {name: True for name, given in marks.items() if given}


def render(reply: Reply, channel: str, lacks: Collection[str] = ()) -> list[Part]:
    """The platform messages for ``reply``; at least one, none empty and none above the limit.

    ``lacks``: of ``Lack``, as far as is known of this customer's client.
    """
    can = _of_client(CAPABILITIES[channel], lacks)
    text = reply.text
    if can.caption_limit is None:
        text = "\n\n".join([text, *(f"📎 {escape(_in_words(file))}" for file in reply.files)])
    buttons = [button for button in reply.buttons if not button.contact or _asks(button, can)]
    rows = _rows(buttons, can)
    if rows is None:
        text = f"{text}\n\n{_numbered(buttons)}"
    # A file may come without a word.
    texts = _pack(text, can) if text.strip() or not _shown(reply, can) else [""]
    content: list[tuple[str, File | None]] = [(piece, None) for piece in texts]
    if _shown(reply, can):
        first, *others = reply.files
        if visible_length(texts[-1], can) <= _caption(first, can):
            content[-1] = (texts[-1], first)
        else:
            content.append(("", first))
        content.extend(("", file) for file in others)
    last = len(content) - 1
    return [
        Part(piece, can.markup, (rows or []) if n == last else [], file)
        for n, (piece, file) in enumerate(content)
    ]


def _of_client(can: Capability, lacks: Collection[str]) -> Capability:
    if Lack.BUTTONS in lacks:
        can = replace(can, buttons=0, below_buttons=0)
    if lacks:  # the phone's button is the newer of the two
        can = replace(can, proves_phone=False, claims_phone=False)
    return can


def _asks(button: Button, can: Capability) -> bool:
    return can.proves_phone or (can.claims_phone and button.claim)


def _in_words(file: File) -> str:
    return f"{file.alt} ({file.name})"


def _shown(reply: Reply, can: Capability) -> bool:
    """Whether the channel carries the files that are there."""
    return can.caption_limit is not None and bool(reply.files)


def _caption(file: File, can: Capability) -> int:
    captioned = can.document_caption or file.kind is FileKind.PICTURE
    return (can.caption_limit or 0) if captioned else 0


def _numbered(buttons: Sequence[Button]) -> str:
    """Choices to be typed, numbered as the dialog counts them: links are none of them."""
    choices = [button for button in buttons if not button.url]
    links = [button for button in buttons if button.url]
    lists = [
        [f"{n}. {escape(button.label)}" for n, button in enumerate(choices, start=1)],
        [f"- [{escape(button.label)}]({button.url})" for button in links],
    ]
    return "\n\n".join("\n".join(lines) for lines in lists if lines)


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


def _rows(buttons: Sequence[Button], can: Capability) -> list[list[Button]] | None:
    """Short labels two in a row, long ones alone: readable on a phone; tighter when the platform
    has too few rows. None when they don't fit even so."""
    if any(len(button.label) > can.label for button in buttons):
        return None
    for most, most_rows in ((can.buttons, can.rows), (can.below_buttons, can.below_rows)):
        if len(buttons) > most:
            continue
        widths = range(min(2, can.row), can.row + 1)
        for width, longest in ((widths[0], can.half_row_label), *((w, can.label) for w in widths)):
            rows = _in_rows(buttons, can, width, longest)
            if len(rows) <= most_rows:
                return rows
    return [] if not buttons else None


def _in_rows(
    buttons: Sequence[Button], can: Capability, width: int, longest: int
) -> list[list[Button]]:
    rows: list[list[Button]] = []
    for button in buttons:
        beside = rows[-1] if rows else []
        if (
            0 < len(beside) < width
            and all(len(other.label) <= longest for other in (*beside, button))
            and not (can.wide_links and any(other.url for other in (*beside, button)))
        ):
            beside.append(button)
        else:
            rows.append([button])
    return rows
