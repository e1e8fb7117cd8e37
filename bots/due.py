"""What is to be sent next: in order per chat, answers before notices, fair to who came last."""

from typing import Any, cast

from sqlalchemy import Integer, Table, Text, and_, bindparam, exists, literal_column, select

from conversations.fairness import newest_of
from conversations.models import Conversation, Delivery
from storage.database import Transaction

# Written out, not bound: only so are the indexes of open rows used.
_QUEUED, _SENDING = literal_column("'queued'", Text), literal_column("'sending'", Text)
_DELIVERY = cast(Table, Delivery.__table__)
_CONVERSATION = cast(Table, Conversation.__table__)
_EARLIER = _DELIVERY.alias()
# The first open row of each conversation, when it is due: a Parcel's fields, expiry. Built once: it
# is asked with every turn.
_DUE = (
    select(
        _DELIVERY.c.id,
        _DELIVERY.c.conversation_id,
        _DELIVERY.c.message_id,
        _CONVERSATION.c.chat_id,
        _DELIVERY.c.kind,
        _DELIVERY.c.payload,
        _DELIVERY.c.random_id,
        _DELIVERY.c.attempts,
        _DELIVERY.c.notice,
        _DELIVERY.c.expires_at,
    )
    .join(_CONVERSATION, _CONVERSATION.c.id == _DELIVERY.c.conversation_id)
    .where(
        _DELIVERY.c.bot_account_id == bindparam("account"),
        _DELIVERY.c.state == _QUEUED,
        _DELIVERY.c.not_before <= bindparam("now"),
        ~exists().where(
            and_(
                _EARLIER.c.conversation_id == _DELIVERY.c.conversation_id,
                _EARLIER.c.seq < _DELIVERY.c.seq,
                _EARLIER.c.state.in_((_QUEUED, _SENDING)),
            )
        ),
    )
    .limit(bindparam("most", type_=Integer))
)
_OLDEST = _DUE.order_by(_DELIVERY.c.notice, _DELIVERY.c.id)
_NEWEST = _DUE.order_by(_DELIVERY.c.notice, _DELIVERY.c.id.desc())


async def due_rows(tx: Transaction, account_id: int, limit: int) -> list[Any]:
    """Up to ``limit`` rows of the bot's queue, one of a conversation: what has waited longest, and
    where more waits than there is room, what came last."""
    asked = {"account": account_id, "now": tx.now, "most": limit}
    oldest: list[Any] = list((await tx.connection.execute(_OLDEST, asked)).all())
    if len(oldest) < limit:
        return oldest
    count = newest_of(limit)
    asked["most"] = count
    newest = (await tx.connection.execute(_NEWEST, asked)).all() if count else []
    chosen = {row.id: row for row in (*oldest[: limit - count], *newest)}
    return list(chosen.values())
