"""What waits goes on at once when the machine's clock has been set back.

Rows say from when on they may be handled or sent. Stamped by a clock that was an hour fast, they
would wait for an hour once it is right, and all that follows in their chats with them. Leases and
promises to customers are not touched: leases have rules of their own, promises were made in time.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import cast

import structlog
from sqlalchemy import Table, select, update

from conversations.events import Events
from conversations.models import Conversation, Delivery, DeliveryState, Event, Message
from storage.database import Database, Transaction

log = structlog.get_logger(__name__)

# Clocks of several machines may differ by less.
NOTICED = timedelta(minutes=5)
LOOK_SECONDS = 10.0
EVENT = "clock.set_back"

_CONVERSATION = cast(Table, Conversation.__table__)
_MESSAGE = cast(Table, Message.__table__)
_DELIVERY = cast(Table, Delivery.__table__)


async def pull_back(database: Database, events: Events) -> bool:
    """Have everything that waits for a moment of the former time done now; whether the clock had
    been set back. The last event tells the former time, a new one the present."""
    async with database.read() as session:
        last = await session.scalar(select(Event.created_at).order_by(Event.id.desc()).limit(1))
    if last is None or last - database.clock.now() < NOTICED:
        return False
    async with database.write() as tx:
        await _release(tx)
        events.emit(tx, EVENT)
        log.warning("conversations.clock_set_back", seconds=int((last - tx.now).total_seconds()))
    return True


async def _release(tx: Transaction) -> None:
    for table, column, more in (
        (_CONVERSATION, _CONVERSATION.c.handle_at, ()),
        (_MESSAGE, _MESSAGE.c.handle_after, (_MESSAGE.c.handled_at.is_(None),)),
        (_DELIVERY, _DELIVERY.c.not_before, (_DELIVERY.c.state == DeliveryState.QUEUED,)),
    ):
        late = update(table).where(column > tx.now, *more).values({column: tx.now})
        await tx.connection.execute(late)
    # Whoever has it in hand loses it: it is handled once, by whom it is taken next.
    await tx.connection.execute(
        update(_CONVERSATION)
        .where(_CONVERSATION.c.claimed_until > tx.now + NOTICED)
        .values(claim_token=None, claimed_until=None)
    )


async def watch(database: Database, events: Events, stop: asyncio.Event) -> None:
    """Look at the start and from time to time, until ``stop``."""
    while not stop.is_set():
        try:
            await pull_back(database, events)
        except Exception:
            log.exception("conversations.clock_not_looked_at")
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await stop.wait()
