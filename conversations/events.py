"""Live events: what changed, for pages that are open.

The number of an event is taken as the last statement before the commit, on PostgreSQL under one
advisory lock held to the end of the transaction: so a reader who has seen number N will never
meet a smaller one later, however long another transaction stays open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Event
from storage.database import Transaction
from storage.signals import Signals

SIGNAL = "events"
_ADVISORY_LOCK = 0x0C40
_EVENT = cast(Table, Event.__table__)
_IN_TURN = text("SELECT pg_advisory_xact_lock(:key)")
_INSERT = insert(_EVENT)
_SINCE = (
    select(_EVENT.c.id, _EVENT.c.kind, _EVENT.c.conversation_id, _EVENT.c.ids)
    .where(_EVENT.c.id > bindparam("last"))
    .order_by(_EVENT.c.id)
    .limit(bindparam("most", type_=Integer))
)


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

    def wake(self, tx: Transaction, name: str) -> None:
        """Wake those who work on what ``tx`` writes, when it is committed."""
        self._signals.wake(tx, name)


async def _number_events(tx: Transaction) -> None:
    if not tx.is_sqlite:
        await tx.connection.execute(_IN_TURN, {"key": _ADVISORY_LOCK})
    await tx.connection.execute(_INSERT, tx.pending["events"])


async def since(session: AsyncSession, last_id: int, limit: int = 500) -> Sequence[Change]:
    """Events after ``last_id``, in order."""
    rows = await session.execute(_SINCE, {"last": last_id, "most": limit})
    return [Change(*row) for row in rows]


async def bounds(session: AsyncSession) -> tuple[int, int]:
    """The smallest and largest number kept; (0, 0) when there is none."""
    row = (await session.execute(select(func.min(Event.id), func.max(Event.id)))).one()
    return (row[0] or 0, row[1] or 0)
