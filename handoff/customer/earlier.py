"""What was before, with the same customer: earlier stays with the operators, and their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Conversation
from handoff.models import Handoff, HandoffState
from staff.models import Person

MOST = 30
# What led to the operator stands before his part.
LED_TO_IT = timedelta(hours=1)
AFTER_IT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class EarlierStay:
    """``subject``: an intent or topic, "" when nobody has said what it was about."""

    handoff_id: int
    conversation_id: int
    channel: str
    at: datetime
    reason: str
    subject: str
    operator: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a conversation, from moment to moment."""

    conversation_id: int
    since: datetime
    until: datetime


async def earlier(session: AsyncSession, contact_id: int, *, but: int) -> Sequence[EarlierStay]:
    """The customer's other stays in all his channels, the newest first; ``but``: the one that is
    open on the page."""
    rows = await session.execute(
        select(Handoff, Conversation.channel, Person.display_name)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .outerjoin(Person, Person.id == Handoff.operator_id)
        .where(Conversation.contact_id == contact_id, Handoff.id != but)
        .order_by(Handoff.id.desc())
        .limit(MOST)
    )
    return [
        EarlierStay(
            handoff_id=stay.id,
            conversation_id=stay.conversation_id,
            channel=channel,
            at=stay.requested_at,
            reason=stay.reason,
            subject=str(
                stay.subject or stay.summary.get("topic") or stay.summary.get("intent") or ""
            ),
            operator=name or "",
            is_open=stay.state != HandoffState.CLOSED,
        )
        for stay, channel, name in rows
    ]


async def span_of(
    session: AsyncSession, contact_id: int, handoff_id: int, now: datetime
) -> Span | None:
    """The words of a stay of this customer's; None for somebody else's."""
    row = (
        await session.execute(
            select(Handoff.conversation_id, Handoff.requested_at, Handoff.closed_at)
            .join(Conversation, Conversation.id == Handoff.conversation_id)
            .where(Handoff.id == handoff_id, Conversation.contact_id == contact_id)
        )
    ).one_or_none()
    if row is None:
        return None
    until = row.closed_at + AFTER_IT if row.closed_at else now
    return Span(row.conversation_id, row.requested_at - LED_TO_IT, until)
