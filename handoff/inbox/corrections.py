"""«Понято неверно»: what editors should look at."""

from sqlalchemy import delete, insert, select

from conversations.models import Author, Correction, Message
from storage.database import Database


async def correct(database: Database, message_id: int, right: str, staff_id: int) -> bool:
    """Note that the message means ``right`` (an intent; "" when none fits), in place of what was
    noted before; False when there is no such message of a customer."""
    async with database.write() as tx:
        row = (
            await tx.session.execute(
                select(Message.understanding).where(
                    Message.id == message_id, Message.author == Author.CUSTOMER
                )
            )
        ).one_or_none()
        if row is None:
            return False
        understood = str((row.understanding or {}).get("intent", ""))
        await tx.session.execute(delete(Correction).where(Correction.message_id == message_id))
        await tx.session.execute(
            insert(Correction).values(
                message_id=message_id,
                understood=understood,
                right=right,
                staff_id=staff_id,
                created_at=tx.now,
            )
        )
    return True
