"""What is to be sent next: in order per chat, answers before notices, fair to who came last."""

from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    false,
    select,
    true,
    union_all,
)

from conversations.fairness import newest_of
from conversations.models import QUEUED, SENDING, Conversation, Delivery
from storage.database import Transaction

_DELIVERY = cast(Table, Delivery.__table__)
_CONVERSATION = cast(Table, Conversation.__table__)
_EARLIER = _DELIVERY.alias()


def _first(notice: ColumnElement[bool], *, newest: bool = False) -> Select[Any]:
    """The first open row of each conversation, when it is due: a Parcel's fields, expiry. In the
    order of an index, so that it costs the same however many wait."""
    order = [_DELIVERY.c.not_before, _DELIVERY.c.id]
    return (
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
            _DELIVERY.c.state == QUEUED,
            _DELIVERY.c.notice == notice,
            _DELIVERY.c.not_before <= bindparam("now"),
            ~exists().where(
                and_(
                    _EARLIER.c.conversation_id == _DELIVERY.c.conversation_id,
                    _EARLIER.c.seq < _DELIVERY.c.seq,
                    _EARLIER.c.state.in_((QUEUED, SENDING)),
                )
            ),
        )
        .order_by(*(column.desc() if newest else column for column in order))
        .limit(bindparam("most", type_=Integer))
    )


def _answers_then_notices() -> CompoundSelect[Any]:
    parts = (_first(false()).subquery("answers"), _first(true()).subquery("notices"))
    return union_all(*(select(part) for part in parts))


# Built once: they are asked with every turn.
_OLDEST = _answers_then_notices()
_NEWEST = _first(false(), newest=True)


async def due_rows(tx: Transaction, account_id: int, limit: int) -> list[Any]:
    """Up to ``limit`` rows of the bot's queue, one of a conversation: what has waited longest, and
    where more answers wait than there is room, what came last. Notices after all answers."""
    asked = {"account": account_id, "now": tx.now, "most": limit}
    found: list[Any] = list((await tx.connection.execute(_OLDEST, asked)).all())
    answers = [row for row in found if not row.notice]
    if len(answers) < limit:
        return [*answers, *(row for row in found if row.notice)][:limit]
    count = newest_of(limit)
    asked["most"] = count
    newest = (await tx.connection.execute(_NEWEST, asked)).all() if count else []
    chosen = {row.id: row for row in (*answers[: limit - count], *newest)}
    return list(chosen.values())
