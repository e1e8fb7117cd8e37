"""The lists of the inbox: order, tabs, search, counts, the last line."""

from collections.abc import Collection

import pytest

from handoff.inbox import queue
from handoff.inbox.queue import Counts, Tab
from handoff.later import Preset
from handoff.steps import Operator
from handoff.working_time.clock import Heat, heat, left
from tests.handoff.conftest import House
from tests.handoff.test_calendar import at


async def names_in(
    house: House, tab: Tab, me: Operator, search: str = "", groups: Collection[int] = ()
) -> list[str]:
    async with house.database.read() as session:
        page = await queue.page(session, tab, me.id, search=search, groups=groups)
    return [item.name for item in page.items]


async def test_danger_then_overdue_then_due_soonest(house: House, olga: Operator) -> None:
    for name in ("Первый", "Второй", "Третий"):
        await house.waiting(name, name)
        house.clock.advance(minutes=10)
    await house.waiting("Опасность", "Опасность", danger=True)
    assert await names_in(house, Tab.WAITING, olga) == ["Опасность", "Первый", "Второй", "Третий"]


async def test_tabs(house: House, olga: Operator, ivan: Operator) -> None:
    desk = house.service.desk
    await desk.take(await house.waiting("1", "Моя"), olga)
    await desk.take(await house.waiting("2", "Ивана"), ivan)
    await house.waiting("3", "Ждёт")
    for chat, name in (("4", "Закрыта раньше"), ("5", "Закрыта позже")):
        house.clock.advance(minutes=1)
        closed = await house.waiting(chat, name)
        await desk.take(closed, olga)
        await desk.close(closed, olga)
    assert await names_in(house, Tab.WAITING, olga) == ["Ждёт"]
    assert await names_in(house, Tab.MINE, olga) == ["Моя"]
    assert await names_in(house, Tab.ALL, olga) == ["Моя", "Ивана", "Ждёт"]
    assert await names_in(house, Tab.CLOSED, olga) == ["Закрыта позже", "Закрыта раньше"]


async def test_mine_that_are_owed_an_answer_come_first(house: House, olga: Operator) -> None:
    desk = house.service.desk
    answered = await house.waiting("1", "Отвечено")
    await desk.answer(answered, olga, "Готово", client_key="k1")
    house.clock.advance(minutes=5)
    await desk.take(await house.waiting("2", "Ждёт ответа"), olga)
    assert await names_in(house, Tab.MINE, olga) == ["Ждёт ответа", "Отвечено"]


async def test_search_knows_no_case_no_yo_and_no_wildcards(house: House, olga: Operator) -> None:
    await house.waiting("1", "Пётр Семёнов")
    await house.waiting("2", "100% скидка_тут")
    await house.waiting("3", None)
    assert await names_in(house, Tab.WAITING, olga, "ПЕТР") == ["Пётр Семёнов"]
    assert await names_in(house, Tab.WAITING, olga, "семён пёт") == ["Пётр Семёнов"]
    assert await names_in(house, Tab.WAITING, olga, "%") == []
    assert await names_in(house, Tab.WAITING, olga, "скидка_тут") == ["100% скидка_тут"]
    assert await names_in(house, Tab.WAITING, olga, '"ски* OR') == []
    assert await names_in(house, Tab.WAITING, olga, "'; --") == []
    assert len(await names_in(house, Tab.WAITING, olga, "  ")) == 3


