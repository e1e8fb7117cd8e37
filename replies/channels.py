"""What each channel can show. Sources: the platforms' documentation."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Markup(StrEnum):
    TELEGRAM_HTML = "telegram_html"
    MAX_HTML = "max_html"
    WEB_HTML = "web_html"
    PLAIN = "plain"


class Lack(StrEnum):
    """What a customer's own client can't show, though his messenger's newer ones can."""

    BUTTONS = "buttons"
    PHONE_BUTTON = "phone_button"


@dataclass(frozen=True, slots=True)
class Capability:
    """``text_limit`` in ``unit``s; buttons of a message at most ``buttons``, ``row`` in a row,
    in at most ``rows`` rows, each label of at most ``label`` characters.

    ``caption_limit``: how much text stands under a picture or a document; ``None``: no files.
    The other fields are what the table in ``docs/channels.md`` tells beside.
    """

    text_limit: int
    markup: Markup
    utf16: bool = False
    # Whether tags and entities count, too; else only what is left of the text without them.
    counts_markup: bool = False
    buttons: int = 0
    row: int = 1
    # Widest label that still shares a row with another.
    half_row_label: int = 0
    rows: int = 100
    # So many buttons, in so many rows, in place of the customer's keyboard, where more are wanted
    # than go under a message.
    below_buttons: int = 0
    below_rows: int = 0
    label: int = 1000
    # A button with a link takes a row of its own.
    wide_links: bool = False
    caption_limit: int | None = None
    document_caption: bool = True
    # Can ask for the phone with a button, and proves that it is the sender's own.
    proves_phone: bool = False
    # Has such a button, but what it sends is worth no more than typed digits.
    claims_phone: bool = False
    # How the platform's events come, and what it tells of what was sent.
    receives: str = ""
    idempotent: bool = False
    # Whether it tells of a customer's changed message, and shows «печатает…».
    edits: bool = False
    typing: bool = False
    reports: str = ""
    window: str = ""
    # For so long after a message of the customer's we may write without being charged; None: at
    # any time, until he stops the bot.
    session: timedelta | None = None


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
        proves_phone=True,
        edits=True,
        typing=True,
        receives="long poll, webhook",
        window="after the customer's first message",
    ),
    "web": Capability(
        20_000,
        Markup.WEB_HTML,
        buttons=24,
        row=3,
        half_row_label=24,
        caption_limit=20_000,
        typing=True,
        receives="page",
        reports="seen",
        window="none",
    ),
    # 4096 in practice, whatever the schema says (error 914); inline keyboards of 10 buttons,
    # 5 in a row, 6 rows, labels of 40; below the field 40 buttons in 10 rows
    # (dev.vk.com, bots/development/keyboard).
    "vk": Capability(
        4096,
        Markup.PLAIN,
        utf16=True,
        buttons=10,
        row=5,
        half_row_label=16,
        rows=6,
        below_buttons=40,
        below_rows=10,
        label=40,
        wide_links=True,
        caption_limit=4096,
        edits=True,
        typing=True,
        receives="long poll, webhook",
        idempotent=True,
        reports="seen",
        window="after the customer's first message or permission",
    ),
    # 7000 characters, pictures with 768, files with none; buttons of 1-6 columns, up to 24
    # (viber.com, bots-api, send-message and keyboards).
    "viber": Capability(
        7000,
        Markup.PLAIN,
        utf16=True,
        buttons=24,
        row=3,
        half_row_label=16,
        rows=24,
        label=250,
        caption_limit=768,
        document_caption=False,
        claims_phone=True,
        receives="webhook",
        reports="delivered, seen, failed",
        window="24 h for free",
        session=timedelta(hours=24),
    ),
    # 4000 characters, cut below as its own client does, and nothing says that tags are not counted;
    # 210 buttons, 30 rows of 7, labels of 128 (dev.max.ru, POST /messages, text formatting and
    # keyboards). A shared contact is signed: see bots/max/incoming.py.
    "max": Capability(
        3999,
        Markup.MAX_HTML,
        utf16=True,
        counts_markup=True,
        buttons=210,
        row=3,
        half_row_label=16,
        rows=30,
        label=128,
        caption_limit=3999,
        edits=True,
        typing=True,
        proves_phone=True,
        receives="long poll, webhook",
        window="after the bot was started",
    ),
    # Odnoklassniki publishes no limits: cautious guesses.
    "ok": Capability(
        4000,
        Markup.PLAIN,
        utf16=True,
        buttons=12,
        row=3,
        half_row_label=16,
        rows=10,
        label=60,
        caption_limit=4000,
        typing=True,
        claims_phone=True,
        receives="webhook",
        window="when the customer allows messages of the group",
    ),
    "terminal": Capability(20_000, Markup.PLAIN),
}
