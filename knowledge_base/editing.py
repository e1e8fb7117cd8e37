"""What editors do with articles. Each step is one transaction with its audit entry and event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from conversations.events import Events
from knowledge_base import scheduling, versions
from knowledge_base.article_text import ArticleText
from knowledge_base.checks import find_excess, require_fit
from knowledge_base.errors import ArticleUnknown, NotForYou, StillPointedTo, TopicTaken, Unfit
from knowledge_base.files.service import known as known_files
from knowledge_base.learning.service import Learning, teaches
from knowledge_base.models import Article, ArticleVersion, State
from knowledge_base.withdrawing import PointedTo, pointers
from staff import audit
from storage.database import Database, Transaction

SAVED_EVENT = "kb.saved"


@dataclass(frozen=True, slots=True)
class Saved:
    """The newest version after a step; ``number`` is what the next one begins with.

    ``training_id``: it comes into force when this training is done; ``waits``: on its day; else
    at once.
    """

    version_id: int
    number: int
    training_id: int | None = None
    waits: bool = False


class Editor:
    """``variables()`` gives today's values: an article that names another is not published.
    ``pointed_to``: the assistant's own answers that lead to articles."""

    def __init__(
        self,
        database: Database,
        events: Events,
        learning: Learning,
        variables: Callable[[], Mapping[str, Any]],
        pointed_to: PointedTo | None = None,
    ) -> None:
        self.database = database
        self.learning = learning
        self.variables = variables
        self.events = events
        self.pointed_to = pointed_to or {}

    async def create(self, topic: str, title: str, *, author_id: int) -> int:
        """The id of a new article with an empty draft. Raises TopicTaken."""
        try:
            async with self.database.write() as tx:
                article_id = await versions.add_article(tx, topic, responsible_id=author_id)
                draft = ArticleText(title=title, body="").tidied()
                await self.save_in(tx, article_id, draft, author_id, 0)
                log(tx, author_id, "article.created", article_id)
        except IntegrityError as error:
            raise TopicTaken(topic) from error
        return article_id

    async def save(
        self, article_id: int, text: ArticleText, *, author_id: int, base_number: int
    ) -> Saved:
        """Keep ``text`` as the draft; what says nothing new makes no version.

        Raises EditConflict when the newest version is no longer ``base_number``, Unfit when
        there is too much of it.
        """
        if excess := list(find_excess(text)):
            raise Unfit(excess)
        async with self.database.write() as tx:
            return await self.save_in(tx, article_id, text, author_id, base_number)

    async def publish(
        self, article_id: int, text: ArticleText, *, author_id: int, base_number: int
    ) -> Saved:
        """Save and put in force: at once; where the bot has to learn other questions, when it has
        learnt them; in place of another text, not before its day. Raises Unfit before anything is
        written, EditConflict, NotForYou where somebody else approves."""
        async with self.database.write() as tx:
            await self.require_fit(tx, text)
            article = await tx.session.get_one(Article, article_id)
            if article.approver_id is not None:
                raise NotForYou
            saved = await self.save_in(tx, article_id, text, author_id, base_number)
            version = await tx.session.get_one(ArticleVersion, saved.version_id)
            return await self.put_in_force(tx, version, author_id=author_id)

    async def require_fit(self, tx: Transaction, text: ArticleText) -> None:
        """Raises Unfit."""
        topics = (await tx.session.execute(select(Article.topic))).scalars().all()
        files = await known_files(tx.session)
        require_fit(text, self.variables(), topics=topics, files=files)

    async def put_in_force(
        self, tx: Transaction, version: ArticleVersion, *, author_id: int | None
    ) -> Saved:
        """The article's newest version: now, on its day, or when the bot has learnt it."""
        saved = Saved(version.id, version.number)
        if version.state == State.PUBLISHED:
            return saved
        if (day := await scheduling.awaits(tx, version)) is not None:
            await self.learning.call_off(tx, version.article_id)
            await scheduling.put_off(tx, version, day, author_id=author_id)
            log(tx, author_id, "article.scheduled", version.article_id, version_id=version.id)
            return replace(saved, waits=True)
        if await teaches(tx.session, version):
            training = await self.learning.ask(tx, author_id=author_id, version=version)
            return replace(saved, training_id=training)
        await self.learning.call_off(tx, version.article_id)
        await versions.publish(
            tx, self.events, version.article_id, version.id, base_number=version.number
        )
        log(tx, author_id, "article.published", version.article_id, version_id=version.id)
        return saved

    async def withdraw(self, article_id: int, *, author_id: int, base_number: int) -> None:
        """Show it to customers no more. Raises ArticleUnknown, EditConflict, StillPointedTo."""
        async with self.database.write() as tx:
            article = await tx.session.get(Article, article_id)
            if article is None:
                raise ArticleUnknown(article_id)
            await versions.withdraw(tx, self.events, article_id, base_number=base_number)
            if await pointers(tx.session, article.topic, self.pointed_to):
                raise StillPointedTo(article.topic)
            await self.learning.call_off(tx, article_id)
            await scheduling.call_off(tx, article_id)
            log(tx, author_id, "article.withdrawn", article_id)

    async def restore(
        self, article_id: int, version: ArticleVersion, *, author_id: int, base_number: int
    ) -> Saved:
        """Begin a draft with an older version's text. Raises EditConflict."""
        text = versions.text_of(version)
        return await self.save(article_id, text, author_id=author_id, base_number=base_number)

    async def save_in(
        self, tx: Transaction, article_id: int, text: ArticleText, author_id: int, base_number: int
    ) -> Saved:
        """``save`` as a part of ``tx``."""
        newest = await versions.latest(tx.session, article_id)
        if newest is not None and newest.number == base_number and versions.text_of(newest) == text:
            return Saved(newest.id, newest.number)
        version_id = await versions.save(
            tx, article_id, text, author_id=author_id, base_number=base_number
        )
        self.events.emit(tx, SAVED_EVENT, article_id=article_id, author_id=author_id)
        return Saved(version_id, base_number + 1)


def log(tx: Transaction, person_id: int | None, action: str, article_id: int, **data: Any) -> None:
    audit.record(tx, person_id, action, object_kind="article", object_id=article_id, **data)
