"""The published articles in memory: read on every message, reloaded when something is published."""

import asyncio
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.answers import Answer, ArticleButton
from knowledge_base.article_text import ArticleText, Audience
from knowledge_base.errors import Unfit
from knowledge_base.files.references import FileFacts, Files, enclosed, references, without
from knowledge_base.files.service import known as known_files
from knowledge_base.following import STEP_SECONDS, follow
from knowledge_base.models import Article, ArticleVersion, State
from knowledge_base.names import place_of, section_of
from knowledge_base.search import Document, Hit, SearchIndex
from knowledge_base.terms import is_outdated
from knowledge_base.variables import fill
from knowledge_base.versions import text_of
from nlu.taxonomy import is_faq
from storage.database import Database
from storage.signals import Signals

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Published:
    version_id: int
    text: ArticleText

    def is_valid(self, now: datetime, today: date) -> bool:
        begun = self.text.valid_from is None or self.text.valid_from <= now
        over = self.text.valid_until is not None and self.text.valid_until <= now
        return begun and not over and not is_outdated(self.text.review_by, today)

    def is_for(self, audience: str) -> bool:
        """A business that asks about homes would be told wrong rules; but whoever asks about
        business is one, though we took him for a household."""
        return audience != Audience.BUSINESS or self.text.audience != Audience.HOUSEHOLD


class KnowledgeBase:
    """``variables()`` gives the values of the moment: a new mapping when one of them changed.
    ``zone``: where the days of «review by» begin."""

    def __init__(
        self, database: Database, variables: Callable[[], Mapping[str, Any]], zone: tzinfo = UTC
    ) -> None:
        self._database = database
        self._zone = zone
        self._variables = variables
        self._published: dict[str, _Published] = {}
        self._files: Files = {}
        self._values: Mapping[str, Any] = {}
        self._filled: dict[str, Answer | None] = {}
        self._index = SearchIndex(())
        self._mark: object = None

    async def load(self) -> None:
        """Read what is published and in force. Called at the start and on «kb.published»."""
        async with self._database.read() as session:
            mark = await _read_mark(session)
            rows = await session.execute(
                select(Article.topic, ArticleVersion)
                .join(Article, Article.id == ArticleVersion.article_id)
                .where(ArticleVersion.state == State.PUBLISHED)
                .order_by(Article.topic)
            )
            published = {topic: _Published(row.id, text_of(row)) for topic, row in rows}
            self._files = await known_files(session)
        self._published, self._mark = published, mark
        self._fill(self._variables())
        log.info("knowledge_base.loaded", articles=len(published))
        # Answers do not wait for the search.
        self._index = await asyncio.to_thread(_index, published)

    async def refresh(self) -> bool:
        """``load()`` when something was published since the last one; whether it was."""
        async with self._database.read() as session:
            mark = await _read_mark(session)
        if mark == self._mark:
            return False
        await self.load()
        return True

    async def follow(
        self, signals: Signals, stop: asyncio.Event, *, step: float = STEP_SECONDS
    ) -> None:
        """Reload whenever any process published something, until ``stop``."""
        await follow(self.refresh, signals, stop, failed="knowledge_base.not_reloaded", step=step)

    def answer(self, topic: str, *, audience: str = Audience.HOUSEHOLD) -> Answer | None:
        """The article about ``topic`` («faq/penalty», «info/outage»); None when there is none
        that is in force, or none for this audience. Reads memory only."""
        found = self._published.get(topic)
        if found is None or not found.is_for(audience):
            return None
        if not self._is_valid(found):
            return None
        values = self._variables()
        if values != self._values:
            self._fill(values)
        return self._filled[topic]

    def with_draft(self, topic: str, text: ArticleText, files: Files) -> "KnowledgeBase":
        """The same base as it would be with ``text``, which may show ``files``, published;
        nothing of this one changes."""
        other = copy(self)
        draft = _Published(0, text)
        other._published = self._published | {topic: draft}
        other._filled = self._filled | {topic: _fill(topic, draft, self._values, files)}
        return other

    def search(
        self, query: str, hints: Mapping[str, float] | None = None, *, limit: int = 10
    ) -> list[Hit]:
        """The articles in force that fit the words best; ``hints``: the classifier's topics with
        their probabilities. Plain computation of about a millisecond."""
        found = self._index.search(query, hints, limit=limit)
        return [
            replace(hit, title=answer.title)
            for hit in found
            if hit.topic in self._published
            and self._is_valid(self._published[hit.topic])
            and (answer := self._filled[hit.topic])
        ]

    def answers(self) -> list[Answer]:
        """Every article in force now that can be filled, by topic."""
        values = self._variables()
        if values != self._values:
            self._fill(values)
        return [
            answer
            for topic, found in self._published.items()
            if self._is_valid(found) and (answer := self._filled[topic]) is not None
        ]

    def files_of(self, answer: Answer) -> list[tuple[FileFacts, str]]:
        """The files of the whole text with what is in them, each once, in its order."""
        shown = {one.name: one.alt for one in references(answer.page)}
        return [(self._files[name], alt) for name, alt in shown.items() if name in self._files]

    def contents(self) -> list[Answer]:
        """The articles that customers may browse, as they stand in the menu."""
        found = [answer for answer in self.answers() if is_faq(answer.topic)]
        return sorted(found, key=lambda one: (place_of(one.topic), one.title))

    def questions(self) -> list[tuple[str, str]]:
        """Training phrases with their intents, from the articles that are intents."""
        return [
            (question, topic)
            for topic, found in self._published.items()
            if is_faq(topic)
            for question in found.text.questions
        ]

    def is_outdated(self, topic: str) -> bool:
        """There is an article, but its day of review has passed: what it says may have changed."""
        found = self._published.get(topic)
        today = self._database.clock.now().astimezone(self._zone).date()
        return found is not None and is_outdated(found.text.review_by, today)

    def _is_valid(self, found: _Published) -> bool:
        now = self._database.clock.now()
        return found.is_valid(now, now.astimezone(self._zone).date())

    def _fill(self, values: Mapping[str, Any]) -> None:
        self._filled = {
            topic: _fill(topic, found, values, self._files)
            for topic, found in self._published.items()
        }
        self._values = values


