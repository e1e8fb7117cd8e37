"""After a restore: what was waiting to be sent or answered waits for the administrator's word.

Between the backup and the loss the old installation went on: what the backup holds as queued was
most likely sent, what it holds as unanswered most likely answered. New messages are served at
once; these are held back as failed, with a reason of their own.
"""

from typing import Any, cast

from sqlalchemy import Table, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import FAILED, Conversation, Delivery, DeliveryState, Message
from storage.database import Transaction

HELD = "held after a restore"

_CONVERSATION = cast(Table, Conversation.__table__)


async def hold(tx: Transaction) -> None:
    """Nothing of the backup is sent or answered by itself."""
    await tx.session.execute(
        update(Delivery)
        .where(Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.SENDING]))
        .values(state=DeliveryState.FAILED, error=HELD, finished_at=tx.now)
    )
    await tx.session.execute(
        update(_CONVERSATION).values(handle_at=None, claim_token=None, claimed_until=None)
    )


async def held(session: AsyncSession) -> tuple[int, int]:
    """How many messages to customers and how many conversations with unanswered lines wait."""
    deliveries = await session.execute(select(func.count()).select_from(Delivery).where(_is_held()))
    conversations = await session.execute(
        select(func.count()).select_from(Conversation).where(_is_unanswered())
    )
    return deliveries.scalar_one(), conversations.scalar_one()


async def is_anything_held(session: AsyncSession) -> bool:
    """Asked often, and cheap where nothing was restored."""
    waits = exists().where(_is_held()) | exists().where(_is_unanswered())
    return bool((await session.execute(select(waits))).scalar_one())


async def release(tx: Transaction) -> None:
    """Send and answer it after all, in its order."""
    await tx.session.execute(
        update(Delivery)
        .where(_is_held())
        .values(state=DeliveryState.QUEUED, error=None, finished_at=None, not_before=tx.now)
    )
    await tx.session.execute(update(_CONVERSATION).where(_is_unanswered()).values(handle_at=tx.now))


async def discard(tx: Transaction) -> None:
    """Leave it unsent and unanswered; it stays to be seen in the conversations."""
    await tx.session.execute(update(Delivery).where(_is_held()).values(state=DeliveryState.EXPIRED))
    await tx.session.execute(
        update(Message)
        .where(
            Message.handled_at.is_(None),
            Message.conversation_id.in_(select(Conversation.id).where(_is_unanswered())),
        )
        .values(handled_at=tx.now)
    )


def _is_held() -> Any:
    return (Delivery.state == FAILED) & (Delivery.error == HELD)


def _is_unanswered() -> Any:
    # From the few unhandled messages to their conversations, not the other way round.
    unhandled = select(Message.conversation_id).where(Message.handled_at.is_(None))
    return Conversation.handle_at.is_(None) & Conversation.id.in_(unhandled)
