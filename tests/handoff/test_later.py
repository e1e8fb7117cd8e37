"""Putting off, promising a date, handing over, calling an answer back, rating."""

import pytest
from sqlalchemy import select

from conversations.models import Turn
from handoff.desk import UNDO
from handoff.errors import AnswerOwed, NobodyThere, NotYours, TooLate
from handoff.inbox.queue import Tab
from handoff.later import Preset, Promise
from handoff.models import ClockKind, HandoffState, Mention, Outcome, Rating
from handoff.steps import Operator
from staff import groups
from staff.models import StaffSession
from tests.handoff.conftest import House
from tests.handoff.test_calendar import at
from tests.handoff.test_queue import names_in


async def taken(house: House, who: Operator, chat: str = "77") -> tuple[int, int]:
    """A conversation that ``who`` has answered: its id and the stay's."""
    conversation = await house.customer("оператор", chat)
    first = await house.request(conversation)
    await house.service.desk.answer(first, who, "Долг 10 ₽", client_key=f"k{chat}")
    return conversation, first


async def at_work(house: House, who: Operator) -> None:
    async with house.database.write() as tx:
        tx.session.add(
            StaffSession(
                token_hash=f"t{who.id}-{tx.now}", person_id=who.id, csrf="c", created_at=tx.now,
                last_seen_at=tx.now, expires_at=tx.now,
            )
        )  # fmt: skip


async def test_put_off_for_an_hour_and_back_again(house: House, olga: Operator) -> None:
    _, first = await taken(house, olga)
    await house.service.later.snooze(first, olga, Preset.HOUR)
    assert await names_in(house, Tab.MINE, olga) == []
    assert await names_in(house, Tab.SNOOZED, olga) == ["Анна"]
    house.clock.advance(minutes=60)
    await house.run_jobs()
    assert await names_in(house, Tab.MINE, olga) == ["Анна"]
    assert (await house.changes())[-1].kind == "handoff.woken"


async def test_who_writes_is_seen_at_once(house: House, olga: Operator) -> None:
    conversation, first = await taken(house, olga)
    await house.service.later.snooze(first, olga, Preset.CUSTOMER)
    house.clock.advance(hours=1)
    await house.wrote(conversation)
    assert await names_in(house, Tab.MINE, olga) == ["Анна"]
    assert (await house.stay(first)).next_due_at == at("2026-11-18T13:15")


async def test_tomorrow_is_the_next_opening(house: House, olga: Operator) -> None:
    house.clock.value = at("2026-11-20T16:00")
    _, first = await taken(house, olga)
    await house.service.later.snooze(first, olga, Preset.TOMORROW)
    assert (await house.stay(first)).wake_at == at("2026-11-23T08:00")


async def test_what_is_owed_comes_back_in_time(house: House, olga: Operator) -> None:
    first = await house.waiting()
    await house.service.desk.take(first, olga)
    await house.service.later.snooze(first, olga, Preset.HOUR)
    assert (await house.stay(first)).wake_at == at("2026-11-18T12:10")
    house.clock.advance(minutes=10)
    with pytest.raises(AnswerOwed):
        await house.service.later.snooze(first, olga, Preset.HOUR)


