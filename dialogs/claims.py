"""Claims: which conversation a worker has in hand, and what waits in it.

A claim is a short lease in the conversation's row. Every function here is part of a transaction of
the worker's; none decides what is answered.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Table,
    UnaryExpression,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from conversations.fairness import newest_of
from conversations.models import FLOOD, Conversation, Message, MessageKind
from dialogs.turn import Context
from nlu.normalise import MAX_CHARS
from storage.database import Transaction

# Renewed while the work lasts; after a death the message waits at most this long, and the sweep.
CLAIM_TIME = timedelta(seconds=12)
OUTAGE_PAUSE = timedelta(seconds=2)
# More messages than this are never read as one.
MOST_TOGETHER = 8
# Written so long ago, messages have waited for us, not the customer for more words: after an outage
# of ours he gets one answer to all of them, not a burst. Clocks may differ by some minutes.
LATE = timedelta(minutes=10)

_CONVERSATION = cast(Table, Conversation.__table__)
_MESSAGE = cast(Table, Message.__table__)


def _taking(order: UnaryExpression[Any] | ColumnElement[Any]) -> ReturningUpdate[Any]:
    """Take the first of ``order`` that are due and in nobody's hands."""
    due = (
        select(_CONVERSATION.c.id)
        .where(
            _CONVERSATION.c.handle_at <= bindparam("now"),
            or_(
                _CONVERSATION.c.claimed_until.is_(None),
                _CONVERSATION.c.claimed_until < bindparam("now"),
            ),
        )
        .order_by(order)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(key_share=True, skip_locked=True)
        .cte("due")
    )
    return (
        update(_CONVERSATION)
        .where(_CONVERSATION.c.id.in_(select(due.c.id)))
        .values(
            claim_token=bindparam("token"),
            claimed_until=bindparam("until"),
            attempts=_CONVERSATION.c.attempts + 1,
        )
        .returning(
            _CONVERSATION.c.id,
            _CONVERSATION.c.contact_id,
            _CONVERSATION.c.channel,
            _CONVERSATION.c.turn,
            _CONVERSATION.c.state,
            _CONVERSATION.c.attempts,
        )
    )


# Built once: they are asked with every turn.
_TAKE_OLDEST = _taking(_CONVERSATION.c.handle_at)
_TAKE_NEWEST = _taking(_CONVERSATION.c.handle_at.desc())
_NUMBERED = (
    select(
        _MESSAGE.c.id,
        _MESSAGE.c.conversation_id,
        _MESSAGE.c.kind,
        _MESSAGE.c.text,
        _MESSAGE.c.data,
        _MESSAGE.c.sent_at,
        _MESSAGE.c.created_at,
        _MESSAGE.c.handle_after,
        func.row_number()
        .over(
            partition_by=_MESSAGE.c.conversation_id, order_by=(_MESSAGE.c.order_no, _MESSAGE.c.id)
        )
        .label("place"),
    )
    .where(
        _MESSAGE.c.conversation_id.in_(bindparam("ids", expanding=True)),
        _MESSAGE.c.handled_at.is_(None),
    )
    .subquery()
)
_UNHANDLED = (
    select(_NUMBERED)
    .where(_NUMBERED.c.place <= MOST_TOGETHER)
    .order_by(_NUMBERED.c.conversation_id, _NUMBERED.c.place)
)
_NEXT_DUE = (
    select(_MESSAGE.c.conversation_id, func.min(_MESSAGE.c.handle_after))
    .where(
        _MESSAGE.c.conversation_id.in_(bindparam("ids", expanding=True)),
        _MESSAGE.c.handled_at.is_(None),
    )
    .group_by(_MESSAGE.c.conversation_id)
)


@dataclass(frozen=True, slots=True)
class Unhandled:
    """A customer's message. ``sent_at``: as the platform says. ``postponed``: it was read before
    and waits for what follows."""

    id: int
    kind: MessageKind
    text: str
    data: dict[str, Any]
    sent_at: datetime
    stored_at: datetime
    postponed: bool

    @property
    def is_text(self) -> bool:
        return self.kind is MessageKind.TEXT and FLOOD not in self.data


