"""What the dialog notes, in the transaction that stores its answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from knowledge_base.gaps.models import ArticleShown, Gap, GapKind, GapState
from storage.database import Transaction

# An operator called later than this is about something else.
SOON = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Shown:
    """An article's version that was the answer to a message."""

    conversation_id: int
    message_id: int
    topic: str
    version_id: int


async def shown(tx: Transaction, answers: Sequence[Shown]) -> None:
    if answers:
        noted = {"shown_at": tx.now, "handed_over": False}
        await tx.connection.execute(
            insert(ArticleShown), [asdict(answer) | noted for answer in answers]
        )


async def rated(tx: Transaction, conversation_id: int, topic: str, *, helpful: bool) -> None:
    """What the customer said to «Это помогло?» about the newest answer on ``topic``; only his
    first word counts."""
    row = (
        await tx.connection.execute(
            select(ArticleShown.id, ArticleShown.message_id, ArticleShown.helpful)
            .where(ArticleShown.conversation_id == conversation_id, ArticleShown.topic == topic)
            .order_by(ArticleShown.id.desc())
            .limit(1)
        )
    ).one_or_none()
    if row is None or row.helpful is not None:
        return
    await tx.connection.execute(
        update(ArticleShown).where(ArticleShown.id == row.id).values(helpful=helpful)
    )
    if not helpful:
        await gap(tx, row.message_id, GapKind.NOT_HELPFUL, topic)


async def not_understood(tx: Transaction, message_id: int) -> None:
    await gap(tx, message_id, GapKind.NOT_UNDERSTOOD)


async def handed_over(tx: Transaction, conversation_id: int) -> None:
    """An operator is called: the answer just before was not the end of it."""
    row = (
        await tx.connection.execute(
            select(ArticleShown.id, ArticleShown.message_id, ArticleShown.topic)
            .where(
                ArticleShown.conversation_id == conversation_id,
                ArticleShown.shown_at >= tx.now - SOON,
            )
            .order_by(ArticleShown.id.desc())
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return
    await tx.connection.execute(
        update(ArticleShown).where(ArticleShown.id == row.id).values(handed_over=True)
    )
    await gap(tx, row.message_id, GapKind.HANDED_OVER, row.topic)


async def gap(
    tx: Transaction, message_id: int, kind: GapKind, topic: str = "", at: datetime | None = None
) -> None:
    """Noting the same again changes nothing."""
    statement = (sqlite_insert if tx.is_sqlite else postgres_insert)(Gap).values(
        message_id=message_id,
        kind=kind,
        topic=topic,
        state=GapState.OPEN,
        created_at=at or tx.now,
    )
    await tx.connection.execute(
        statement.on_conflict_do_nothing(index_elements=["message_id", "kind"])
    )
