"""An operator's text on its way to the customer: shown exactly as typed."""

import re

from handoff.errors import AnswerTooLong, EmptyAnswer
from replies import escape

LIMIT = 4_000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_URL = re.compile(r"https?://[^\s<>\\]+")
_TRAILING = ".,;:!?)]}»\"'…"
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def checked(text: str, *, may_be_empty: bool = False) -> str:
    """Without the blank edges. Raises EmptyAnswer, AnswerTooLong."""
    text = _UNSTORABLE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text and not may_be_empty:
        raise EmptyAnswer
    if len(text) > LIMIT:
        raise AnswerTooLong(LIMIT)
    return text


def as_markdown(text: str) -> str:
    """Markdown that shows ``text`` itself; only addresses of pages become links."""
    out: list[str] = []
    position = 0
    for found in _URL.finditer(text):
        url = found.group().rstrip(_TRAILING)
        out += [escape(text[position : found.start()]), f"<{url}>"]
        position = found.start() + len(url)
    out.append(escape(text[position:]))
    # Leading blanks would make a line a block of code.
    return _INDENT.sub(lambda blanks: "\u00a0" * len(blanks.group()), "".join(out))
