"""Late answers are told to the supervisors' chat: in numbers, and not too often."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from conversations.models import Conversation
from handoff.board.supervisors import ChatOfSupervisors
from handoff.service import HandoffService
from handoff.steps import Operator
from handoff.working_time.calendar import WorkingHours
from tests.handoff.conftest import House

CHAT = ChatOfSupervisors("vk", "2000000007", timedelta(minutes=15))


@pytest.fixture
def house(house: House, hours: WorkingHours) -> House:
    house.service = HandoffService(
        house.database, house.outbox, house.events, hours, supervisors=CHAT,
        answer_within=timedelta(minutes=15), idle_close=timedelta(hours=4),
    )  # fmt: skip
    return house


async def told(house: House) -> list[str]:
    async with house.database.read() as session:
        found = await session.scalar(
            select(Conversation.id).where(Conversation.chat_id == CHAT.chat_id)
        )
    return await house.sent(found) if found is not None else []


async def minutes(house: House, number: int) -> None:
    """Let the jobs run as a process would."""
    for _ in range(number * 3):
        house.clock.advance(seconds=20)
        await house.run_jobs()


async def test_counts_alone_and_not_more_often_than_asked(house: House, olga: Operator) -> None:
    await house.waiting("1", "Анна")
    await minutes(house, 11)
    await house.waiting("2", "Борис")
    answered = await house.waiting("3", "Вера")
    assert await told(house) == []
    await minutes(house, 5)
    assert await told(house) == [
        "На 12:15 опаздываем с ответом: 1. Меньше 5 минут осталось: 0. Ждут оператора: 3."
    ]
    await house.service.desk.answer(answered, olga, "Готово.", client_key="k" * 16)
    await minutes(house, 12)  # one more is late by now
    assert len(await told(house)) == 1
    await minutes(house, 3)
    said = await told(house)
    assert said[1:] == [
        "На 12:31 опаздываем с ответом: 2. Меньше 5 минут осталось: 0. Ждут оператора: 2."
    ]
    assert "Анна" not in "".join(said)
    await minutes(house, 16)
    assert len(await told(house)) == 2, "nothing new is late"
    assert [change.kind for change in await house.changes("handoff.late")] == ["handoff.late"] * 2
