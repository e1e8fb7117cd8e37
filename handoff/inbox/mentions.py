"""Colleagues who are called in a note: «@Ольга, посмотри»."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Contact, Conversation
from handoff.inbox import names
from handoff.models import Handoff, Mention
from staff.models import Person
from storage.database import Transaction

_CALL = re.compile(r"@([\w.+-]+)")
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Unseen:
    handoff_id: int
    name: str


async def name_in(
    tx: Transaction, text: str, writer: int, handoff_id: int, message_id: int
) -> list[int]:
    """Remember whom the note calls, by login or first name; their ids."""
    called = {word.rstrip(".").casefold() for word in _CALL.findall(text)}
    if not called:
        return []
    people = await tx.session.execute(
        select(Person.id, Person.login, Person.display_name).where(Person.active)
    )
    found = [
        person.id
        for person in people
        if person.id != writer
        and (person.login in called or person.display_name.casefold().split()[0] in called)
    ]
    if found:
        await tx.session.execute(
            insert(Mention),
            [
                {"message_id": message_id, "person_id": person, "handoff_id": handoff_id}
                for person in found
            ],
        )
    return found


async def unseen(session: AsyncSession, person_id: int) -> Sequence[Unseen]:
    """Conversations in which this person was called and has not looked yet."""
    rows = await session.execute(
        select(Handoff.id, Contact.given_name, Conversation.display_name)
        .join(Mention, Mention.handoff_id == Handoff.id)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Mention.person_id == person_id, Mention.seen_at.is_(None))
        .distinct()
        .order_by(Handoff.id)
        .limit(SHOWN)
    )
    return [Unseen(row.id, names.shown(row.given_name, row.display_name)) for row in rows]


async def see(tx: Transaction, person_id: int, handoff_id: int) -> None:
    await tx.session.execute(
        update(Mention)
        .where(
            Mention.person_id == person_id,
            Mention.handoff_id == handoff_id,
            Mention.seen_at.is_(None),
        )
        .values(seen_at=tx.now)
    )
