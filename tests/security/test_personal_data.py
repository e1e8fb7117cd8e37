"""What the term forgets of a customer, and of whom it does not."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update

from conversations.models import Contact, Conversation
from handoff.customer.join_models import ProvenPhone
from handoff.models import Handoff, Label
from okno.profile import Retention
from okno.retention import Forgetting
from staff.models import Person
from storage.database import Database
from tests.conftest import FakeClock
from tests.storage.test_archive import fill

TERMS = Retention(conversations_months=6)


async def test_phones_names_and_labels_of_who_was_silent_for_the_term_are_forgotten(
    database: Database, clock: FakeClock
) -> None:
    await fill(database, messages=2)
    silent, heard = 5, 6
    async with database.write() as tx:
        tx.session.add(Contact(id=4, created_at=tx.now))
        await tx.session.flush()
        tx.session.add(
            Conversation(
                id=heard, contact_id=4, bot_account_id=7, channel="telegram", chat_id="43",
                state={}, last_seq=0, last_message_at=tx.now + timedelta(days=180),
                created_at=tx.now,
            )
        )  # fmt: skip
        await tx.session.flush()
        await tx.session.execute(update(Contact).values(phone="+79161234567", given_name="Анна"))
        person = await tx.session.scalar(
            insert(Person)
            .values(login="o", display_name="О", password_hash="-", role="operator",
                    created_at=tx.now)
            .returning(Person.id)
        )  # fmt: skip
        stay = await tx.session.scalar(
            insert(Handoff)
            .values(
                conversation_id=silent, reason="asked", summary={}, state="closed",
                name_folded="", requested_at=tx.now, first_due_at=tx.now, closed_at=tx.now,
            )
            .returning(Handoff.id)
        )  # fmt: skip
        for word in ("сосед", "жалоба"):
            tx.session.add(
                Label(handoff_id=stay, folded=word, label=word, created_by=person,
                      created_at=tx.now)
            )  # fmt: skip
        tx.session.add(ProvenPhone(conversation_id=silent, phone="9161234567", at=tx.now))
    forgetting = Forgetting(database, TERMS, ZoneInfo("Europe/Moscow"))
    for days, left in ((185, 2), (2, 1)):
        clock.advance(days=days)
        found = await forgetting.look({})
        async with database.write() as tx:
            await forgetting.act(tx, {}, found)
        async with database.read() as session:
            known = select(func.count()).where(Contact.phone.is_not(None))
            assert await session.scalar(known) == left
            assert await session.scalar(select(func.count()).select_from(Label)) == 2 * (left - 1)
            assert await session.scalar(select(func.count()).select_from(ProvenPhone)) == left - 1
    async with database.read() as session:
        owner = select(Contact.given_name).join(Conversation).where(Conversation.id == heard)
        assert await session.scalar(owner) == "Анна"
