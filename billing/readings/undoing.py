"""Taking a reading back: within ten minutes, by the one who gave it."""

from dataclasses import replace

from sqlalchemy import case, or_, select, update

from billing import queries
from billing.customers.identity import mask_number
from billing.models import Account, Meter, Reading, ReadingStatus
from billing.readings.delivery_models import DeliveryOfReading, ReadingDelivery
from billing.readings.rules import Values
from billing.views import UNDO_WINDOW, Undone
from conversations.models import Conversation
from storage.database import Transaction

_OPEN = (ReadingStatus.ACCEPTED, ReadingStatus.REVIEW)


async def undo(tx: Transaction, contact_id: int, message_id: int, reading_id: int | None) -> Undone:
    """``None``: the last reading that this contact gave. What it replaced is in force again.

    Asking again for the same one, or in the same message, is told the same.
    """
    by_this_message = Reading.undone_by_message_id == message_id
    statement = (
        select(Reading, Account.number)
        .join(Conversation, Conversation.id == Reading.conversation_id)
        .join(Meter, Meter.id == Reading.meter_id)
        .join(Account, Account.id == Meter.account_id)
        .where(Conversation.contact_id == contact_id)
        .order_by(case((by_this_message, 0), else_=1), Reading.id.desc())
        .limit(1)
        .with_for_update(key_share=True, of=Reading)
    )
    if reading_id is None:
        statement = statement.where(or_(Reading.status.in_(_OPEN), by_this_message))
    else:
        statement = statement.where(Reading.id == reading_id)
    row = (await tx.session.execute(statement)).one_or_none()
    if row is None or row[0].status not in (*_OPEN, ReadingStatus.UNDONE):
        return Undone()
    reading: Reading = row[0]
    told = Undone(
        number=queries.reading_number(reading.id),
        account=mask_number(row[1]),
        values=queries.values_of(reading.t1, reading.t2, reading.t3),
    )
    if reading.status == ReadingStatus.UNDONE:
        return replace(told, restored=await _in_force(tx, reading.replaces_id))
    if tx.now > reading.received_at + UNDO_WINDOW:
        return replace(told, late=True)
    was_in_force = reading.status == ReadingStatus.ACCEPTED
    reading.status = ReadingStatus.UNDONE
    reading.undone_by_message_id = message_id
    await tx.session.flush()
    if not was_in_force or reading.replaces_id is None:
        return told
    return replace(told, restored=await restore(tx, reading.replaces_id))


async def _in_force(tx: Transaction, reading_id: int | None) -> Values:
    """The values of a reading if it is in force."""
    row = (
        await tx.session.execute(
            select(Reading.t1, Reading.t2, Reading.t3).where(
                Reading.id == reading_id, Reading.status == ReadingStatus.ACCEPTED
            )
        )
    ).one_or_none()
    return queries.values_of(*row) if row else ()


async def restore(tx: Transaction, replaced_id: int) -> Values:
    """Put a replaced reading in force again; its values, none where it can't be."""
    row = (
        await tx.session.execute(
            update(Reading)
            .where(Reading.id == replaced_id, Reading.status == ReadingStatus.REPLACED)
            .values(status=ReadingStatus.ACCEPTED)
            .returning(Reading.t1, Reading.t2, Reading.t3)
        )
    ).one_or_none()
    if row is None:
        return ()
    # What was not handed over any more goes after all.
    await tx.session.execute(
        update(ReadingDelivery)
        .where(
            ReadingDelivery.reading_id == replaced_id,
            ReadingDelivery.state == DeliveryOfReading.DROPPED,
        )
        .values(state=DeliveryOfReading.WAITING, next_at=tx.now, finished_at=None)
    )
    return queries.values_of(*row)