async def _read_mark(session: AsyncSession) -> tuple[object, ...]:
    """Differs after every publication, in whatever order transactions end."""
    row = await session.execute(
        select(
            func.count(), func.sum(ArticleVersion.id), func.max(ArticleVersion.published_at)
        ).where(ArticleVersion.state == State.PUBLISHED)
    )
    return tuple(row.one())


def _index(published: Mapping[str, _Published]) -> SearchIndex:
    """Of the articles that customers may be led to."""
    return SearchIndex(
        Document(topic, text.title, text.questions, text.tags, f"{text.short}\n{text.body}")
        for topic, found in published.items()
        if is_faq(topic)
        for text in (found.text,)
    )


def _fill(topic: str, found: _Published, values: Mapping[str, Any], files: Files) -> Answer | None:
    """None when a variable is gone: better an operator than an answer with a hole."""
    text = found.text
    try:
        body, short = fill(text.body, values), fill(text.short, values)
        return Answer(
            topic=topic,
            title=fill(text.title, values),
            text=without(body),
            short=without(short),
            buttons=tuple(
                ArticleButton(fill(b.label, values), b.intent, fill(b.url, values))
                for b in text.buttons
            ),
            version_id=found.version_id,
            audience=text.audience,
            section=section_of(topic, text.tags),
            files=enclosed(body, files),
            short_files=enclosed(short, files),
            page=body,
        )
    except Unfit as error:
        log.error("knowledge_base.article_unfit", topic=topic, problem=str(error))
        return None
