"""How an article will look: rendered for each channel by the code that renders for customers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import nh3
from markupsafe import Markup, escape

from knowledge_base.article_text import ArticleText
from knowledge_base.files.references import Files, enclosed, without
from knowledge_base.variables import fill_known
from replies import Button, File, FileKind, Part, Reply, render
from replies.channels import Markup as Dialect

CHANNELS = {
    "web": "Сайт", "telegram": "Telegram", "vk": "VK", "viber": "Viber", "max": "MAX",
    "ok": "ОК",
}  # fmt: skip
MORE = "Подробнее"
_TELEGRAM_TAGS = {"b", "i", "a"}
# Where a browser finds a kept file.
Link = Callable[[File], str]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message on the customer's screen. ``html`` is clean; with a file it is what stands
    under it, and may be empty. ``url``: of the file."""

    html: Markup
    rows: tuple[tuple[Button, ...], ...]
    file: File | None = None
    url: str = ""

    @property
    def is_picture(self) -> bool:
        return self.file is not None and self.file.kind is FileKind.PICTURE


@dataclass(frozen=True, slots=True)
class Preview:
    """``short`` is what is sent first, empty when the full answer is; ``full`` the whole one."""

    channel: str
    title: str
    short: tuple[Bubble, ...]
    full: tuple[Bubble, ...]


def previews(
    text: ArticleText, values: Mapping[str, Any], files: Files, link: Link
) -> list[Preview]:
    """Unknown variables are shown as they were typed, unknown files not at all."""
    buttons = tuple(
        Button(
            fill_known(button.label, values),
            action=button.intent,
            url=fill_known(button.url, values),
        )
        for button in text.buttons
        if button.label
    )
    body, beginning = fill_known(text.body, values), fill_known(text.short, values)
    full = Reply(without(body), buttons, enclosed(body, files))
    more = Button(MORE, action=MORE)
    short = Reply(without(beginning), (*buttons, more), enclosed(beginning, files))
    return [
        Preview(
            channel,
            title,
            bubbles(short, link, channel) if text.short else (),
            bubbles(full, link, channel) if text.body.strip() else (),
        )
        for channel, title in CHANNELS.items()
    ]


def bubbles(reply: Reply, link: Link, channel: str = "web") -> tuple[Bubble, ...]:
    return tuple(
        Bubble(
            _clean(part),
            tuple(tuple(row) for row in part.rows),
            part.file,
            link(part.file) if part.file is not None else "",
        )
        for part in render(reply, channel)
    )


def _clean(part: Part) -> Markup:
    """The web's HTML is cleaned where it is made; Telegram cleans its own, and so do we."""
    if part.markup is Dialect.WEB_HTML:
        return Markup(part.text)  # noqa: S704 (cleaned by replies.markdown)
    if part.markup is Dialect.PLAIN:
        return escape(part.text)
    cleaned = nh3.clean(
        part.text, tags=_TELEGRAM_TAGS, link_rel="noopener noreferrer",
        url_schemes={"https", "http", "tel", "mailto"},
    )  # fmt: skip
    return Markup(cleaned)  # noqa: S704 (cleaned the line before)
