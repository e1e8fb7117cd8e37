"""Articles as an operator uses them: offered, searched, put into an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rapidfuzz import fuzz

from handoff.inbox import names
from knowledge_base.answers import Answer

OFFERED = 3
FOUND = 6
_ALIKE = 70

_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_BULLET = re.compile(r"^[-*] ", re.MULTILINE)
_HEADING = re.compile(r"^#+ ", re.MULTILINE)
_RULE = re.compile(r"^\|[-| :]+\|\n?", re.MULTILINE)
_ESCAPE = re.compile(r"\\([^\w\s])")


class Articles(Protocol):
    """What the inbox asks of the knowledge base."""

    def answer(self, topic: str) -> Answer | None: ...

    def topics(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Insert:
    """Something that goes into the field with one key; ``text`` is ready to be sent."""

    title: str
    text: str
    source: str


def offered(articles: Articles, understanding: Mapping[str, Any] | None) -> list[Insert]:
    """The articles that fit a message best, by what the assistant made of it."""
    ranking = (understanding or {}).get("ranking") or []
    found = (articles.answer(str(intent)) for intent, _ in ranking)
    return [insert_of(answer) for answer in found if answer is not None][:OFFERED]


def search(articles: Articles, text: str) -> list[Insert]:
    """By title and text; a slip of the pen in the title is forgiven."""
    words = names.folded(text).split()
    if not words:
        return []
    scored: list[tuple[float, str, Answer]] = []
    for topic in articles.topics():
        answer = articles.answer(topic)
        if answer is None:
            continue
        title = names.folded(answer.title)
        everything = f"{title} {names.folded(answer.short, answer.text)}"
        if all(word in title for word in words):
            score = 200.0
        elif all(word in everything for word in words):
            score = 150.0
        else:
            score = fuzz.partial_ratio(" ".join(words), title)
        if score >= _ALIKE:
            scored.append((-score, answer.title, answer))
    return [insert_of(answer) for _, _, answer in sorted(scored, key=lambda one: one[:2])[:FOUND]]


def insert_of(answer: Answer) -> Insert:
    return Insert(answer.title, plain(answer.short or answer.text), answer.topic)


def plain(markdown: str) -> str:
    """An article's text as one types it: an operator's answer goes out as it stands."""
    text = _LINK.sub(r"\1: \2", markdown)
    text = _RULE.sub("", _HEADING.sub("", _BULLET.sub("— ", text)))
    text = text.replace("**", "").replace("__", "")
    lines = [
        " — ".join(cell.strip() for cell in line.strip("|").split("|"))
        if line.startswith("|")
        else line
        for line in text.splitlines()
    ]
    return _ESCAPE.sub(r"\1", "\n".join(lines)).strip()