@pytest.mark.parametrize(
    ("promise", "told", "back", "due"),
    [
        (Promise.DEPARTMENT, "в понедельник до 17:00", "2026-11-23T08:00", "2026-11-23T17:00"),
        (Promise.OUTSIDE, "17 декабря до 17:00", "2026-12-17T08:00", "2026-12-17T17:00"),
        (Promise.CALL, "до 17:00 на номер 8 900", "2026-11-18T16:00", "2026-11-18T17:00"),
    ],
)
async def test_a_promised_date_is_told_and_kept(
    house: House, olga: Operator, promise: Promise, told: str, back: str, due: str
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.take(first, olga)
    await house.service.later.promise(first, olga, promise, phone="8 900")
    assert told in (await house.sent(conversation))[-1]
    clocks = await house.clocks(first)
    assert clocks[ClockKind.FIRST_ANSWER].outcome == Outcome.MET
    assert clocks[ClockKind.MATTER].due_at == at(due)
    assert clocks[ClockKind.MATTER].paused_at == house.clock.now()
    house.clock.value = at(back)
    await at_work(house, olga)
    await house.run_jobs()
    stay = await house.stay(first)
    assert (stay.next_due_at, stay.operator_id, stay.snoozed_at) == (at(due), olga.id, None)
    assert (await house.clocks(first))[ClockKind.MATTER].paused_at is None


async def test_a_promise_of_one_who_is_away_goes_to_the_queue(house: House, olga: Operator) -> None:
    conversation, first = await taken(house, olga)
    await house.service.later.promise(first, olga, Promise.DEPARTMENT)
    house.clock.value = at("2026-11-23T08:00")
    await house.run_jobs()
    stay = await house.stay(first)
    assert (stay.state, stay.operator_id) == (HandoffState.WAITING, None)
    assert (await house.conversation(conversation)).turn == Turn.QUEUE


async def test_a_call_without_a_number_asks_for_it(house: House, olga: Operator) -> None:
    conversation, first = await taken(house, olga)
    await house.service.later.promise(first, olga, Promise.CALL)
    assert "Напишите, пожалуйста, номер телефона" in (await house.sent(conversation))[-1]


async def test_a_promise_does_not_put_off_a_new_question(house: House, olga: Operator) -> None:
    conversation, first = await taken(house, olga)
    await house.service.later.promise(first, olga, Promise.CALL, phone="8 900")
    house.clock.value = at("2026-11-18T16:00")
    await at_work(house, olga)
    await house.run_jobs()
    house.clock.advance(minutes=5)
    await house.wrote(conversation)
    assert (await house.stay(first)).next_due_at == at("2026-11-18T16:20")


async def test_put_off_is_not_closed_for_silence(house: House, olga: Operator) -> None:
    _, first = await taken(house, olga)
    await house.service.later.promise(first, olga, Promise.DEPARTMENT)
    house.clock.advance(days=1)
    await house.run_jobs()
    assert (await house.stay(first)).state == HandoffState.TAKEN


async def test_to_a_colleague_with_a_note(house: House, olga: Operator, ivan: Operator) -> None:
    first = await house.waiting()
    await house.service.desk.take(first, olga)
    await house.service.moving.to_person(first, olga, ivan.id, "ждёт акт")
    stay = await house.stay(first)
    assert (stay.operator_id, stay.next_due_at) == (ivan.id, at("2026-11-18T12:15"))
    notes = await house.notes(stay.conversation_id)
    assert notes[-2:] == ["Ольга: передано, теперь отвечает Иван", "ждёт акт"]
    with pytest.raises(NotYours):
        await house.service.moving.to_person(first, olga, ivan.id)
    with pytest.raises(NobodyThere):
        await house.service.moving.to_person(first, ivan, 999)


async def test_groups_by_topic_and_by_hand(house: House, olga: Operator, ivan: Operator) -> None:
    async with house.database.write() as tx:
        meters = await groups.save(
            tx, None, name="Счётчики", topics=["faq/meter_*", "submit_reading"],
            members=[olga.id], is_default=False, by=olga.id,
        )  # fmt: skip
        common = await groups.save(
            tx, None, name="Общая", topics=[], members=[ivan.id], is_default=True, by=olga.id
        )
    first = await house.waiting("1", "Счётчик", summary={"topic": "faq/meter_fault"})
    await house.waiting("2", "Разное", summary={"topic": "faq/penalty"})
    await house.waiting("3", "Опасность", danger=True)
    for who, group, shown in (
        (olga, meters, ["Опасность", "Счётчик"]), (ivan, common, ["Опасность", "Разное"]),
    ):  # fmt: skip
        assert await names_in(house, Tab.WAITING, who, groups=[group]) == shown
    await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k1")
    await house.service.moving.to_group(first, olga, common)
    stay = await house.stay(first)
    assert (stay.state, stay.group_id) == (HandoffState.WAITING, common)
    assert stay.next_due_at == at("2026-11-18T12:15")


async def test_an_answer_called_back_has_not_happened(house: House, olga: Operator) -> None:
    first = await house.waiting()
    said = await house.service.desk.answer(first, olga, "Ой", client_key="k1")
    house.clock.advance(seconds=4)
    await house.service.desk.undo(first, olga, said.message_id)
    stay = await house.stay(first)
    assert (stay.first_answered_at, stay.next_due_at) == (None, at("2026-11-18T12:15"))
    clock = (await house.clocks(first))[ClockKind.FIRST_ANSWER]
    assert (clock.ended_at, clock.outcome) == (None, None)
    # The next one introduces the operator anew, and after its seconds it is gone for good.
    said = await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k2")
    assert (await house.sent(stay.conversation_id))[-1].startswith("Вам отвечает Ольга")
    house.clock.advance(seconds=UNDO.total_seconds())
    with pytest.raises(TooLate):
        await house.service.desk.undo(first, olga, said.message_id)
    assert (await house.stay(first)).next_due_at is None


async def test_a_foreign_answer_is_not_called_back(
    house: House, olga: Operator, ivan: Operator
) -> None:
    first = await house.waiting()
    said = await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k1")
    with pytest.raises(NotYours):
        await house.service.desk.undo(first, ivan, said.message_id)


async def test_a_note_calls_a_colleague(house: House, olga: Operator, ivan: Operator) -> None:
    first = await house.waiting()
    await house.service.desk.note(first, olga, "@Иван, @olga посмотри", client_key="n1")
    async with house.database.read() as session:
        called = list((await session.execute(select(Mention.person_id))).scalars())
    assert called == [ivan.id]


async def test_a_rating_is_asked_once_and_belongs_to_its_customer(
    house: House, olga: Operator
) -> None:
    conversation, first = await taken(house, olga)
    other = await house.customer("привет", "88")
    await house.service.desk.close(first, olga, subject="balance", ask_rating=True)
    assert not await house.service.ratings.ask(first, olga)
    assert sum("Оцените" in text for text in await house.sent(conversation)) == 1
    for who, score in ((other, 1), (conversation, 4)):
        async with house.database.write() as tx:
            row = await house.locked(tx, who)
            await house.service.ratings.rate(tx, row, first, score)
    async with house.database.write() as tx:
        row = await house.locked(tx, conversation)
        await house.service.ratings.comment(tx, row, first, "быстро")
    async with house.database.read() as session:
        rating = await session.get(Rating, first)
    assert rating is not None
    assert (rating.score, rating.comment, rating.operator_id) == (4, "быстро", olga.id)
    assert (await house.stay(first)).subject == "balance"
