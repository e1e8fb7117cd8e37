"""Models in the database: kept, made active, thrown away when old."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from knowledge_base.learning.models import NluModel, NluModelFile
from nlu.model import ENGINE_VERSION
from storage.database import Transaction

MODEL_EVENT = "kb.model"
# Bytes of this many models are kept, beside the active one's: each has some ten megabytes.
KEPT = 4


async def active(session: AsyncSession) -> NluModel | None:
    return (await session.execute(select(NluModel).where(NluModel.active))).scalar_one_or_none()


async def keep(tx: Transaction, model_id: str, content: bytes, about: Mapping[str, Any]) -> int:
    """Store a model that is not active yet, or bring a known one up to date; its row's id.

    ``about``: base_digest, phrases_digest, phrases, check_digest, checked, failures.
    """
    known = (
        await tx.session.execute(select(NluModel.id).where(NluModel.model_id == model_id))
    ).scalar_one_or_none()
    if known is None:
        row_id: int = (
            await tx.session.execute(
                insert(NluModel)
                .values(
                    model_id=model_id, engine_version=ENGINE_VERSION, active=False,
                    created_at=tx.now, **about,
                )
                .returning(NluModel.id)
            )
        ).scalar_one()  # fmt: skip
    else:
        row_id = known
        await tx.session.execute(
            update(NluModel)
            .where(NluModel.id == row_id)
            .values(**about)
            .execution_options(synchronize_session=False)
        )
        await tx.session.execute(delete(NluModelFile).where(NluModelFile.model_id == row_id))
    await tx.session.execute(insert(NluModelFile).values(model_id=row_id, content=content))
    await _throw_away(tx, row_id)
    return row_id


async def note_check(
    tx: Transaction, row_id: int, *, check_digest: str, checked: int, failures: list[Any]
) -> None:
    """What the check said of a model that is kept already."""
    await tx.session.execute(
        update(NluModel)
        .where(NluModel.id == row_id)
        .values(check_digest=check_digest, checked=checked, failures=failures)
        .execution_options(synchronize_session=False)
    )


async def make_active(tx: Transaction, events: Events, row_id: int) -> None:
    """Every process goes over to this model, between messages."""
    before = await active(tx.session)
    if before is not None and before.id == row_id:
        return
    if before is not None:
        await _set(tx, before.id, active=False)
    changes: dict[str, Any] = {"active": True, "activated_at": tx.now}
    if before is not None:
        changes["previous_id"] = before.id
    await _set(tx, row_id, **changes)
    events.emit(tx, MODEL_EVENT, model_id=row_id)


async def content(session: AsyncSession, row_id: int) -> bytes | None:
    """None when the bytes were thrown away."""
    return (
        await session.execute(select(NluModelFile.content).where(NluModelFile.model_id == row_id))
    ).scalar_one_or_none()


async def _set(tx: Transaction, row_id: int, **values: Any) -> None:
    await tx.session.execute(
        update(NluModel)
        .where(NluModel.id == row_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def _throw_away(tx: Transaction, just_kept: int) -> None:
    """Of the models that were never or long ago active, only the newest keep their bytes."""
    rows = await tx.session.execute(
        select(NluModel.id)
        .join(NluModelFile, NluModelFile.model_id == NluModel.id)
        .where(NluModel.active.is_(False), NluModel.id != just_kept)
        .order_by(NluModel.activated_at.desc().nulls_last(), NluModel.id.desc())
        .offset(KEPT)
    )
    if old := list(rows.scalars()):
        await tx.session.execute(delete(NluModelFile).where(NluModelFile.model_id.in_(old)))
