"""Within a day of an operator's goodbye, and after it."""

from datetime import timedelta

from sqlalchemy import select, update

from conversations.models import Turn
from handoff.models import Handoff, HandoffState
from handoff.steps import Operator
from staff.models import Person, Role, StaffSession
from tests.conftest import FakeClock
from tests.dialogs.conftest import House

UNCLEAR = "ну там в общем короче вот так вот"


async def test_what_is_not_clear_goes_back_to_the_same_operator(
    house: House, clock: FakeClock
) -> None:
    database, desk = house.services.database, house.services.handoff.desk
    async with database.write() as tx:
        person = Person(
            login="olga", display_name="Ольга", password_hash="-", role=Role.OPERATOR,
            created_at=tx.now,
        )  # fmt: skip
        tx.session.add(person)
        await tx.session.flush()
        olga = Operator(person.id, "Ольга")
        tx.session.add(
            StaffSession(
                person_id=olga.id, token_hash="t", csrf="c", created_at=tx.now,
                last_seen_at=tx.now, expires_at=tx.now + timedelta(days=9),
            )
        )  # fmt: skip

    async def last_stay() -> Handoff:
        async with database.read() as session:
            rows = await session.scalars(select(Handoff).order_by(Handoff.id.desc()).limit(1))
            return rows.one()

    async def served() -> None:
        stay = await last_stay()
        await desk.take(stay.id, olga)
        await desk.close(stay.id, olga)

    async def seen() -> None:
        async with database.write() as tx:
            await tx.session.execute(update(StaffSession).values(last_seen_at=tx.now))

    customer = house.customer()
    await customer.writes("оператор")
    await served()

    sure = await customer.writes("какие тарифы на электроэнергию")
    assert "5,47" in sure.text, "what is clear the assistant answers itself"
    assert sure.buttons["Вернуться к оператору"] == "i:operator"
    assert "Оператор" not in sure.buttons, "one way to the operators, not two"
    assert "Вернуться к оператору" not in (await customer.writes("спасибо")).buttons
    assert (await customer.conversation()).turn == Turn.ASSISTANT

    await seen()
    back = await customer.writes(UNCLEAR)
    assert "Передаю" in back.text
    assert "не получилось" not in back.text.lower()
    stay = await last_stay()
    assert (stay.state, stay.operator_id, stay.reason) == (
        HandoffState.TAKEN, olga.id, "returned",
    )  # fmt: skip
    assert stay.next_due_at is not None, "his clock runs as for anybody else"
    await desk.close(stay.id, olga)

    clock.value += timedelta(hours=1)  # by now she has gone home
    await customer.writes(UNCLEAR)
    stay = await last_stay()
    assert (stay.state, stay.operator_id) == (HandoffState.WAITING, None)
    await served()

    clock.value += timedelta(hours=25)
    later = await customer.writes(UNCLEAR)
    assert "Передаю" not in later.text, "a day later it begins with the assistant"
    assert (await customer.conversation()).turn == Turn.ASSISTANT
