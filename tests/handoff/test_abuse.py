"""Warning first, then a stop for a day; the supervisor lifts it. What a channel may carry."""

import pytest

from handoff.abuse import standing
from handoff.errors import NotWarned, PersonalDataHere
from handoff.inbox import personal_data
from handoff.models import CloseReason
from handoff.steps import Operator
from tests.handoff.conftest import House
from tests.handoff.test_calendar import at


async def test_a_warning_then_a_stop_then_lifted(house: House, olga: Operator) -> None:
    conversation = await house.customer("…!")
    first = await house.request(conversation)
    abuse = house.service.abuse
    await house.service.desk.take(first, olga)
    with pytest.raises(NotWarned):
        await abuse.stop(first, olga)
    await abuse.warn(first, olga)
    assert "не можем вести разговор с оскорблениями" in (await house.sent(conversation))[-1]
    await abuse.stop(first, olga)
    assert "завтра после 12:00" in (await house.sent(conversation))[-1]
    assert (await house.stay(first)).close_reason == CloseReason.STOPPED
    row = await house.conversation(conversation)
    assert row.state["stopped"][0] == house.clock.now().replace(day=19).isoformat()
    async with house.database.read() as session:
        stands = await standing(session, row.contact_id, house.clock.now())
    assert stands.stopped_until == at("2026-11-19T12:00")
    await abuse.lift(first, olga)
    assert (await house.conversation(conversation)).state["stopped"] == []
    async with house.database.read() as session:
        stands = await standing(session, row.contact_id, house.clock.now())
    assert not stands.warned
    notes = await house.notes(conversation)
    assert [note for note in notes if "оскорбления" in note or "снято" in note] == [
        "Ольга: предупреждение за оскорбления",
        "Ольга: разговор прекращён за оскорбления",
        "Ольга: ограничение снято",
    ]


async def test_where_only_public_things_may_be_said(house: House, olga: Operator) -> None:
    house.service.desk._public_only = ("telegram",)
    house.service.desk._public = ("8 800 555-01-23", "5,47")
    conversation = await house.customer("сколько я должен")
    first = await house.request(conversation)
    with pytest.raises(PersonalDataHere):
        await house.service.desk.answer(first, olga, "Ваш долг 120 ₽", client_key="k1")
    assert await house.sent(conversation) == []
    said = "Тариф 5,47 ₽, звоните 8 800 555-01-23"
    await house.service.desk.answer(first, olga, said, client_key="k2")
    assert len(await house.sent(conversation)) == 1


@pytest.mark.parametrize(
    ("text", "is_personal"),
    [
        ("Долг 1 234,56 ₽", True),
        ("заплатите 500 руб.", True),
        ("лицевой счёт 440012345678", True),
        ("показания 12345 приняты", True),
        ("ул. Мира, д. 12", True),
        ("по адресу ул. Ленина 5", True),
        ("мой номер +7 900 123-45-67", True),
        ("Показания передавайте с 15 по 25 число", False),
        ("Ответим в течение 3 рабочих дней", False),
        ("Закон № 261-ФЗ, пункт 5", False),
        ("Здравствуйте! Сейчас проверю", False),
    ],
)
def test_what_reads_like_personal_data(text: str, is_personal: bool) -> None:
    assert bool(personal_data.found(text)) is is_personal
