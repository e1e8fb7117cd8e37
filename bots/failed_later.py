"""A platform that took a message and says afterwards that it could not be delivered."""

from sqlalchemy import update

from bots.incoming import storable
from conversations.models import Delivery, DeliveryState
from storage.database import Database

MAX_ERROR = 500


async def mark_failed(database: Database, account_id: int, platform_id: str, why: str) -> bool:
    """False when no such message was sent. The inbox shows it as not delivered."""
    async with database.write() as tx:
        found = await tx.session.execute(
            update(Delivery)
            .where(
                Delivery.bot_account_id == account_id,
                Delivery.platform_id == platform_id,
                Delivery.state == DeliveryState.SENT,
            )
            .values(state=DeliveryState.FAILED, error=storable(why)[:MAX_ERROR])
            .returning(Delivery.id)
        )
        return bool(found.all())
