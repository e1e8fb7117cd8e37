"""After an outage many wait at once: who writes then does not stand behind them all."""

from bots.due import due_rows
from conversations.models import Author
from conversations.service import Outgoing
from dialogs import claims
from tests.conftest import FakeClock
from tests.dialogs.conftest import BuildHouse

WAITING, PLACES = 30, 10


async def test_half_of_the_places_are_for_who_came_last(
    build_house: BuildHouse, clock: FakeClock
) -> None:
    house = await build_house()
    database, outbox = house.services.database, house.services.outbox
    chats: dict[int, int] = {}
    for number in range(WAITING):
        customer = house.customer(str(number))
        await customer.writes_in_vain("какие тарифы?")
        chats[(await customer.conversation()).id] = number
        clock.advance(seconds=1)
    ends = [*range(PLACES // 2), *range(WAITING - PLACES // 2, WAITING)]

    async with database.write() as tx:
        claimed = await claims.claim(tx, PLACES)
        assert sorted(chats[one.conversation_id] for one in claimed) == ends
        rest = await claims.claim(tx, WAITING)
        assert len(rest) == WAITING - PLACES
        part = [{"text": "ответ"}]
        for conversation in chats:
            answer = Outgoing(conversation, Author.ASSISTANT, "ответ", part)
            await outbox.queue(tx, [answer])

    async with database.write() as tx:
        due = await due_rows(tx, house.account_id, PLACES)
        assert sorted(chats[row.conversation_id] for row in due) == ends
        everything = await due_rows(tx, house.account_id, WAITING + 1)
        assert [chats[row.conversation_id] for row in everything] == list(range(WAITING))


async def test_answers_to_what_was_written_long_ago_give_way(
    build_house: BuildHouse, clock: FakeClock
) -> None:
    house = await build_house()
    late, live = house.customer("late"), house.customer("live")
    await late.writes_in_vain("какие тарифы?")
    clock.advance(minutes=11)
    await house.worker.handle_all()
    await live.writes("какие тарифы?")
    async with house.services.database.write() as tx:
        due = await due_rows(tx, house.account_id, 10)
    assert [(row.chat_id, row.notice) for row in due] == [("live", False), ("late", True)]
