"""A promise that can be kept: the load of the shift, the time told, the one word while waiting."""

from datetime import UTC, datetime, timedelta

import pytest

from conversations.models import Turn
from conversations.service import mark_unreachable
from handoff.steps import Operator
from handoff.working_time.load import FASTEST, USUAL_PACE, Answered, Load, honest, pace
from tests.handoff.conftest import House
from tests.handoff.test_calendar import at

QUARTER = timedelta(minutes=15)
NOON = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("load", "within"),
    [
        (Load(), 15),
        (Load(ahead=0, operators=0), 15),
        (Load(ahead=2, operators=1, pace=minutes(5)), 15),
        (Load(ahead=3, operators=1, pace=minutes(5)), 20),
        (Load(ahead=3, operators=2, pace=minutes(5)), 15),
        (Load(ahead=6, operators=2, pace=minutes(4)), 20),
        (Load(ahead=100, operators=4, pace=minutes(3)), 80),
        (Load(ahead=100, operators=200, pace=minutes(20)), 20),
    ],
)
def test_the_time_is_later_when_the_shift_cannot_answer_sooner(load: Load, within: int) -> None:
    assert honest(QUARTER, load) == minutes(within)


def test_the_pace_is_that_of_busy_times() -> None:
    def answered(operator: int, asked: float, given: float) -> Answered:
        return Answered(operator, NOON + minutes(asked), NOON + minutes(given))

    assert pace([]) == USUAL_PACE
    idle = [answered(1, 60 * n, 60 * n + 2) for n in range(20)]
    assert pace(idle) == USUAL_PACE, "between them nobody waited"
    busy = [answered(1, 0, 3 * n) for n in range(1, 8)]
    assert pace(busy) == minutes(3)
    assert pace([*reversed(busy), *idle]) == minutes(3)
    both = [answered(1, 0, 2 * n) for n in range(1, 7)]
    both += [answered(2, 0, 2 * n + 1) for n in range(1, 7)]
    assert pace(both) == minutes(2), "each operator goes at his own"
    assert pace([answered(1, 0, n / 60) for n in range(1, 9)]) == FASTEST


async def test_what_is_told_when_many_wait(house: House, olga: Operator, ivan: Operator) -> None:
    promises = house.service.promises

    async def told(*, first: bool = False) -> str:
        house.clock.advance(seconds=11)
        now = house.clock.now()
        await promises.look(now)
        return promises.told(now, promises.due(now, first=first))

    assert await told() == "Оператор ответит до 12:16."
    stays = [await house.waiting(str(number)) for number in range(12)]
    assert await told() == "Оператор ответит до 12:56.", (
        "thirteenth of one operator, 4 minutes each"
    )
    assert await told(first=True) == "Оператор ответит до 12:16."
    for stay in stays[:6]:
        house.clock.advance(minutes=2)
        await house.service.desk.answer(stay, olga, "Готово.", client_key=f"{stay:016}")
    now = house.clock.now()
    assert now == at("2026-11-18T12:12:33")
    assert await told() == "Оператор ответит до 12:28.", "2 minutes each, and six are left"
    now = house.clock.now()
    before = promises.due(now)
    await house.waiting("99")
    await promises.look(now)
    assert promises.due(now) == before, "looked at a moment ago"
    house.clock.value = at("2026-11-20T19:00")
    assert "Вам ответят в понедельник до 8:20" in await told(), "as fast as on Wednesday"


async def test_one_word_after_ten_minutes(house: House, olga: Operator) -> None:
    waits = await house.customer("позовите", "1")
    await house.request(waits)
    told_later = await house.customer("позовите", "2")
    async with house.database.write() as tx:
        conversation = await house.locked(tx, told_later)
        conversation.state = {"promised_by": at("2026-11-18T12:40").isoformat()}
    await house.request(told_later)
    answered = await house.waiting("3")
    greeted = await house.waiting("4")
    gone = await house.customer("позовите", "5")
    await house.request(gone)
    left = await house.customer("позовите", "6")
    await house.request(left)
    await house.left(left)
    async with house.database.write() as tx:
        await mark_unreachable(tx, gone, "blocked")
    await house.service.desk.answer(answered, olga, "Готово.", client_key="k" * 16)
    await house.service.desk.answer(greeted, olga, "Минуту, уточняю.", client_key="m" * 16)
    counts = {c: len(await house.sent(c)) for c in (waits, told_later, gone, left)}

    house.clock.advance(minutes=9, seconds=59)
    await house.run_jobs()
    assert await house.sent(waits) == []
    house.clock.advance(seconds=1)
    await house.run_jobs()
    said = "Вы не потерялись, просто операторы ещё заняты. Оператор ответит до 12:{}."
    assert await house.sent(waits) == [said.format(15)]
    assert await house.sent(told_later) == [said.format(40)]
    assert {c: len(await house.sent(c)) for c in (gone, left)} == {
        c: counts[c] for c in (gone, left)
    }
    for stay in (answered, greeted):
        conversation_id = (await house.stay(stay)).conversation_id
        assert len(await house.sent(conversation_id)) == 1
    assert (await house.conversation(waits)).turn == Turn.QUEUE
    house.clock.advance(minutes=30)
    await house.run_jobs()
    assert len(await house.sent(waits)) == 1, "then only on asking"
