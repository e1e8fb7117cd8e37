"""Links in the text of an article: found, and looked at without following them."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from knowledge_base.errors import Problem
from knowledge_base.files.references import FOLDER

SCHEMES: Final = frozenset({"https", "http", "tel", "mailto"})
# «[words](target)» and «<https://…>»; the target may be empty or, by mistake, have blanks.
_LINK: Final = re.compile(r"\]\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)|<(https?:[^>\n]*)>")
_BARE: Final = re.compile(r"(?<![(<\w])https?:[^\s<>()\"»]*")
_HOST: Final = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
_PHONE: Final = re.compile(r"\+?[\d-]{3,20}")
_TOPIC: Final = re.compile(r"(?:faq|info)/\w+")


def is_link(url: str) -> bool:
    """Whether a browser could open it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if re.search(r"[\s\\]", url):
        return False
    if parts.scheme == "tel":
        return _PHONE.fullmatch(parts.path) is not None
    if parts.scheme == "mailto":
        return re.fullmatch(r"[^@\s]+@[^@\s]+", parts.path) is not None
    return parts.scheme in SCHEMES and _HOST.fullmatch(host) is not None


def find_problems(source: str, field: str) -> Iterator[Problem]:
    """``source``: Markdown with its variables filled; with lines counted from 1."""
    for number, line in enumerate(source.split("\n"), 1):
        for target in _targets(line):
            if _TOPIC.fullmatch(target):
                message = f"К статье {target} ведёт кнопка, а не ссылка в тексте"
                yield Problem(message, field, number)
            elif not target.startswith(f"{FOLDER}/") and not is_link(target):
                yield Problem(f"Ссылка никуда не ведёт: «{target}»", field, number)


def _targets(line: str) -> Iterator[str]:
    for found in _LINK.finditer(line):
        # What follows in quotes is the link's title.
        yield re.sub(r"\s+(\"[^\"]*\"|'[^']*')$", "", (found[1] or found[2] or "").strip())
    for found in _BARE.finditer(_LINK.sub(" ", line)):
        yield found[0].rstrip(".,;:!?…*_")
