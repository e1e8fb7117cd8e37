"""What lies in the database after an event came."""

from sqlalchemy import func, select

from conversations.models import Message
from storage.database import Database


async def texts(database: Database) -> list[str]:
    async with database.read() as session:
        return list((await session.execute(select(Message.text).order_by(Message.id))).scalars())


async def count(database: Database, table: type) -> int:
    async with database.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()
