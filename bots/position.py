"""How far a long poll has been stored: kept in the row of the bot, not in the process."""

from sqlalchemy import select, update

from conversations.models import BotAccount
from storage.database import Database


async def position(database: Database, account_id: int) -> int | None:
    """None before the first poll."""
    async with database.read() as session:
        found = select(BotAccount.position).where(BotAccount.id == account_id)
        return (await session.execute(found)).scalar_one()


async def save_position(database: Database, account_id: int, value: int) -> None:
    """Call only when everything before ``value`` is stored."""
    async with database.write() as tx:
        await tx.session.execute(
            update(BotAccount).where(BotAccount.id == account_id).values(position=value)
        )
