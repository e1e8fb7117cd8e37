"""The clocks of answers: what starts and stops them, amber and red, another calendar."""

import pytest

from handoff.inbox.queue import Tab
from handoff.models import AnswerClock, ClockKind, Outcome
from handoff.steps import Operator
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.holding import is_holding
from tests.handoff.conftest import MOSCOW, House
from tests.handoff.test_calendar import at
from tests.handoff.test_queue import names_in


def told(clock: AnswerClock) -> tuple[object, object]:
    return clock.outcome, clock.ended_at


async def kinds(house: House) -> list[str]:
    return [change.kind for change in await house.changes()]


async def test_a_request_starts_two_clocks_and_an_answer_stops_the_first(
    house: House, olga: Operator
) -> None:
    first = await house.waiting()
    clocks = await house.clocks(first)
    assert clocks[ClockKind.FIRST_ANSWER].due_at == at("2026-11-18T12:15")
    assert clocks[ClockKind.MATTER].due_at == at("2026-11-19T17:00")
    house.clock.advance(minutes=4)
    await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k1")
    clocks = await house.clocks(first)
    assert told(clocks[ClockKind.FIRST_ANSWER]) == (Outcome.MET, at("2026-11-18T12:04"))
    assert told(clocks[ClockKind.MATTER]) == (None, None)
    await house.service.desk.close(first, olga)
    assert (await house.clocks(first))[ClockKind.MATTER].outcome == Outcome.MET


async def test_a_line_that_only_holds_on_answers_nothing(house: House, olga: Operator) -> None:
    first = await house.waiting()
    said = await house.service.desk.answer(first, olga, "Минуту, уточняю", client_key="k1")
    assert said.owed
    stay = await house.stay(first)
    assert (stay.first_answered_at, stay.next_due_at) == (None, at("2026-11-18T12:15"))
    said = await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k2")
    assert not said.owed
    assert (await house.stay(first)).next_due_at is None


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Здравствуйте!", True),
        ("Добрый день, меня зовут Ольга. Сейчас посмотрю", True),
        ("Минуту, уточняю информацию по Вашему вопросу", False),
        ("Секундочку…", True),
        ("🙂", True),
        ("Здравствуйте! Показания приняты.", False),
        ("Долг 10 ₽", False),
        ("Да", True),
        ("Здравствуйте, Иван Петрович! На связи оператор Ольга, сейчас помогу.", True),
        ("Добрый день, Анна", True),
        ("Здравствуйте, Анна! Долг погашен.", False),
        ("Добрый день. Оплачено", False),
        ("Минуту, уточняю", True),
    ],
)
def test_what_holds_on(text: str, holds: bool) -> None:
    assert is_holding(text, "Ольга") is holds


async def test_each_question_has_a_clock_of_its_own(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k1")
    house.clock.advance(minutes=30)
    await house.wrote(conversation)
    house.clock.advance(minutes=10)
    await house.wrote(conversation)
    clock = (await house.clocks(first))[ClockKind.NEXT_ANSWER]
    assert (clock.started_at, clock.due_at) == (at("2026-11-18T12:30"), at("2026-11-18T12:45"))
    await house.service.desk.needs_no_answer(first, olga)
    assert (await house.clocks(first))[ClockKind.NEXT_ANSWER].outcome == Outcome.DROPPED


async def test_amber_then_red_are_told_once_and_survive(house: House, olga: Operator) -> None:
    first = await house.waiting()
    house.clock.advance(minutes=9, seconds=59)
    await house.run_jobs()
    assert "handoff.soon" not in await kinds(house)
    house.clock.advance(seconds=6)
    await house.run_jobs()
    await house.run_jobs()
    assert (await kinds(house)).count("handoff.soon") == 1
    house.clock.advance(minutes=5)
    await house.run_jobs()
    await house.run_jobs()
    assert (await kinds(house)).count("handoff.late") == 1
    clock = (await house.clocks(first))[ClockKind.FIRST_ANSWER]
    assert told(clock) == (Outcome.MISSED, None)
    # An answer that comes late ends the clock; missed it stays.
    await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k1")
    clock = (await house.clocks(first))[ClockKind.FIRST_ANSWER]
    assert told(clock) == (Outcome.MISSED, house.clock.now())


async def test_nobody_looked_in_time_and_late_it_is(house: House, olga: Operator) -> None:
    first = await house.waiting()
    house.clock.advance(minutes=40)
    await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k1")
    assert (await house.clocks(first))[ClockKind.FIRST_ANSWER].outcome == Outcome.MISSED
    await house.run_jobs()
    assert "handoff.late" not in await kinds(house)


async def test_a_customer_who_no_longer_waits_is_no_met_promise(house: House) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.left(conversation)
    clocks = await house.clocks(first)
    assert {clock.outcome for clock in clocks.values()} == {Outcome.DROPPED}
    house.clock.advance(hours=1)
    await house.run_jobs()
    assert "handoff.late" not in await kinds(house)


async def test_another_calendar_moves_what_runs(house: House, olga: Operator) -> None:
    first = await house.waiting("1", "Анна")
    answered = await house.waiting("2", "Борис")
    await house.service.desk.answer(answered, olga, "Долг 10 ₽", client_key="k1")
    before = (await house.clocks(answered))[ClockKind.FIRST_ANSWER].calendar
    house.service.clocks.hours = WorkingHours.from_profile(
        {"weekly": {"wed": ["14:00-18:00"], "fri": ["08:00-17:00"]}}, MOSCOW
    )
    await house.service.calendar_loaded()
    stay = await house.stay(first)
    assert stay.next_due_at == stay.first_due_at == at("2026-11-18T14:15")
    clocks = await house.clocks(first)
    assert clocks[ClockKind.FIRST_ANSWER].due_at == at("2026-11-18T14:15")
    assert clocks[ClockKind.MATTER].due_at == at("2026-11-20T17:00")
    assert (await house.clocks(answered))[ClockKind.FIRST_ANSWER].calendar == before
    house.clock.value = at("2026-11-18T14:10:05")
    await house.run_jobs()
    assert (await kinds(house)).count("handoff.soon") == 1


async def test_a_complaint_stands_as_if_it_had_five_minutes_less(
    house: House, olga: Operator
) -> None:
    await house.waiting("1", "Первый")
    house.clock.advance(minutes=4)
    await house.waiting("2", "Жалоба", reason="complaint")
    house.clock.advance(minutes=2)
    await house.waiting("3", "Жалоба позже", summary={"intent": "operator", "topic": "complaint"})
    assert await names_in(house, Tab.WAITING, olga) == ["Жалоба", "Первый", "Жалоба позже"]


async def test_the_list_and_the_rows_agree(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    for act in ("answer", "wrote", "needs_no_answer", "wrote"):
        house.clock.advance(minutes=3)
        if act == "answer":
            await house.service.desk.answer(first, olga, "Долг 10 ₽", client_key="k1")
        elif act == "wrote":
            await house.wrote(conversation)
        else:
            await house.service.desk.needs_no_answer(first, olga)
        running = [
            clock.due_at
            for clock in (await house.clocks(first)).values()
            if clock.kind != ClockKind.MATTER and clock.ended_at is None
        ]
        stay = await house.stay(first)
        assert running == ([stay.next_due_at] if stay.next_due_at else [])
