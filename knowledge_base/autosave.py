"""What an editor types is kept until he saves it, and is there again in any browser."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import versions
from knowledge_base.answers import ArticleButton
from knowledge_base.article_text import ArticleText, Audience
from knowledge_base.errors import ArticleUnknown
from knowledge_base.models import ArticleAutosave
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """``base_number``: the version that was begun with; saving goes by it."""

    text: ArticleText
    base_number: int
    saved_at: datetime


async def keep(
    tx: Transaction, article_id: int, person_id: int, text: ArticleText, *, base_number: int
) -> None:
    """In place of what was kept before; nothing is kept of a text that is saved already. Raises
    ArticleUnknown."""
    newest = await versions.latest(tx.session, article_id)
    if newest is None:
        raise ArticleUnknown(article_id)
    if versions.text_of(newest) == text:
        await forget(tx, article_id, person_id)
        return
    values = {"base_number": base_number, "text": pack(text), "saved_at": tx.now}
    await tx.session.execute(
        (sqlite_insert if tx.is_sqlite else postgres_insert)(ArticleAutosave)
        .values(article_id=article_id, person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["article_id", "person_id"], set_=values)
    )


async def kept(session: AsyncSession, article_id: int, person_id: int) -> Kept | None:
    row = (
        await session.execute(
            select(ArticleAutosave).where(
                ArticleAutosave.article_id == article_id, ArticleAutosave.person_id == person_id
            )
        )
    ).scalar_one_or_none()
    return Kept(unpack(row.text), row.base_number, row.saved_at) if row is not None else None


async def forget(tx: Transaction, article_id: int, person_id: int) -> None:
    await tx.session.execute(
        delete(ArticleAutosave).where(
            ArticleAutosave.article_id == article_id, ArticleAutosave.person_id == person_id
        )
    )


def pack(text: ArticleText) -> dict[str, Any]:
    """As JSON; read by ``unpack``."""
    fields = asdict(text)
    for name in ("valid_from", "valid_until", "review_by"):
        fields[name] = fields[name] and fields[name].isoformat()
    return fields


def unpack(fields: dict[str, Any]) -> ArticleText:
    lists = {name: tuple(fields[name]) for name in ("questions", "legal_basis", "tags")}
    begins, ends, review = (fields[name] for name in ("valid_from", "valid_until", "review_by"))
    return ArticleText(
        title=fields["title"],
        body=fields["body"],
        short=fields["short"],
        buttons=tuple(ArticleButton(**button) for button in fields["buttons"]),
        audience=Audience(fields["audience"]),
        valid_from=datetime.fromisoformat(begins) if begins else None,
        valid_until=datetime.fromisoformat(ends) if ends else None,
        review_by=date.fromisoformat(review) if review else None,
        **lists,
    )
