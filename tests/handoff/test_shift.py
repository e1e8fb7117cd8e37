"""Conversations given to the free, and taken back from those who are away."""

from handoff.models import HandoffState
from handoff.steps import Operator
from staff import groups
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
