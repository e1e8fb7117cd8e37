"""Articles as an operator uses them: offered, searched, put into an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from knowledge_base.answers import Answer
from knowledge_base.search import Hit
from replies import File

OFFERED = 3
FOUND = 6
# Less sure than this, a topic is a chance find.
_LIKELY = 0.02
# Of the best find's score.
_WORTH = 0.25
# What is answered by the billing system or by people has no article; these are next to it.
_NEAR = {
    "charges": ("faq/recalculation", "faq/no_reading_calculation", "faq/tariffs"),
    "balance": ("faq/recalculation", "faq/penalty", "faq/payment_methods"),
    "pay": ("faq/payment_methods",),
    "payment_status": ("faq/payment_methods", "faq/recalculation"),
    "payment_history": ("faq/payment_methods",),
    "receipt": ("faq/e_bill", "faq/payment_methods"),
    "submit_reading": ("faq/reading_channels", "faq/reading_deadline", "faq/reading_rejected"),
    "reading_history": ("faq/reading_rejected", "faq/no_reading_calculation"),
    "link_account": ("faq/account_number", "faq/personal_cabinet"),
    "my_accounts": ("faq/account_number", "faq/personal_cabinet"),
    "power_outage": ("info/outage", "faq/power_quality", "faq/debt_disconnection"),
    "planned_outage": ("info/outage", "faq/power_quality"),
    "appointment": ("faq/offices",),
    "complaint": ("faq/service_standard",),
    "request_status": ("faq/service_standard",),
}

_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_BULLET = re.compile(r"^[-*] ", re.MULTILINE)
_HEADING = re.compile(r"^#+ ", re.MULTILINE)
_RULE = re.compile(r"^\|[-| :]+\|\n?", re.MULTILINE)
_ESCAPE = re.compile(r"\\([^\w\s])")


class Articles(Protocol):
    """What the inbox asks of the knowledge base."""

    def answer(self, topic: str) -> Answer | None: ...

    def search(
        self, query: str, hints: Mapping[str, float] | None = None, *, limit: int = 10
    ) -> list[Hit]: ...


@dataclass(frozen=True, slots=True)
class Insert:
    """Something that goes into the field with one key; ``text`` is ready to be sent. ``enclosing``:
    the topic whose article's files go with it, "" without any."""

    title: str
    text: str
    source: str
    enclosing: str = ""


def offered(articles: Articles, understanding: Mapping[str, Any] | None) -> list[Insert]:
    """The articles that fit a question best, by what the assistant made of it: the topics it was
    taken for, then those near what it has no article of its own for."""
    ranking = [
        (str(intent), float(confidence))
        for intent, confidence in (understanding or {}).get("ranking") or []
    ]
    likely = [intent for intent, confidence in ranking if confidence >= _LIKELY]
    topics = [*likely, *(topic for intent in likely[:1] for topic in _NEAR.get(intent, ()))]
    found = (articles.answer(topic) for topic in dict.fromkeys(topics))
    return [insert_of(answer) for answer in found if answer is not None][:OFFERED]


def search(articles: Articles, text: str) -> list[Insert]:
    """As the base itself is searched; words that fit badly are no find."""
    hits = articles.search(text, limit=FOUND)
    found = (articles.answer(hit.topic) for hit in hits if hit.score >= hits[0].score * _WORTH)
    return [insert_of(answer) for answer in found if answer is not None]


def insert_of(answer: Answer) -> Insert:
    topic = answer.topic if files_of(answer) else ""
    return Insert(answer.title, plain(answer.short or answer.text), answer.topic, topic)


def files_of(answer: Answer) -> tuple[File, ...]:
    """Those that stand in the text which is inserted."""
    return answer.short_files if answer.short else answer.files


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
