"""The assistant's side of the queue: ask, wait, write on, leave; and the silent end."""

import asyncio
from datetime import timedelta

import pytest

from conversations.models import Turn
from conversations.service import mark_unreachable
from handoff.models import CloseReason, HandoffState
from handoff.steps import Operator
from tests.handoff.conftest import House
from tests.handoff.test_calendar import at


async def test_a_request_waits_with_its_due_time(house: House) -> None:
    conversation = await house.customer("позовите человека")
    stay = await house.stay(
        await house.request(conversation, summary={"intent": "operator", "topic": "penalty"})
    )
    assert stay.state == HandoffState.WAITING
    assert stay.first_due_at == stay.next_due_at == at("2026-11-18T12:15")
    assert stay.summary["topic"] == "penalty"
    assert (await house.conversation(conversation)).turn == Turn.QUEUE
    assert [(c.kind, c.conversation_id) for c in await house.changes()] == [
        ("handoff.requested", conversation)
    ]


async def test_out_of_hours_the_clock_starts_at_opening(house: House) -> None:
    house.clock.value = at("2026-11-20T19:00")
    stay = await house.stay(await house.waiting())
    assert stay.first_due_at == at("2026-11-23T08:15")
    now, promises = house.clock.now(), house.service.promises
    assert promises.told(now, promises.due(now)) == (
        "Операторы работают пн–пт 8:00–17:00. Вам ответят в понедельник до 8:15."
    )


async def test_asking_twice_changes_nothing(house: House) -> None:
    first = await house.waiting()
    house.clock.advance(minutes=10)
    assert await house.waiting() == first
    assert (await house.stay(first)).next_due_at == at("2026-11-18T12:15")
    assert len(await house.changes()) == 1


async def test_one_open_stay_even_when_asked_from_many_sides(house: House) -> None:
    conversation = await house.customer("оператор")
    found = await asyncio.gather(*(house.request(conversation) for _ in range(10)))
    assert len(set(found)) == 1


async def test_danger_moves_a_waiting_one_to_the_front(house: House) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation, summary={"topic": "penalty"})
    await house.request(conversation, "danger", summary={"intent": "danger"}, danger=True)
    stay = await house.stay(first)
    assert stay.danger
    assert (stay.reason, stay.summary) == ("danger", {"topic": "penalty", "intent": "danger"})


async def test_not_needed_any_more(house: House) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.left(conversation)
    stay = await house.stay(first)
    assert (stay.state, stay.close_reason) == (HandoffState.CLOSED, CloseReason.CUSTOMER)
    assert (await house.conversation(conversation)).turn == Turn.ASSISTANT
    assert (await house.changes())[-1].kind == "handoff.closed"
    # A new request is a new stay with a clock of its own.
    house.clock.advance(hours=1)
    second = await house.stay(await house.request(conversation))
    assert second.id != first
    assert second.next_due_at == at("2026-11-18T13:15")


async def test_leaving_without_a_stay_gives_the_turn_back(house: House) -> None:
    conversation = await house.customer("привет")
    await house.left(conversation)
    assert (await house.conversation(conversation)).turn == Turn.ASSISTANT
    assert await house.changes() == []


async def test_going_on_with_the_bot_keeps_what_the_operator_owes(
    house: House, olga: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.take(first, olga)
    await house.left(conversation)
    stay = await house.stay(first)
    assert (stay.state, stay.operator_id) == (HandoffState.WAITING, None)
    assert stay.next_due_at == at("2026-11-18T12:15")
    assert (await house.conversation(conversation)).turn == Turn.QUEUE


async def test_going_on_with_the_bot_after_the_answer_ends_the_stay(
    house: House, olga: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    await house.left(conversation)
    assert (await house.stay(first)).close_reason == CloseReason.CUSTOMER


async def test_the_next_answer_is_due_from_the_earliest_unanswered_line(
    house: House, olga: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "Счёт верный", client_key="k1")
    assert (await house.stay(first)).next_due_at is None
    house.clock.advance(minutes=30)
    await house.wrote(conversation)
    house.clock.advance(minutes=5)
    await house.wrote(conversation)
    assert (await house.stay(first)).next_due_at == at("2026-11-18T12:45")
    assert [c.kind for c in await house.changes()].count("handoff.owed") == 1


async def test_a_line_in_a_conversation_without_a_stay_starts_nothing(house: House) -> None:
    await house.wrote(await house.customer("привет"))
    assert await house.changes() == []


async def test_silence_after_the_answer_ends_the_stay(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    house.clock.advance(hours=3, minutes=59)
    await house.run_jobs()
    assert (await house.stay(first)).state == HandoffState.TAKEN
    house.clock.advance(minutes=1)
    assert await house.run_jobs() == 1
    stay = await house.stay(first)
    assert (stay.state, stay.close_reason) == (HandoffState.CLOSED, CloseReason.IDLE)
    assert (await house.conversation(conversation)).turn == Turn.ASSISTANT
    assert "Завершаем разговор с оператором" in (await house.sent(conversation))[-1]
    assert await house.run_jobs() == 0


async def test_only_working_time_counts_as_silence(house: House, olga: Operator) -> None:
    first = await house.waiting()
    house.clock.value = at("2026-11-18T16:00")
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    house.clock.value = at("2026-11-19T10:59")
    await house.run_jobs()
    assert (await house.stay(first)).state == HandoffState.TAKEN
    house.clock.value = at("2026-11-19T11:00")
    await house.run_jobs()
    assert (await house.stay(first)).close_reason == CloseReason.IDLE


async def test_a_later_answer_puts_the_silent_end_off(house: House, olga: Operator) -> None:
    first = await house.waiting()
    await house.service.desk.answer(first, olga, "Счёт верный", client_key="k1")
    house.clock.advance(hours=2)
    await house.service.desk.answer(first, olga, "Готово", client_key="k2")
    house.clock.advance(hours=2)
    await house.run_jobs()
    assert (await house.stay(first)).state == HandoffState.TAKEN
    house.clock.value = at("2026-11-19T09:00")
    await house.run_jobs()
    assert (await house.stay(first)).close_reason == CloseReason.IDLE


async def test_an_unanswered_line_is_never_ended_by_silence(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    await house.wrote(conversation)
    house.clock.advance(days=3)
    await house.run_jobs()
    assert (await house.stay(first)).state != HandoffState.CLOSED


async def test_nobody_is_written_to_who_blocked_the_bot(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    async with house.database.write() as tx:
        await mark_unreachable(tx, conversation, "blocked")
    house.clock.advance(days=1)
    await house.run_jobs()
    assert (await house.stay(first)).close_reason == CloseReason.IDLE
    assert len(await house.sent(conversation)) == 1


async def test_how_many_wait(house: House, olga: Operator) -> None:
    first = await house.waiting("1")
    await house.waiting("2")
    assert await house.service.waiting() == 2
    await house.service.desk.take(first, olga)
    assert await house.service.waiting() == 1


@pytest.mark.parametrize("minutes", [15, 30])
async def test_the_promise_is_the_due_time(house: House, minutes: int) -> None:
    now, promises = house.clock.now(), house.service.promises
    promises.answer_within = timedelta(minutes=minutes)
    assert promises.told(now, promises.due(now)) == f"Оператор ответит до 12:{minutes}."
