"""A flow that an operator begins for the customer: identity, readings, the bill."""

import pytest
from sqlalchemy import select

from conversations.models import Message, MessageKind, Turn
from handoff.customer.lending import Lent
from handoff.errors import CustomerGone, NotWaiting, NotYours
from handoff.models import Handoff
from handoff.steps import Operator
from staff.models import Person, Role
from tests.dialogs.conftest import Customer, House, Said, handle_to_the_end

IVANOVA = "440012345678"


async def _person(house: House, login: str, name: str) -> Operator:
    async with house.services.database.write() as tx:
        person = Person(
            login=login, display_name=name, password_hash="-", role=Role.OPERATOR,
            created_at=tx.now,
        )  # fmt: skip
        tx.session.add(person)
        await tx.session.flush()
        return Operator(person.id, name)


async def _stay(house: House) -> Handoff:
    async with house.services.database.read() as session:
        return (await session.scalars(select(Handoff).order_by(Handoff.id.desc()))).first()  # type: ignore[return-value]


async def _notes(house: House) -> list[str]:
    async with house.services.database.read() as session:
        rows = await session.scalars(
            select(Message.text)
            .where(Message.kind.in_((MessageKind.NOTE, MessageKind.LENT)))
            .order_by(Message.id)
        )
        return list(rows)


async def _taken(house: House, customer: Customer) -> tuple[Operator, Handoff]:
    olga = await _person(house, "olga", "Ольга")
    await customer.writes("позовите оператора")
    stay = await _stay(house)
    await house.services.handoff.desk.take(stay.id, olga)
    await house.services.handoff.desk.answer(stay.id, olga, "Разбираемся.", client_key="k" * 16)
    return olga, stay


async def _lend(house: House, customer: Customer, stay: Handoff, who: Operator, what: Lent) -> Said:
    await house.services.handoff.lending.lend(stay.id, who, what)
    await handle_to_the_end(house.services, house.worker)
    return await customer.hears()


async def test_the_assistant_asks_and_the_operator_keeps_the_turn(house: House) -> None:
    customer = house.customer()
    olga, stay = await _taken(house, customer)
    await house.services.handoff.lending.lend(stay.id, olga, Lent.IDENTITY)
    said = await _lend(house, customer, stay, olga, Lent.IDENTITY)  # a double press
    assert "Ольга просит подтвердить, что счёт Ваш" in said.text
    assert len(said.texts) == 1
    assert list(said.buttons) == ["Не сейчас"], "no way past the operator"
    assert (await _stay(house)).next_due_at is None

    asked = await customer.writes(f"{IVANOVA} Петров")
    assert "не подошли" in asked.text
    assert "Подтверждаю" not in (await customer.writes("спасибо")).text
    linked = await customer.writes(f"{IVANOVA} Иванова")
    assert "привязан" in linked.text
    assert linked.buttons == {}, "nothing to press that nobody would answer"
    conversation = await customer.conversation()
    assert (conversation.turn, conversation.state["lent"]) == (Turn.OPERATOR, "")
    assert (await _stay(house)).next_due_at is not None, "it is the operator's turn"
    assert (await _notes(house))[-2:] == [
        "Ольга: бот подтверждает личность клиента", "Личность клиента подтверждена ботом",
    ]  # fmt: skip

    bill = await _lend(house, customer, stay, olga, Lent.BILL)
    assert "Ольга просит показать Вам квитанцию" in bill.text
    assert (await _notes(house))[-1] == "Бот показал квитанцию"
    assert (await customer.writes("а вы кто?")).text == "", "the assistant is silent again"

    # Something else in the middle is for the operator, and nothing of it is begun.
    await _lend(house, customer, stay, olga, Lent.READING)
    aside = await customer.writes("какие тарифы на электроэнергию")
    assert "Передал оператору" in aside.text
    assert "5,47" not in aside.text
    assert (await _notes(house))[-1] == "Бот не принял показания"
    await _lend(house, customer, stay, olga, Lent.READING)
    assert "уже не действует" not in (await customer.writes("отмена")).text
    await _lend(house, customer, stay, olga, Lent.READING)
    photo = await customer.sends(MessageKind.ATTACHMENT, type="photo")
    assert "Передал оператору" in photo.text
    await _lend(house, customer, stay, olga, Lent.READING)
    assert "остановились" in (await customer.presses("Не сейчас")).text

    # The operator stops it; danger stops it; a text that fits nothing is asked once more.
    await _lend(house, customer, stay, olga, Lent.READING)
    stopped = await _lend(house, customer, stay, olga, Lent.NOTHING)
    assert "больше не нужны" in stopped.text
    await _lend(house, customer, stay, olga, Lent.READING)
    once, twice = await customer.writes("ну такое себе"), await customer.writes("ну такое себе")
    assert once.text
    assert "оператор уже в этом чате" in twice.text
    await _lend(house, customer, stay, olga, Lent.READING)
    assert "112" in (await customer.writes("оборвался провод и искрит")).text
    assert (await customer.conversation()).state["lent"] == ""
    assert (await customer.conversation()).turn == Turn.OPERATOR


async def test_who_may_lend_and_what_goes_on_without_him(house: House) -> None:
    customer = house.customer()
    olga, stay = await _taken(house, customer)
    ivan = await _person(house, "ivan", "Иван")
    lending, desk = house.services.handoff.lending, house.services.handoff.desk
    with pytest.raises(NotYours):
        await lending.lend(stay.id, ivan, Lent.READING)

    # Given back in the middle, the assistant goes on as if it had begun by itself.
    await _lend(house, customer, stay, olga, Lent.READING)
    await desk.return_to_assistant(stay.id, olga)
    await customer.hears()
    assert "На кого оформлен" in (await customer.writes(IVANOVA)).text
    assert (await customer.conversation()).state["lent"] == ""
    with pytest.raises(NotWaiting):
        await lending.lend(stay.id, olga, Lent.READING)

    # Pressed, and closed before the assistant came to it.
    await customer.writes("позовите оператора")
    stay = await _stay(house)
    await desk.take(stay.id, olga)
    await lending.lend(stay.id, olga, Lent.READING)
    await desk.close(stay.id, olga)
    await customer.hears()
    await handle_to_the_end(house.services, house.worker)
    assert (await customer.hears()).texts == []

    await customer.writes("позовите оператора")
    stay = await _stay(house)
    await desk.take(stay.id, olga)
    await customer.sends(MessageKind.STOPPED)
    with pytest.raises(CustomerGone):
        await lending.lend(stay.id, olga, Lent.READING)
