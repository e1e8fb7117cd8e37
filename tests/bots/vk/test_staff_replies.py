"""An employee answers on VK's page: the inbox shows it, the clock is met, the assistant silent."""

import pytest
from sqlalchemy import select, update

from bots.incoming import Unreadable
from bots.intake import Intake
from bots.vk.incoming import parse_event
from bots.vk.staff_replies import StaffReplies
from conversations.models import Author, Conversation, Delivery, Message
from conversations.service import Outbox, Outgoing
from handoff.models import AnswerClock, ClockKind, Handoff
from storage.database import Database
from tests.conftest import FakeClock
from tests.fakes.vk_events import Numbers, Person

EMPLOYEE = 501


async def test_an_answer_past_the_inbox(
    database: Database, intake: Intake, replies: StaffReplies, outbox: Outbox, account: int,
    clock: FakeClock,
) -> None:  # fmt: skip
    anna = Person(Numbers(), 77)
    assert not await replies.take(anna.answered_by(EMPLOYEE, "никому не известный чат"))
    told = parse_event(anna.message("где мой счёт"), account, clock.now())
    assert told is not None
    await intake.accept(told)

    async with database.write() as tx:
        conversation = await tx.session.scalar(select(Conversation.id))
        assert conversation is not None
        await outbox.queue(tx, [Outgoing(conversation, Author.ASSISTANT, "а", [{"text": "а"}])])
        await tx.session.execute(update(Delivery).values(random_id=4711))
    assert not await replies.take(anna.answered_by(None, "а", 4711))
    assert not await replies.take(anna.answered_by(EMPLOYEE, "а", 4711)), "ours by its number"

    answer = anna.answered_by(EMPLOYEE, "Отправили &quot;сегодня&quot;", 99)
    assert await replies.take(answer)
    assert not await replies.take(answer), "a repeat"
    async with database.read() as session:
        said = (
            await session.execute(select(Message).where(Message.author == Author.OPERATOR))
        ).scalar_one()
        stay = (await session.execute(select(Handoff))).scalar_one()
        first = await session.scalar(
            select(AnswerClock.outcome).where(AnswerClock.kind == ClockKind.FIRST_ANSWER)
        )
        turn = await session.scalar(select(Conversation.turn))
    assert (said.text, said.data) == ('Отправили "сегодня"', {"name": "Сотрудник ВКонтакте"})
    assert (stay.state, stay.next_due_at, first, turn) == ("waiting", None, "met", "operator")

    broken = anna.answered_by(EMPLOYEE, "а")
    del broken["object"]["peer_id"]
    with pytest.raises(Unreadable):
        await replies.take(broken)
