"""What each channel can show. Sources: the platforms' documentation."""

from dataclasses import dataclass
from enum import StrEnum


class Markup(StrEnum):
    TELEGRAM_HTML = "telegram_html"
    WEB_HTML = "web_html"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Capability:
    """``text_limit`` in ``unit``s; buttons of a message at most ``buttons``, ``row`` in a row.

    ``caption_limit``: how much text stands under a picture or a document; ``None``: no files.
    """

    text_limit: int
    markup: Markup
    utf16: bool = False
    buttons: int = 0
    row: int = 1
    # Widest label that still shares a row with another.
    half_row_label: int = 0
    caption_limit: int | None = None


CAPABILITIES: dict[str, Capability] = {
    # 4096 UTF-16 units after entity parsing; 100 buttons, 8 in a row (Bot API, sendMessage);
    # captions of 1024 (sendPhoto).
    "telegram": Capability(
        4096,
        Markup.TELEGRAM_HTML,
        utf16=True,
        buttons=100,
        row=8,
        half_row_label=16,
        caption_limit=1024,
    ),
    "web": Capability(
        20_000, Markup.WEB_HTML, buttons=24, row=3, half_row_label=24, caption_limit=20_000
    ),
    "terminal": Capability(20_000, Markup.PLAIN),
}
