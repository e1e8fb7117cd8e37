"""Saving and publishing versions. Every write names the version it was made from."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from conversations.events import Events
from knowledge_base.answers import ArticleButton
from knowledge_base.article_text import ArticleText, Audience, fold
from knowledge_base.errors import EditConflict
from knowledge_base.models import Article, ArticleVersion, State
from storage.database import Transaction

PUBLISHED_EVENT = "kb.published"


async def add_article(tx: Transaction, topic: str, *, responsible_id: int | None = None) -> int:
    """The id of a new article without any version. The topic must be free."""
    article = Article(topic=topic, last_number=0, responsible_id=responsible_id, created_at=tx.now)
    tx.session.add(article)
    await tx.session.flush()
    return article.id


async def save(
    tx: Transaction, article_id: int, text: ArticleText, *, author_id: int | None, base_number: int
) -> int:
    """Store ``text`` as the article's draft; the version's id.

    An earlier draft stays in the history. Raises EditConflict when the newest version is no
    longer ``base_number``.
    """
    number = base_number + 1
    await _advance(tx, article_id, base_number, number)
    await _set_state(
        tx, State.ARCHIVED, ArticleVersion.article_id == article_id,
        ArticleVersion.state == State.DRAFT,
    )  # fmt: skip
    added = await tx.session.execute(
        insert(ArticleVersion)
        .values(
            article_id=article_id,
            number=number,
            state=State.DRAFT,
            author_id=author_id,
            created_at=tx.now,
            **_columns(text),
        )
        .returning(ArticleVersion.id)
    )
    return added.scalar_one()


async def publish(
    tx: Transaction, events: Events | None, article_id: int, version_id: int, *, base_number: int
) -> None:
    """Put the newest version, a draft, in force in place of the one before; tell every process
    through ``events`` (None: nobody has to hear of it at once). Raises EditConflict."""
    await _advance(tx, article_id, base_number, base_number)
    await put_in_force(tx, events, article_id, version_id)


async def put_in_force(
    tx: Transaction, events: Events | None, article_id: int, version_id: int
) -> None:
    """The same for a version that need not be the newest: it waited for the training."""
    await tx.session.execute(
        update(Article)
        .where(Article.id == article_id)
        .values(last_number=Article.last_number)  # locks the article to the end of ``tx``
        .execution_options(synchronize_session=False)
    )
    await _set_state(
        tx, State.ARCHIVED, ArticleVersion.article_id == article_id,
        ArticleVersion.state == State.PUBLISHED,
    )  # fmt: skip
    await _set_state(tx, State.PUBLISHED, ArticleVersion.id == version_id, published_at=tx.now)
    if events is not None:
        events.emit(tx, PUBLISHED_EVENT, article_id=article_id, version_id=version_id)


async def withdraw(tx: Transaction, events: Events, article_id: int, *, base_number: int) -> None:
    """Nothing is in force any more; the text stays in the history. Raises EditConflict."""
    await _advance(tx, article_id, base_number, base_number)
    await _set_state(
        tx, State.ARCHIVED, ArticleVersion.article_id == article_id,
        ArticleVersion.state == State.PUBLISHED,
    )  # fmt: skip
    events.emit(tx, PUBLISHED_EVENT, article_id=article_id)


async def latest(session: AsyncSession, article_id: int) -> ArticleVersion | None:
    """The newest version, whatever its state."""
    return (
        await session.execute(
            select(ArticleVersion)
            .where(ArticleVersion.article_id == article_id)
            .order_by(ArticleVersion.number.desc())
            .limit(1)
        )
    ).scalar_one_or_none()


def text_of(version: ArticleVersion) -> ArticleText:
    return ArticleText(
        title=version.title,
        body=version.body,
        short=version.short,
        questions=tuple(version.questions),
        buttons=tuple(ArticleButton(**button) for button in version.buttons),
        audience=Audience(version.audience),
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        review_by=version.review_by,
        legal_basis=tuple(version.legal_basis),
        tags=tuple(version.tags),
    )


def _columns(text: ArticleText) -> dict[str, Any]:
    return {
        "title": text.title,
        "body": text.body,
        "short": text.short,
        "questions": list(text.questions),
        "buttons": [asdict(button) for button in text.buttons],
        "audience": text.audience,
        "valid_from": text.valid_from,
        "valid_until": text.valid_until,
        "review_by": text.review_by,
        "legal_basis": list(text.legal_basis),
        "tags": list(text.tags),
        "search": fold(" ".join((text.title, *text.questions, *text.tags, text.short, text.body))),
    }


async def _advance(tx: Transaction, article_id: int, base_number: int, number: int) -> None:
    """Also locks the article to the end of ``tx``."""
    moved = await tx.session.execute(
        update(Article)
        .where(Article.id == article_id, Article.last_number == base_number)
        .values(last_number=number)
        .returning(Article.id)
        .execution_options(synchronize_session=False)
    )
    if moved.scalar_one_or_none() is None:
        newest = await latest(tx.session, article_id)
        raise EditConflict(newest.id if newest is not None else 0)


async def _set_state(
    tx: Transaction, state: State, *which: ColumnElement[bool], **values: Any
) -> None:
    await tx.session.execute(
        update(ArticleVersion)
        .where(*which)
        .values(state=state, **values)
        .execution_options(synchronize_session=False)
    )
