"""What editors do with gaps: look at them by groups, teach, put aside."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Author, Correction, Message
from knowledge_base import listing, versions
from knowledge_base.article_text import fold
from knowledge_base.checks import LONGEST_QUESTION
from knowledge_base.editing import Editor
from knowledge_base.errors import ArticleUnknown
from knowledge_base.gaps import record
from knowledge_base.gaps.grouping import group
from knowledge_base.gaps.masking import as_variant, masked
from knowledge_base.gaps.models import Gap, GapKind, GapState
from knowledge_base.models import Article
from staff import audit
from storage.database import Database, Transaction

# More than these are not looked at together; the newest count.
MOST = 1_500
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is masked; ``topic``: see ``Gap``."""

    gap_id: int
    text: str
    kind: GapKind
    topic: str
    understood: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Questions of one kind of meaning; ``topics``: what they were taken for, most often first."""

    questions: tuple[Question, ...]
    kinds: tuple[tuple[GapKind, int], ...]
    topics: tuple[str, ...]

    @property
    def ids(self) -> str:
        return ",".join(str(question.gap_id) for question in self.questions)

    @property
    def examples(self) -> list[str]:
        seen = dict.fromkeys(question.text for question in self.questions)
        return list(seen)[:EXAMPLES]


class Gaps:
    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._database: Database = editor.database

    async def questions(self, *, weeks: int, kind: str = "") -> list[Question]:
        """Open ones of the last ``weeks``, the newest first."""
        since = self._database.clock.now() - timedelta(weeks=weeks)
        await self._take_corrections()
        statement = (
            select(Gap.id, Gap.kind, Gap.topic, Gap.created_at, Message.text, Message.understanding)
            .join(Message, Message.id == Gap.message_id)
            .where(
                Gap.state == GapState.OPEN, Gap.created_at >= since,
                Message.author == Author.CUSTOMER, Message.text != "",
            )
            .order_by(Gap.id.desc())
            .limit(MOST)
        )  # fmt: skip
        if kind:
            statement = statement.where(Gap.kind == kind)
        async with self._database.read() as session:
            rows = (await session.execute(statement)).all()
        texts = await asyncio.to_thread(lambda: [masked(row.text) for row in rows])
        return [
            Question(
                row.id, text, GapKind(row.kind), row.topic,
                str((row.understanding or {}).get("intent", "")), row.created_at,
            )
            for row, text in zip(rows, texts, strict=True)
        ]  # fmt: skip

    async def groups(self, *, weeks: int, kind: str = "") -> list[GapGroup]:
        found = await self.questions(weeks=weeks, kind=kind)
        grouped = await asyncio.to_thread(group, [question.text for question in found])
        return [_described([found[n] for n in one.members]) for one in grouped]

    async def original(self, gap_id: int, *, person_id: int) -> str | None:
        """The customer's own words; that somebody read them goes into the audit log."""
        async with self._database.write() as tx:
            text = (
                await tx.session.execute(
                    select(Message.text)
                    .join(Gap, Gap.message_id == Message.id)
                    .where(Gap.id == gap_id)
                )
            ).scalar_one_or_none()
            if text is not None:
                audit.record(
                    tx, person_id, "gap.original_read", object_kind="gap", object_id=gap_id
                )
        return text

    async def not_ours(self, ids: Collection[int], *, person_id: int) -> None:
        async with self._database.write() as tx:
            await self._close(tx, ids, GapState.NOT_OURS, person_id)

    async def teach(self, ids: Collection[int], article_id: int, *, person_id: int) -> int:
        """Add the questions as variants to the article's draft; how many were new.

        Raises ArticleUnknown, EditConflict.
        """
        variants = await self._variants(ids)
        async with self._database.read() as session:
            opened = await listing.open_article(session, article_id)
        text = versions.text_of(opened.version)
        known = {fold(question) for question in text.questions}
        new = [one for one in variants if fold(one) not in known]
        if new:
            changed = replace(text, questions=(*text.questions, *new)).tidied()
            await self._editor.save(
                article_id, changed, author_id=person_id, base_number=opened.version.number
            )
        async with self._database.write() as tx:
            await self._close(tx, ids, GapState.TAUGHT, person_id)
        return len(new)

    async def start_article(
        self, ids: Collection[int], topic: str, title: str, *, person_id: int
    ) -> int:
        """A new article whose variants are these questions; its id. Raises TopicTaken."""
        article_id = await self._editor.create(topic, title, author_id=person_id)
        await self.teach(ids, article_id, person_id=person_id)
        return article_id

    async def article_of(self, session: AsyncSession, topic: str) -> int:
        """Raises ArticleUnknown."""
        found = (
            await session.execute(select(Article.id).where(Article.topic == topic))
        ).scalar_one_or_none()
        if found is None:
            raise ArticleUnknown(topic)
        return found

    async def _variants(self, ids: Collection[int]) -> list[str]:
        async with self._database.read() as session:
            rows = await session.execute(
                select(Message.text)
                .join(Gap, Gap.message_id == Message.id)
                .where(Gap.id.in_(ids))
                .order_by(Gap.id)
            )
            texts = list(rows.scalars())
        found = await asyncio.to_thread(lambda: [as_variant(masked(text)) for text in texts])
        return list(dict.fromkeys(one for one in found if 0 < len(one) <= LONGEST_QUESTION))

    async def _close(
        self, tx: Transaction, ids: Collection[int], state: GapState, person_id: int
    ) -> None:
        closed = await tx.session.execute(
            update(Gap)
            .where(Gap.id.in_(ids), Gap.state == GapState.OPEN)
            .values(state=state, closed_at=tx.now, closed_by=person_id)
            .returning(Gap.message_id)
            .execution_options(synchronize_session=False)
        )
        messages = list(closed.scalars())
        await tx.session.execute(
            update(Correction)
            .where(Correction.message_id.in_(messages), Correction.reviewed_at.is_(None))
            .values(reviewed_at=tx.now)
            .execution_options(synchronize_session=False)
        )
        audit.record(tx, person_id, f"gap.{state}", object_kind="gap", gaps=sorted(ids))

    async def _take_corrections(self) -> None:
        """Operators' corrections become gaps like the others."""
        new = (
            select(Correction)
            .outerjoin(
                Gap, (Gap.message_id == Correction.message_id) & (Gap.kind == GapKind.MISREAD)
            )
            .where(Correction.reviewed_at.is_(None), Gap.id.is_(None))
        )
        async with self._database.read() as session:
            rows: Sequence[Correction] = (await session.execute(new)).scalars().all()
        if rows:
            async with self._database.write() as tx:
                for row in rows:
                    await record.gap(tx, row.message_id, GapKind.MISREAD, row.right, row.created_at)


def _described(questions: list[Question]) -> GapGroup:
    kinds = Counter(question.kind for question in questions)
    topics = Counter(q.topic or q.understood for q in questions if q.topic or q.understood)
    return GapGroup(
        tuple(questions),
        tuple(kinds.most_common()),
        tuple(topic for topic, _ in topics.most_common(3)),
    )
