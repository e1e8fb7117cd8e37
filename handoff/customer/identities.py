"""Where else this customer writes to us, and who may be near to him: for the operator's eyes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from billing.models import AccountLink
from conversations.models import Contact, Conversation
from handoff.customer.earlier import Span
from handoff.customer.join_models import ContactJoin
from handoff.inbox import names

MOST = 10
LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Identity:
    """A chat of this customer's. ``how``: «code» or «phone» where it was joined, and when."""

    conversation_id: int
    channel: str
    name: str
    is_here: bool
    how: str = ""
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody else who has shown that one of the same accounts is his: a hint, no more."""

    channel: str
    name: str


async def identities(session: AsyncSession, contact_id: int, *, here: int) -> Sequence[Identity]:
    """The chat that is open on the page comes first."""
    rows = await session.execute(
        select(Conversation.id, Conversation.channel, Conversation.display_name,
               ContactJoin.how, ContactJoin.at)
        .outerjoin(
            ContactJoin,
            (ContactJoin.conversation_id == Conversation.id)
            & (ContactJoin.to_contact_id == contact_id)
            & ContactJoin.parted_at.is_(None),
        )
        .where(Conversation.contact_id == contact_id)
        .order_by((Conversation.id == here).desc(), Conversation.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        Identity(row.id, row.channel, row.display_name or "", row.id == here, row.how or "", row.at)
        for row in rows
    ]


async def near(session: AsyncSession, contact_id: int) -> Sequence[Near]:
    own, other = aliased(AccountLink), aliased(AccountLink)
    rows = await session.execute(
        select(Conversation.channel, Conversation.display_name, Contact.given_name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(
            Conversation.contact_id.in_(
                select(other.contact_id)
                .join(own, own.account_id == other.account_id)
                .where(
                    own.contact_id == contact_id,
                    own.unlinked_at.is_(None),
                    other.contact_id != contact_id,
                    other.unlinked_at.is_(None),
                )
            )
        )
        .order_by(Conversation.id)
        .limit(MOST)
    )
    return [Near(row.channel, names.shown(row.given_name, row.display_name)) for row in rows]


async def span_of_chat(
    session: AsyncSession, contact_id: int, conversation_id: int, now: datetime
) -> Span | None:
    """The last months of another chat of this customer's; None for somebody else's."""
    found = await session.scalar(
        select(Conversation.id).where(
            Conversation.id == conversation_id, Conversation.contact_id == contact_id
        )
    )
    return Span(conversation_id, now - LOOKED_BACK, now) if found is not None else None
