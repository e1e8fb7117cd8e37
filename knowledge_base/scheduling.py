"""A new text of an article that comes into force on its day; until then the former one is shown.

A saved draft that waits for its «valid from». Whatever is saved after it takes its place and its
day: then the draft is none any more, and nothing happens.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.models import ArticleVersion, State
from storage.database import Transaction
from storage.jobs import Job, cancel, schedule

JOB: Final = "kb.publish"


async def awaits(tx: Transaction, version: ArticleVersion) -> datetime | None:
    """The day of a version whose publication now would leave customers without an answer until
    then; None: it may be published."""
    if version.valid_from is None or version.valid_from <= tx.now:
        return None
    in_force = exists().where(
        ArticleVersion.article_id == version.article_id, ArticleVersion.state == State.PUBLISHED
    )
    return version.valid_from if await tx.session.scalar(select(in_force)) else None


async def put_off(
    tx: Transaction, version: ArticleVersion, day: datetime, *, author_id: int | None
) -> None:
    payload = {"version_id": version.id, "author_id": author_id}
    await schedule(tx, JOB, str(version.id), day, payload)


async def call_off(tx: Transaction, article_id: int) -> None:
    """The article's draft does not come into force by itself any more."""
    drafts = await tx.session.execute(
        select(ArticleVersion.id).where(
            ArticleVersion.article_id == article_id, ArticleVersion.state == State.DRAFT
        )
    )
    for version_id in drafts.scalars():
        await cancel(tx, JOB, str(version_id))


async def awaited(session: AsyncSession) -> Mapping[int, datetime]:
    """When which version comes into force, by its id; drafts only."""
    jobs = await session.execute(
        select(Job.key, Job.due_at).where(Job.kind == JOB, Job.done_at.is_(None))
    )
    due = {int(key): due_at for key, due_at in jobs}
    drafts = await session.execute(
        select(ArticleVersion.id).where(
            ArticleVersion.id.in_(list(due)), ArticleVersion.state == State.DRAFT
        )
    )
    return {version_id: due[version_id] for version_id in drafts.scalars()}
