"""What the customer has asked us for and what became of it: calls, complaints, promised answers,
readings and organisations under review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from billing.customers.claim_models import ClaimState, OrganisationClaim
from billing.models import Reading, ReadingStatus
from billing.queries import reading_number
from conversations.models import Conversation
from handoff.models import Handoff, HandoffState

MOST = 10
# Reasons for which the customer wants something done; the others are a wish to talk.
_WANTED = ("callback", "complaint", "payment_missing", "receipt_sent")
CLAIM_STATES = {
    ClaimState.WAITING: "ждёт проверки",
    ClaimState.CONFIRMED: "подтверждена",
    ClaimState.REFUSED: "отклонена",
}
READING_STATES = {
    ReadingStatus.REVIEW: "на проверке",
    ReadingStatus.REFUSED: "не приняты",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """``kind``: «callback», «complaint»…, as reasons of a stay, or «reading», «organisation»,
    «promise». ``about``: a phone and a time, a number; ``state``: how it stands, in Russian;
    ``by``: the promised day."""

    kind: str
    at: datetime
    about: str
    state: str
    by: datetime | None = None
    is_open: bool = False


async def asked(session: AsyncSession, contact_id: int) -> Sequence[Asked]:
    """The newest first."""
    found = [
        *await _of_stays(session, contact_id),
        *await _readings(session, contact_id),
        *await _organisations(session, contact_id),
    ]
    return sorted(found, key=lambda one: (one.is_open, one.at), reverse=True)[:MOST]


async def _of_stays(session: AsyncSession, contact_id: int) -> list[Asked]:
    rows = await session.scalars(
        select(Handoff)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(
            Conversation.contact_id == contact_id,
            or_(Handoff.reason.in_(_WANTED), Handoff.promised_at.is_not(None)),
        )
        .order_by(Handoff.id.desc())
        .limit(MOST)
    )
    return [
        Asked(
            kind=stay.reason if stay.reason in _WANTED else "promise",
            at=stay.requested_at,
            about=_call(stay) if stay.reason == "callback" else "",
            state="закрыто" if stay.state == HandoffState.CLOSED else "в работе",
            by=stay.promised_at,
            is_open=stay.state != HandoffState.CLOSED,
        )
        for stay in rows
    ]


def _call(stay: Handoff) -> str:
    phone, when = stay.summary.get("phone"), stay.summary.get("when")
    return ", ".join(str(one) for one in (phone, when) if one)


async def _readings(session: AsyncSession, contact_id: int) -> list[Asked]:
    """Given in this customer's chats. What was accepted stands beside the meter."""
    rows = await session.execute(
        select(Reading.id, Reading.status, Reading.received_at)
        .join(Conversation, Conversation.id == Reading.conversation_id)
        .where(
            Conversation.contact_id == contact_id,
            Reading.status.in_((ReadingStatus.REVIEW, ReadingStatus.REFUSED)),
        )
        .order_by(Reading.id.desc())
        .limit(MOST)
    )
    return [
        Asked(
            kind="reading",
            at=row.received_at,
            about=reading_number(row.id),
            state=READING_STATES[row.status],
            is_open=row.status == ReadingStatus.REVIEW,
        )
        for row in rows
    ]


async def _organisations(session: AsyncSession, contact_id: int) -> list[Asked]:
    rows = await session.scalars(
        select(OrganisationClaim)
        .where(OrganisationClaim.contact_id == contact_id)
        .order_by(OrganisationClaim.id.desc())
        .limit(MOST)
    )
    return [
        Asked(
            kind="organisation",
            at=row.at,
            about=row.number,
            state=CLAIM_STATES[ClaimState(row.state)],
            is_open=row.state == ClaimState.WAITING,
        )
        for row in rows
    ]
