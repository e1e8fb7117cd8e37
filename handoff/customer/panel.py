"""The customer beside his conversation, but for his accounts: what is under way with him, what
was before, what he has asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Conversation
from handoff.customer import lending
from handoff.customer.earlier import EarlierStay, earlier
from handoff.customer.identities import Identity, Near, identities, near
from handoff.customer.lending import Lent
from handoff.customer.requests import Asked, asked
from handoff.inbox.queue import Stay


@dataclass(frozen=True, slots=True)
class Customer:
    """``lent``: what the assistant does in this conversation for its operator. ``near``: others
    with the same account."""

    lent: Lent | None
    chats: Sequence[Identity]
    near: Sequence[Near]
    earlier: Sequence[EarlierStay]
    asked: Sequence[Asked]


async def customer(session: AsyncSession, stay: Stay) -> Customer:
    conversation = await session.get_one(Conversation, stay.conversation_id)
    return Customer(
        lent=await lending.under_way(session, conversation),
        chats=await identities(session, stay.contact_id, here=stay.conversation_id),
        near=await near(session, stay.contact_id),
        earlier=await earlier(session, stay.contact_id, but=stay.handoff_id),
        asked=await asked(session, stay.contact_id),
    )
