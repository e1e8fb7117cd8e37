"""The second person: an article with an approver comes into force by his word alone.

Whoever wrote any of what would be new can't approve it, be it the approver himself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import versions
from knowledge_base.article_text import ArticleText
from knowledge_base.editing import SAVED_EVENT, Editor, Saved, log
from knowledge_base.entrusting import left
from knowledge_base.errors import ArticleUnknown, EditConflict, NotForYou
from knowledge_base.models import Article, ArticleVersion, State
from knowledge_base.reminders import REMINDED_EVENT
from staff.models import Role
from storage.database import Transaction

LONGEST_NOTE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Who:
    id: int
    role: str


def may_approve(who: Who, approver_id: int | None, authors: Collection[int | None]) -> bool:
    """``authors``: who wrote the versions after the one in force. An administrator stands in for
    an approver who is away."""
    if who.id in authors:
        return False
    return who.id == approver_id or who.role == Role.ADMINISTRATOR


def may_change_approver(who: Who, approver_id: int | None) -> bool:
    """Else whoever writes could do without the second person."""
    return approver_id is None or who.id == approver_id or who.role == Role.ADMINISTRATOR


class Approval:
    """``Editor`` for the articles that somebody approves."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor

    async def submit(
        self, article_id: int, text: ArticleText, *, author_id: int, base_number: int
    ) -> Saved:
        """Save and ask for approval. Raises Unfit before anything is written, EditConflict."""
        async with self._editor.database.write() as tx:
            await self._editor.require_fit(tx, text)
            saved = await self._editor.save_in(tx, article_id, text, author_id, base_number)
            await _mark(tx, saved.version_id, submitted_at=tx.now, sent_back=None)
            log(tx, author_id, "article.submitted", article_id, version_id=saved.version_id)
            self._editor.events.emit(tx, REMINDED_EVENT)
        return saved

    async def approve(self, article_id: int, who: Who, *, base_number: int) -> Saved:
        """Put the submitted draft in force. Raises NotForYou, Unfit, EditConflict (it is no
        longer the newest, or was sent back)."""
        async with self._editor.database.write() as tx:
            version = await self._submitted(tx, article_id, who, base_number)
            await self._editor.require_fit(tx, versions.text_of(version))
            await _mark(tx, version.id, submitted_at=None, sent_back=None)
            log(tx, who.id, "article.approved", article_id, version_id=version.id)
            self._editor.events.emit(tx, REMINDED_EVENT)
            return await self._editor.put_in_force(tx, version, author_id=who.id)

    async def send_back(self, article_id: int, who: Who, note: str, *, base_number: int) -> None:
        """The draft is its author's again, with ``note``. Raises NotForYou, EditConflict."""
        async with self._editor.database.write() as tx:
            version = await self._submitted(tx, article_id, who, base_number)
            await _mark(tx, version.id, submitted_at=None, sent_back=note.strip()[:LONGEST_NOTE])
            log(tx, who.id, "article.sent_back", article_id, version_id=version.id)
            self._editor.events.emit(tx, SAVED_EVENT, article_id=article_id, author_id=who.id)
            self._editor.events.emit(tx, REMINDED_EVENT)

    async def set_people(
        self, article_id: int, who: Who, *, responsible_id: int | None, approver_id: int | None
    ) -> None:
        """Raises ArticleUnknown, NotForYou."""
        async with self._editor.database.write() as tx:
            article = await tx.session.get(Article, article_id)
            if article is None:
                raise ArticleUnknown(article_id)
            if article.approver_id != approver_id and not may_change_approver(
                who, article.approver_id
            ):
                raise NotForYou
            article.responsible_id, article.approver_id = responsible_id, approver_id
            log(
                tx, who.id, "article.people", article_id,
                responsible_id=responsible_id, approver_id=approver_id,
            )  # fmt: skip
            self._editor.events.emit(tx, REMINDED_EVENT)

    async def _submitted(
        self, tx: Transaction, article_id: int, who: Who, base_number: int
    ) -> ArticleVersion:
        article = await tx.session.get(Article, article_id)
        newest = await versions.latest(tx.session, article_id)
        if article is None or newest is None:
            raise ArticleUnknown(article_id)
        if newest.number != base_number or newest.submitted_at is None:
            raise EditConflict(newest.id)
        if not may_approve(who, article.approver_id, await authors_of(tx.session, article_id)):
            raise NotForYou
        return newest


async def waiting_for(session: AsyncSession, who: Who) -> list[tuple[int, str]]:
    """Articles (id, title) that wait for this person's approval, the oldest first. Where the
    approver has left or wrote some of it himself, that is the administrators'."""
    rows = await session.execute(
        select(
            Article.id, ArticleVersion.title, Article.approver_id, left(Article.approver_id)
        )
        .join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id)
            & (ArticleVersion.number == Article.last_number),
        )
        .where(Article.approver_id.is_not(None), ArticleVersion.submitted_at.is_not(None))
        .order_by(ArticleVersion.submitted_at)
    )  # fmt: skip
    found = []
    for article_id, title, approver_id, has_left in rows.all():
        authors = await authors_of(session, article_id)
        his = who.id == approver_id or has_left or approver_id in authors
        if his and may_approve(who, approver_id, authors):
            found.append((article_id, title))
    return found


async def authors_of(session: AsyncSession, article_id: int) -> set[int | None]:
    """Who wrote what is newer than the version in force."""
    in_force = (
        select(ArticleVersion.number)
        .where(ArticleVersion.article_id == article_id, ArticleVersion.state == State.PUBLISHED)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(ArticleVersion.author_id).where(
            ArticleVersion.article_id == article_id,
            in_force.is_(None) | (ArticleVersion.number > in_force),
        )
    )
    return set(rows.scalars())


async def _mark(tx: Transaction, version_id: int, **values: Any) -> None:
    await tx.session.execute(
        update(ArticleVersion)
        .where(ArticleVersion.id == version_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
