"""What Telegram refuses. Sources: Bot API, «Formatting options», sendMessage, InlineKeyboardButton.

Pure. The wording is Telegram's own, because clients look into it.
"""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

TEXT_UNITS = 4096
CALLBACK_BYTES = 64
BUTTONS = 100
BUTTONS_IN_ROW = 8
CALLBACK_ANSWER_CHARACTERS = 200

_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a",
         "tg-emoji", "code", "pre", "blockquote"}  # fmt: skip
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"'}
_PIECE = re.compile(
    r"""(?P<end></(?P<closed>[a-zA-Z-]*)\s*>)
      | (?P<start><(?P<opened>[a-zA-Z-]+)
            (?:\s+[a-zA-Z-]+(?:=(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*\s*>)
      | (?P<entity>&(?:lt|gt|amp|quot|\#\d+|\#x[0-9a-fA-F]+);)
      | (?P<stray><)
      | (?P<text>[^<&]+|&)""",
    re.VERBOSE,
)
_ACTIONS = {"callback_data", "url", "web_app", "login_url", "switch_inline_query", "copy_text"}


class Refused(Exception):
    """The answer ``{"ok": false, …}`` with HTTP status ``code``."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


def bad_request(text: str) -> Refused:
    return Refused(400, f"Bad Request: {text}")


def visible_text(params: Mapping[str, str]) -> str:
    """What the customer reads of a sendMessage call. Raises Refused as Telegram would."""
    shown = parsed(params.get("text", ""), params)
    if not shown:
        raise bad_request("message text is empty")
    if len(shown.encode("utf-16-le")) // 2 > TEXT_UNITS:
        raise bad_request("message is too long")
    return shown


def parsed(text: str, params: Mapping[str, str]) -> str:
    """``text`` without its entities. Raises Refused as Telegram would."""
    mode = params.get("parse_mode", "")
    if mode not in {"", "HTML"}:
        raise bad_request(f"unsupported parse_mode: the fake knows HTML only, not {mode}")
    return (_parse_html(text) if mode else text).strip()


def _parse_html(text: str) -> str:
    shown: list[str] = []
    opened: list[str] = []
    for piece in _PIECE.finditer(text):
        offset = len(text[: piece.start()].encode())
        match piece.lastgroup:
            case "end":
                _close(opened, piece["closed"].lower(), offset)
            case "start":
                tag = piece["opened"].lower()
                if tag not in _TAGS:
                    raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {offset}')
                opened.append(tag)
            case "entity":
                shown.append(_ENTITIES.get(piece["entity"]) or html.unescape(piece["entity"]))
            case "stray":
                raise _unparsable(f"Unclosed start tag at byte offset {offset}")
            case _:
                shown.append(piece["text"])
    if opened:
        raise _unparsable(f"Can't find end tag corresponding to start tag {opened[-1]}")
    return "".join(shown)


def _close(opened: list[str], tag: str, offset: int) -> None:
    if not opened:
        raise _unparsable(f"Unexpected end tag at byte offset {offset}")
    expected = opened.pop()
    if tag not in {expected, ""}:
        raise _unparsable(
            f'Unmatched end tag at byte offset {offset}, expected "</{expected}>", found "</{tag}>"'
        )


def _unparsable(what: str) -> Refused:
    return bad_request(f"can't parse entities: {what}")


def checked_markup(params: Mapping[str, str]) -> dict[str, Any] | None:
    """The keyboard under a message. Raises Refused as Telegram would."""
    if "reply_markup" not in params:
        return None
    try:
        markup = json.loads(params["reply_markup"])
    except json.JSONDecodeError:
        raise bad_request("can't parse reply keyboard markup JSON object") from None
    rows = markup.get("inline_keyboard", [])
    if sum(len(row) for row in rows) > BUTTONS or any(len(row) > BUTTONS_IN_ROW for row in rows):
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    return dict(markup)


def _check_button(button: Mapping[str, Any]) -> None:
    if not button.get("text"):
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    actions = _ACTIONS & button.keys()
    if len(actions) != 1:
        raise bad_request("can't parse inline keyboard button: exactly one action is required")
    if "callback_data" in button and not (
        1 <= len(button["callback_data"].encode()) <= CALLBACK_BYTES
    ):
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not re.match(r"(https?|tg)://[^\s.]+\S*$", button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid")
