"""Conversations given to the free, and taken back from those who are away."""

from datetime import timedelta

from handoff.models import HandoffState
from handoff.service import HandoffService
from handoff.steps import Operator
from handoff.working_time.calendar import WorkingHours
from staff import groups, sessions
from staff.models import StaffSession
from staff.presence import set_break
from tests.handoff.conftest import House
from tests.handoff.test_calendar import at
from tests.handoff.test_later import at_work


async def group(house: House, *members: Operator, distribute: bool = True) -> int:
    async with house.database.write() as tx:
        return await groups.save(
            tx, None, name="Общая", topics=[], members=[one.id for one in members],
            is_default=True, distribute=distribute, by=members[0].id,
        )  # fmt: skip


async def holders(house: House, stays: list[int]) -> list[int | None]:
    return [(await house.stay(one)).operator_id for one in stays]


async def test_to_whoever_is_here_and_has_the_fewest(
    house: House, olga: Operator, ivan: Operator
) -> None:
    await group(house, olga, ivan)
    await at_work(house, olga)
    await at_work(house, ivan)
    stays = [await house.waiting(str(number)) for number in range(3)]
    house.clock.advance(seconds=15)
    await house.run_jobs()
    assert await holders(house, stays) == [olga.id, ivan.id, olga.id]


async def test_nobody_gets_more_than_he_can_bear(house: House, olga: Operator) -> None:
    await group(house, olga)
    await at_work(house, olga)
    stays = [await house.waiting(str(number)) for number in range(7)]
    house.clock.advance(seconds=15)
    await house.run_jobs()
    assert (await holders(house, stays)).count(olga.id) == 5
    await house.service.desk.close(stays[0], olga)
    house.clock.advance(seconds=15)
    await house.run_jobs()
    assert (await house.stay(stays[5])).operator_id == olga.id


async def test_only_where_it_is_switched_on_and_somebody_is_here(
    house: House, olga: Operator, ivan: Operator
) -> None:
    await group(house, ivan)  # is away
    await at_work(house, olga)  # is of no group
    first = await house.waiting()
    house.clock.advance(seconds=15)
    await house.run_jobs()
    assert (await house.stay(first)).state == HandoffState.WAITING


async def test_what_is_owed_comes_back_from_who_is_away(house: House, olga: Operator) -> None:
    await at_work(house, olga)
    owed, answered = await house.waiting("1"), await house.waiting("2")
    await house.service.desk.take(owed, olga)
    await house.service.desk.answer(answered, olga, "Долг 10 ₽", client_key="k1")
    house.clock.advance(minutes=9)
    await house.run_jobs()
    assert (await house.stay(owed)).operator_id == olga.id
    house.clock.advance(minutes=2)
    await house.run_jobs()
    stay = await house.stay(owed)
    assert (stay.state, stay.next_due_at) == (HandoffState.WAITING, at("2026-11-18T12:15"))
    assert (await house.stay(answered)).operator_id == olga.id
    assert "Ольга не на месте" in (await house.notes(stay.conversation_id))[-1]


async def test_a_break_and_the_end_of_it(house: House, olga: Operator, ivan: Operator) -> None:
    await group(house, olga, ivan)
    await at_work(house, olga)
    await at_work(house, ivan)
    stay = await house.waiting("1")
    await house.service.desk.take(stay, olga)
    async with house.database.write() as tx:
        await set_break(tx, olga.id, on=True)
    house.clock.advance(seconds=15)
    await house.run_jobs()
    found = await house.stay(stay)
    assert (found.operator_id, found.next_due_at) == (ivan.id, at("2026-11-18T12:15"))
    other = await house.waiting("2")
    house.clock.advance(seconds=15)
    await house.run_jobs()
    assert await holders(house, [stay, other]) == [ivan.id] * 2, "nothing new during a break"
    third = await house.waiting("3")
    await house.service.desk.take(third, olga)  # has ended it
    house.clock.advance(seconds=15)
    await house.run_jobs()
    assert (await house.stay(third)).operator_id == olga.id


async def test_it_holds_after_a_restart_and_after_a_logout(
    house: House, olga: Operator, ivan: Operator, hours: WorkingHours
) -> None:
    await group(house, olga, ivan)
    await at_work(house, olga)
    stay = await house.waiting("1")
    house.clock.advance(seconds=15)
    await house.run_jobs()
    waiting = await house.waiting("2")
    async with house.database.write() as tx:
        await sessions.revoke(tx, StaffSession.person_id == olga.id)
    await at_work(house, ivan)

    house.service = HandoffService(  # another process, that remembers nothing
        house.database, house.outbox, house.events, hours,
        answer_within=timedelta(minutes=15), idle_close=timedelta(hours=4),
    )  # fmt: skip
    house.clock.advance(seconds=15)
    await house.run_jobs()
    assert await holders(house, [stay, waiting]) == [ivan.id] * 2
    assert (await house.stay(stay)).next_due_at == at("2026-11-18T12:15"), "as due as before"
