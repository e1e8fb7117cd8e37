"""Labels that staff put on conversations: a few words, the same for everybody.

A label has no list of its own: it is known as long as a conversation has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.folding import fold
from handoff.errors import AnswerTooLong, EmptyAnswer, TooManyLabels
from handoff.models import Handoff, Label
from handoff.steps import Operator, Steps
from staff import audit
from storage.database import Transaction

LONGEST = 40
MOST = 8
KNOWN = 100


@dataclass(frozen=True, slots=True)
class Labels:
    """Anybody who sees a conversation may label it, at any time, closed ones too."""

    steps: Steps

    async def put(self, handoff_id: int, who: Operator, text: str) -> None:
        """The same label again changes nothing. Raises HandoffUnknown, EmptyAnswer,
        AnswerTooLong, TooManyLabels."""
        label = " ".join(text.replace("\x00", "").split()).strip("#, ")
        if not label:
            raise EmptyAnswer
        if len(label) > LONGEST:
            raise AnswerTooLong(LONGEST)
        async with self.steps.database.write() as tx:
            conversation = await self.steps.lock(tx, handoff_id)
            there = await _count(tx, handoff_id)
            folded = fold(label)
            # Spelled as it was first.
            known = await tx.session.scalar(
                select(Label.label).where(Label.folded == folded).order_by(Label.created_at)
            )
            insert = sqlite_insert if tx.is_sqlite else postgres_insert
            made = await tx.session.execute(
                insert(Label)
                .values(
                    handoff_id=handoff_id, folded=folded, label=known or label,
                    created_by=who.id, created_at=tx.now,
                )
                .on_conflict_do_nothing()
                .returning(Label.handoff_id)
            )  # fmt: skip
            if made.scalar_one_or_none() is None:
                return
            if there >= MOST:
                raise TooManyLabels(MOST)
            audit.record(tx, who.id, "handoff.labelled", object_kind="handoff",
                         object_id=handoff_id)  # fmt: skip
            self.steps.emit(tx, "handoff.labelled", conversation, handoff_id, who)

    async def take_off(self, handoff_id: int, who: Operator, text: str) -> None:
        """Raises HandoffUnknown."""
        async with self.steps.database.write() as tx:
            conversation = await self.steps.lock(tx, handoff_id)
            await tx.session.execute(
                delete(Label).where(Label.handoff_id == handoff_id, Label.folded == fold(text))
            )
            self.steps.emit(tx, "handoff.labelled", conversation, handoff_id, who)


async def of_stays(session: AsyncSession, handoff_ids: Sequence[int]) -> dict[int, list[str]]:
    rows = await session.execute(
        select(Label.handoff_id, Label.label)
        .where(Label.handoff_id.in_(handoff_ids))
        .order_by(Label.created_at, Label.folded)
    )
    found: dict[int, list[str]] = {}
    for handoff_id, label in rows:
        found.setdefault(handoff_id, []).append(label)
    return found


async def known(session: AsyncSession) -> list[str]:
    """What is offered: the labels that were put last."""
    last = func.max(Label.created_at)
    rows = await session.execute(
        select(func.min(Label.label)).group_by(Label.folded).order_by(last.desc()).limit(KNOWN)
    )
    return sorted(rows.scalars())


def labelled(words: Sequence[str]) -> ColumnElement[bool]:
    """Stays with a label that has each of ``words``."""
    fits = (Label.folded.contains(word, autoescape=True) for word in words)
    return Handoff.id.in_(select(Label.handoff_id).where(*fits))


async def _count(tx: Transaction, handoff_id: int) -> int:
    return (
        await tx.session.execute(
            select(func.count()).select_from(Label).where(Label.handoff_id == handoff_id)
        )
    ).scalar_one()
