"""Live events: what changed, for pages that are open.

The number of an event is taken as the last statement before the commit, on PostgreSQL under one
advisory lock held to the end of the transaction: so a reader who has seen number N will never
meet a smaller one later, however long another transaction stays open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Event
from storage.database import Transaction
from storage.signals import Signals

SIGNAL = "events"
_ADVISORY_LOCK = 0x0C40


@dataclass(frozen=True, slots=True)
class Change:
    """``kind`` is dotted: «message.received», «message.sent», «handoff.taken»."""

    id: int
    kind: str
    conversation_id: int | None
    ids: dict[str, Any] = field(default_factory=dict)


class Events:
    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def emit(
        self, tx: Transaction, kind: str, *, conversation_id: int | None = None, **ids: Any
    ) -> None:
        """Record the change when ``tx`` commits."""
        tx.pending.setdefault("events", []).append(
            {"kind": kind, "conversation_id": conversation_id, "ids": ids, "created_at": tx.now}
        )
        tx.last(_number_events)
        self._signals.wake(tx, SIGNAL)


async def _number_events(tx: Transaction) -> None:
    if not tx.is_sqlite:
        await tx.session.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}
        )
    await tx.session.execute(insert(Event), tx.pending["events"])


async def since(session: AsyncSession, last_id: int, limit: int = 500) -> Sequence[Change]:
    """Events after ``last_id``, in order."""
    rows = await session.execute(
        select(Event.id, Event.kind, Event.conversation_id, Event.ids)
        .where(Event.id > last_id)
        .order_by(Event.id)
        .limit(limit)
    )
    return [Change(*row) for row in rows]


async def bounds(session: AsyncSession) -> tuple[int, int]:
    """The smallest and largest number kept; (0, 0) when there is none."""
    row = (await session.execute(select(func.min(Event.id), func.max(Event.id)))).one()
    return (row[0] or 0, row[1] or 0)