@dataclass(frozen=True, slots=True)
class Claim:
    """A conversation in hand, with its first unhandled messages in the platform's order."""

    token: str
    now: datetime
    conversation: Row[Any]
    messages: tuple[Unhandled, ...]

    @property
    def conversation_id(self) -> int:
        return int(self.conversation.id)

    @property
    def channel(self) -> str:
        return str(self.conversation.channel)

    @property
    def attempts(self) -> int:
        return int(self.conversation.attempts)

    @property
    def is_late(self) -> bool:
        """Whether the first message was written long before it came into our hands."""
        return self.now - self.messages[0].sent_at > LATE

    @property
    def together(self) -> int:
        """How many messages the first reading takes: what waited, and what it waited for; all
        that was written long ago."""
        if self.is_late:
            texts = len(list(takewhile(lambda message: message.is_text, self.messages)))
            return max(min(texts, MOST_TOGETHER), 1)
        waited = len(list(takewhile(lambda message: message.postponed, self.messages)))
        return waited + 1 if self.text_follows(waited) else max(waited, 1)

    def text_follows(self, count: int) -> bool:
        """Whether there is a text after the first ``count`` messages to be read with them."""
        return count < min(len(self.messages), MOST_TOGETHER) and self.messages[count].is_text

    def context(self, messages: Sequence[Unhandled], *, may_wait: bool = False) -> Context:
        """The messages as one: their texts are lines, the same one once; the first one's id stands
        for all. No more of it is read than the engine reads; operators have the whole."""
        row = self.conversation
        return Context(
            conversation_id=row.id,
            contact_id=row.contact_id,
            channel=row.channel,
            turn=row.turn,
            state=row.state,
            message_id=messages[0].id,
            kind=messages[0].kind,
            text="\n".join(dict.fromkeys(message.text for message in messages))[:MAX_CHARS],
            data=messages[0].data,
            now=self.now,
            may_wait=may_wait,
        )


async def claim(tx: Transaction, limit: int) -> list[Claim]:
    """Take up to ``limit`` conversations that are due and that nobody has in hand: who waits
    longest, and who came last.

    What was changed in the session of ``tx`` has to be flushed before.
    """
    token = secrets.token_hex(8)
    taking = {"token": token, "now": tx.now, "until": tx.now + CLAIM_TIME}
    oldest = limit - newest_of(limit)
    claimed = await tx.connection.execute(_TAKE_OLDEST, {**taking, "most": oldest})
    rows = list(claimed.all())
    if len(rows) == oldest and oldest < limit:
        claimed = await tx.connection.execute(_TAKE_NEWEST, {**taking, "most": limit - oldest})
        rows += claimed.all()
    # A statement of its own: on PostgreSQL it must see what was committed before the lock.
    waiting = await _unhandled(tx, [row.id for row in rows]) if rows else {}
    await _nothing_due(tx, {row.id for row in rows} - waiting.keys())
    return [Claim(token, tx.now, row, tuple(waiting[row.id])) for row in rows if row.id in waiting]


async def _unhandled(tx: Transaction, ids: Sequence[int]) -> dict[int, list[Unhandled]]:
    """Each conversation's first unhandled messages in the platform's own order."""
    rows = await tx.connection.execute(_UNHANDLED, {"ids": ids})
    found: dict[int, list[Unhandled]] = {}
    for row in rows:
        found.setdefault(row.conversation_id, []).append(
            Unhandled(
                row.id,
                MessageKind(row.kind),
                row.text,
                row.data,
                row.sent_at,
                row.created_at,
                row.handle_after > row.created_at,
            )
        )
    return found


async def _nothing_due(tx: Transaction, ids: Collection[int]) -> None:
    if ids:
        await tx.connection.execute(
            update(_CONVERSATION)
            .where(_CONVERSATION.c.id.in_(sorted(ids)))
            .values(handle_at=None, claim_token=None, claimed_until=None, attempts=0)
        )


async def next_due(tx: Transaction, ids: Collection[int]) -> dict[int, datetime | None]:
    """When each conversation's next unhandled message is due; nothing for one without any."""
    rows = await tx.connection.execute(_NEXT_DUE, {"ids": sorted(ids)})
    return {row[0]: row[1] for row in rows}


async def renew(tx: Transaction, claims: Collection[Claim]) -> None:
    """Keep the claims of what takes long, so that nobody handles it a second time."""
    if claims:
        await tx.connection.execute(
            update(_CONVERSATION)
            .where(_CONVERSATION.c.claim_token.in_(sorted({claim.token for claim in claims})))
            .values(claimed_until=tx.now + CLAIM_TIME)
        )


async def give_back(tx: Transaction, failed: Claim, *, outage: bool) -> None:
    """Try again soon; an outage of the database, billing or Rasa is not the message's fault."""
    pause = OUTAGE_PAUSE if outage else timedelta(seconds=failed.attempts)
    await tx.connection.execute(
        update(_CONVERSATION)
        .where(
            _CONVERSATION.c.id == failed.conversation_id,
            _CONVERSATION.c.claim_token == failed.token,
        )
        .values(
            claim_token=None,
            claimed_until=tx.now + pause,
            attempts=failed.attempts - 1 if outage else failed.attempts,
        )
    )


async def forget(tx: Transaction) -> None:
    """Every claim: for the start of the only process, when whoever held one is dead."""
    await tx.connection.execute(
        update(_CONVERSATION)
        # Only what is due is claimed, and only that has an index.
        .where(_CONVERSATION.c.handle_at.is_not(None), _CONVERSATION.c.claim_token.is_not(None))
        .values(claim_token=None, claimed_until=None)
    )
