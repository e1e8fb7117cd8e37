"""What is known of a message after it was queued: sent, arrived, seen, or why not.

A message may be several platform messages; what is told of it is the worst of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from conversations.models import Delivery, DeliveryKind, DeliveryState
from storage.database import Transaction

_WORST = (
    DeliveryState.SENT, DeliveryState.EXPIRED, DeliveryState.SENDING, DeliveryState.QUEUED,
    DeliveryState.FAILED,
)  # fmt: skip
# The page need not be told of more old messages than this at once.
MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """``delivered_at`` and ``seen_at``: since when all of it; None where the platform has not
    told it, or never tells."""

    state: str
    error: str | None
    delivered_at: datetime | None = None
    seen_at: datetime | None = None


async def marks_of(session: AsyncSession, message_ids: Sequence[int]) -> dict[int, Mark]:
    """By message; nothing of one that was not to be delivered."""
    rows = await session.execute(
        select(
            Delivery.message_id, Delivery.state, Delivery.error, Delivery.delivered_at,
            Delivery.seen_at,
        ).where(Delivery.message_id.in_(message_ids), Delivery.kind == DeliveryKind.MESSAGE)
    )  # fmt: skip
    parts: dict[int, list[Mark]] = defaultdict(list)
    for message_id, state, error, delivered_at, seen_at in rows:
        if message_id is not None:
            parts[message_id].append(Mark(state, error, delivered_at, seen_at))
    return {message_id: _together(marks) for message_id, marks in parts.items()}


def _together(parts: Sequence[Mark]) -> Mark:
    worst = max(parts, key=lambda part: _WORST.index(DeliveryState(part.state)))
    seen = [part.seen_at for part in parts]
    delivered = [part.delivered_at or part.seen_at for part in parts]
    return Mark(worst.state, worst.error, _last(delivered), _last(seen))


def _last(moments: Sequence[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


async def mark_delivered(tx: Transaction, events: Events, *which: ColumnElement[bool]) -> bool:
    """The platform says that it has arrived; whether that was news."""
    news = (*which, Delivery.state == DeliveryState.SENT, Delivery.delivered_at.is_(None))
    return await _mark(tx, events, "message.delivered", news, {"delivered_at": tx.now})


async def mark_seen(tx: Transaction, events: Events, *which: ColumnElement[bool]) -> bool:
    """The customer has read it; whether that was news."""
    news = (*which, Delivery.state == DeliveryState.SENT, Delivery.seen_at.is_(None))
    return await _mark(tx, events, "message.seen", news, {"seen_at": tx.now})


async def mark_failed(
    tx: Transaction, events: Events, why: str, *which: ColumnElement[bool]
) -> bool:
    """The platform took it and says afterwards that it could not be delivered."""
    values = {"state": DeliveryState.FAILED, "error": why, "finished_at": tx.now}
    sent = (*which, Delivery.state == DeliveryState.SENT)
    return await _mark(tx, events, "message.failed", sent, values)


async def _mark(
    tx: Transaction,
    events: Events,
    kind: str,
    which: Sequence[ColumnElement[bool]],
    values: dict[str, Any],
) -> bool:
    rows = await tx.session.execute(
        update(Delivery)
        .where(*which, Delivery.kind == DeliveryKind.MESSAGE)
        .values(**values)
        .returning(Delivery.conversation_id, Delivery.message_id)
        .execution_options(synchronize_session=False)
    )
    found = sorted({(row[0], row[1]) for row in rows if row[1] is not None})
    for conversation_id, message_id in found[-MOST_TOLD:]:
        events.emit(tx, kind, conversation_id=conversation_id, message=message_id)
    return bool(found)
