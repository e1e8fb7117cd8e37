"""«Показания 12345»: to the end, on real understanding, with bad input on the way."""

import re

from sqlalchemy import func, select

from billing.demo.filling import DEMO_ACCOUNTS
from billing.models import Account, Meter, Reading
from billing.numbers import format_value
from tests.dialogs.conftest import House

ONE_ZONE = DEMO_ACCOUNTS[0]


async def _zones(house: House, number: str) -> tuple[int, ...]:
    """The last accepted values of the account's meter."""
    async with house.services.database.read() as session:
        row = (
            await session.execute(
                select(Reading)
                .join(Meter, Meter.id == Reading.meter_id)
                .join(Account, Account.id == Meter.account_id)
                .where(Account.number == number, Reading.status == "accepted")
                .order_by(Reading.period.desc())
                .limit(1)
            )
        ).scalar_one()
    return tuple(value for value in (row.t1, row.t2, row.t3) if value is not None)


async def _stored(house: House) -> int:
    async with house.services.database.read() as session:
        return (
            await session.execute(
                select(func.count())
                .select_from(Reading)
                .where(Reading.conversation_id.is_not(None))
            )
        ).scalar_one()


def _plus(values: tuple[int, ...], kwh: int) -> list[str]:
    return [str(value // 1000 + kwh) for value in values]


async def test_everything_in_one_message(house: House) -> None:
    (value,) = _plus(await _zones(house, ONE_ZONE.number), 150)
    said = await house.customer().writes(
        f"лс {ONE_ZONE.number} {ONE_ZONE.holder.surname} показания {value}"
    )
    assert "Показания приняты" in said.text, said.text
    assert format_value(int(value) * 1000) in said.text
    assert re.search(r"\d\d\.\d\d\.\d{4} в \d\d:\d\d, Telegram", said.text)
    assert await _stored(house) == 1


async def test_step_by_step_and_a_second_time_without_the_account(house: House) -> None:
    (value,) = _plus(await _zones(house, ONE_ZONE.number), 150)
    customer = house.customer()
    assert "номер лицевого счёта" in (await customer.writes("хочу передать показания")).text
    assert "фамилию" in (await customer.writes(ONE_ZONE.number)).text
    asked = await customer.writes(ONE_ZONE.holder.surname)
    assert "Прошлые показания" in asked.text
    assert "Показания приняты" in (await customer.writes(value)).text
    (later,) = _plus(await _zones(house, ONE_ZONE.number), 20)
    again = await customer.writes(f"показания {later}")
    assert "Показания приняты" in again.text
    assert await _stored(house) == 2


async def test_two_zones_in_one_message_and_one_by_one(house: House) -> None:
    account = next(a for a in DEMO_ACCOUNTS if len(a.meters[0].last) == 2)
    day, night = _plus(await _zones(house, account.number), 90)
    customer = house.customer()
    await customer.writes(f"показания по счету {account.number}, владелец {account.holder.surname}")
    said = await customer.writes(f"день {day} ночь {night}")
    assert "Показания приняты" in said.text, said.text
    assert "день" in said.text
    other = house.customer("78")
    day, night = str(int(day) + 5), str(int(night) + 5)
    await other.writes("показания")
    await other.writes(f"{account.number} {account.holder.surname}")
    assert "ночь" in (await other.writes(day)).text
    assert "Показания приняты" in (await other.writes(night)).text


async def test_less_than_before_is_refused_with_the_reason(house: House) -> None:
    values = await _zones(house, ONE_ZONE.number)
    customer = house.customer()
    await customer.writes(f"показания лс {ONE_ZONE.number} {ONE_ZONE.holder.surname}")
    said = await customer.writes(_plus(values, -500)[0])
    assert "меньше" in said.text
    assert await _stored(house) == 0
    assert "Показания приняты" in (await customer.writes(_plus(values, 100)[0])).text


async def test_of_two_zones_only_the_wrong_one_is_asked_again(house: House) -> None:
    account = next(a for a in DEMO_ACCOUNTS if len(a.meters[0].last) == 2)
    last = await _zones(house, account.number)
    (day, night), low = _plus(last, 90), _plus(last, -900)[1]
    customer = house.customer()
    await customer.writes(f"показания по счету {account.number}, владелец {account.holder.surname}")
    said = await customer.writes(f"день {day} ночь {low}")
    assert "«ночь», остальное записал" in said.text, said.text
    assert "Показания приняты" in (await customer.writes(night)).text
    day, night = str(int(day) + 5), str(int(night) + 5)
    for both in (f"{day} {night}", f"день {day}, ночь {night}"):
        other = house.customer(both)
        await other.writes("показания")
        await other.writes(f"{account.number} {account.holder.surname}")
        assert "«ночь»" in (await other.writes(f"{day} {low}")).text
        taken = await other.writes(both)
        assert "Показания приняты" in taken.text or "уже приняты" in taken.text, taken.text


async def test_a_wrong_name_and_a_wrong_number_get_the_same_answer(house: House) -> None:
    wrong_name = await house.customer("1").writes(f"долг по счету {ONE_ZONE.number} Кузнецов")
    wrong_number = await house.customer("2").writes("долг по счету 440099999999 Кузнецов")
    assert wrong_name.text == wrong_number.text
    assert "не подошли" in wrong_name.text


async def test_after_three_wrong_proofs_an_operator_is_called(house: House) -> None:
    customer = house.customer()
    await customer.writes("сколько я должен")
    for _ in range(3):
        said = await customer.writes("440099999999 Кузнецов")
    assert "оператор" in said.text.lower()
    assert (await customer.conversation()).turn == "queue"


async def test_a_question_in_between_is_answered_and_the_flow_goes_on(house: House) -> None:
    customer = house.customer()
    await customer.writes("передать показания")
    said = await customer.writes("а где найти номер лицевого счета?")
    assert len(said.texts) == 2
    assert "номер лицевого счёта" in said.texts[1]
    assert "фамилию" in (await customer.writes(ONE_ZONE.number)).text


async def test_cancel_stops_the_flow(house: House) -> None:
    customer = house.customer()
    await customer.writes("передать показания")
    assert "остановились" in (await customer.writes("отмена")).text
    assert (await customer.conversation()).state["flow"] == ""


async def test_an_old_confirmation_button_is_stale(house: House) -> None:
    values = await _zones(house, ONE_ZONE.number)
    customer = house.customer()
    await customer.writes(f"показания лс {ONE_ZONE.number} {ONE_ZONE.holder.surname}")
    asked = await customer.writes(_plus(values, 9000)[0])
    yes = asked.buttons["Да, верно"]
    await customer.presses("Да, верно")
    stored = await _stored(house)
    assert stored == 1
    assert "не действует" in (await customer.presses_action(yes)).text
    assert await _stored(house) == stored


async def test_the_debt_of_an_identified_customer(house: House) -> None:
    customer = house.customer()
    await customer.writes("сколько я должен")
    said = await customer.writes(f"{ONE_ZONE.number} {ONE_ZONE.holder.surname}")
    assert "₽" in said.text
    assert ONE_ZONE.number not in said.text, "the whole number is not shown"


async def test_a_surname_in_small_letters_beside_the_number(house: House) -> None:
    customer = house.customer()
    await customer.writes("сколько я должен")
    said = await customer.writes(f"{ONE_ZONE.number} {ONE_ZONE.holder.surname.lower()}")
    assert "₽" in said.text


async def test_the_account_is_not_asked_again_when_the_question_changes(house: House) -> None:
    customer = house.customer()
    await customer.writes("показания")
    await customer.writes(ONE_ZONE.number)
    assert "фамилию" in (await customer.writes("сколько я должен?")).text
    assert "₽" in (await customer.writes(ONE_ZONE.holder.surname)).text