@pytest.mark.parametrize("tab", [Tab.WAITING, Tab.ALL, Tab.MINE, Tab.SNOOZED, Tab.CLOSED])
async def test_a_list_comes_in_pages(house: House, olga: Operator, tab: Tab) -> None:
    """Each line once and in the order of the whole, whatever has a date and what has none."""
    desk, later = house.service.desk, house.service.later
    for number in range(9):
        stay = await house.waiting(str(number), f"Клиент {number}", danger=number == 4)
        if tab is not Tab.WAITING:
            await desk.take(stay, olga)
        if tab is Tab.SNOOZED or (number % 3 == 0 and tab in (Tab.ALL, Tab.MINE)):
            await desk.answer(stay, olga, "Готово", client_key=f"k{number}")
        if tab is Tab.SNOOZED:
            await later.snooze(stay, olga, Preset.HOUR if number % 2 else Preset.CUSTOMER)
        if tab is Tab.CLOSED:
            await desk.close(stay, olga)
        # Some at the same moment.
        house.clock.advance(minutes=number % 2)
    async with house.database.read() as session:
        whole = await queue.page(session, tab, olga.id)
        paged, after = [], ""
        for _ in range(5):
            some = await queue.page(session, tab, olga.id, limit=2, after=after)
            paged += some.items
            after = some.next
    assert len(whole.items) == 9
    assert not whole.more
    assert (paged, after) == (list(whole.items), "")


async def test_a_wrong_place_is_the_beginning(house: House, olga: Operator) -> None:
    await house.waiting("1", "Анна")
    async with house.database.read() as session:
        for wrong in ("x", "9-1", "0-1", f"0-0-{9 * 10**18}-{10**18}", "1-99999999999999999999"):
            assert len((await queue.page(session, Tab.ALL, olga.id, after=wrong)).items) == 1


async def test_the_last_line_is_what_was_said(house: House, olga: Operator) -> None:
    first = await house.waiting("1", "Анна")
    await house.service.desk.note(first, olga, "между нами", client_key="n1")

    async def last() -> tuple[str, str]:
        async with house.database.read() as session:
            item = (await queue.page(session, Tab.ALL, olga.id)).items[0]
        assert item.last is not None
        return item.last.author, item.last.text

    assert await last() == ("customer", "позовите человека")
    await house.service.desk.answer(first, olga, "Счёт верный", client_key="k1")
    assert await last() == ("operator", "Счёт верный")


async def test_counts(house: House, olga: Operator, ivan: Operator) -> None:
    desk = house.service.desk
    await desk.take(await house.waiting("1"), olga)
    await desk.answer(await house.waiting("2"), olga, "Готово", client_key="k1")
    await desk.take(await house.waiting("3"), ivan)
    await house.waiting("4")
    house.clock.advance(minutes=10)
    await house.waiting("5")
    house.clock.advance(minutes=5)
    async with house.database.read() as session:
        counts = await queue.counts(session, olga.id, house.clock.now())
    assert counts == Counts(waiting=2, mine=2, owed=1, late=1, snoozed=0)


async def test_a_stay_whole(house: House, olga: Operator) -> None:
    first = await house.waiting("1", "Анна", summary={"topic": "penalty"})
    await house.service.desk.take(first, olga)
    async with house.database.read() as session:
        stay = await queue.read(session, first)
        assert await queue.read(session, first + 999) is None
    assert stay is not None
    assert (stay.name, stay.channel, stay.operator_name) == ("Анна", "telegram", "Ольга")
    assert stay.summary == {"topic": "penalty"}


def test_heat() -> None:
    due = at("2026-11-18T12:15")
    assert heat(None, due) is Heat.NONE
    assert heat(due, at("2026-11-18T12:09:59")) is Heat.CALM
    assert heat(due, at("2026-11-18T12:10")) is Heat.SOON
    assert heat(due, at("2026-11-18T12:14:59")) is Heat.SOON
    assert heat(due, due) is Heat.LATE


def test_time_left_is_told_in_whole_minutes_and_far_ones_by_the_clock() -> None:
    due = at("2026-11-18T12:15")
    told = {
        "11:00": "до 12:15",
        "11:15": "60 мин",
        "12:14:01": "1 мин",
        "12:15": "сейчас",
        "12:18:59": "−3 мин",
        "15:00": "−2 ч",
    }
    for now, words in told.items():
        assert left(due, at(f"2026-11-18T{now}"), "до 12:15") == words
