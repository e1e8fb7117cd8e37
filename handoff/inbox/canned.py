"""Prepared answers: everybody's and one's own, found as one types."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handoff.inbox import answer_text, names
from handoff.models import CannedReply
from storage.database import Transaction

LONGEST_TITLE = 80
FOUND = 8
# What stands for the customer's and the company's values; filled when the text is inserted.
VARIABLES = {
    "имя": "имя, как назвался клиент",
    "счёт": "лицевой счёт, если личность подтверждена",
    "офис": "адрес и часы первого офиса",
    "оператор": "Ваше имя",
    "компания": "название компании",
}


def filled(text: str, values: Mapping[str, str]) -> str:
    """``{имя}`` and its like replaced; what is not known stays, so that the operator sees it."""
    for name in VARIABLES:
        value = values.get(name, "")
        if value:
            text = text.replace("{" + name + "}", value)
    return text


async def search(session: AsyncSession, person_id: int, text: str) -> Sequence[CannedReply]:
    """One's own first, then by title; every word of ``text`` must be there."""
    statement = select(CannedReply).where(_seen_by(person_id))
    for word in names.folded(text).split():
        statement = statement.where(CannedReply.folded.contains(word, autoescape=True))
    ordered = statement.order_by(CannedReply.owner_id.is_(None), CannedReply.folded)
    return list((await session.execute(ordered.limit(FOUND))).scalars())


async def all_for(session: AsyncSession, person_id: int) -> Sequence[CannedReply]:
    rows = await session.execute(
        select(CannedReply)
        .where(_seen_by(person_id))
        .order_by(CannedReply.owner_id.is_(None), CannedReply.folded)
    )
    return list(rows.scalars())


async def save(
    tx: Transaction, reply_id: int | None, *, owner: int | None, title: str, text: str
) -> None:
    """Raises EmptyAnswer, AnswerTooLong. A foreign or unknown ``reply_id`` changes nothing."""
    title = answer_text.checked(title)[:LONGEST_TITLE]
    text = answer_text.checked(text)
    folded = names.folded(title, text)
    if reply_id is None:
        tx.session.add(
            CannedReply(owner_id=owner, title=title, text=text, folded=folded, updated_at=tx.now)
        )
        return
    await tx.session.execute(
        update(CannedReply)
        .where(CannedReply.id == reply_id, CannedReply.owner_id.is_not_distinct_from(owner))
        .values(title=title, text=text, folded=folded, updated_at=tx.now)
    )


async def remove(tx: Transaction, reply_id: int, *, owner: int | None) -> None:
    await tx.session.execute(
        delete(CannedReply).where(
            CannedReply.id == reply_id, CannedReply.owner_id.is_not_distinct_from(owner)
        )
    )


def _seen_by(person_id: int) -> ColumnElement[bool]:
    return or_(CannedReply.owner_id.is_(None), CannedReply.owner_id == person_id)
