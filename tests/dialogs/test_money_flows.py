"""Money, to the end: debt, bills, payments, paying, papers, penalty, on real understanding."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from billing.errors import GatewayDown
from billing.models import Account, Payment
from conversations.models import Message
from dialogs import phrases
from dialogs.money_answers import MoneyAnswers
from replies import Reply
from tests.conftest import FakeClock
from tests.dialogs.conftest import Customer, House

IVANOVA, PETROV, SIDOROVA = "440012345678", "440087654321", "440011112222"
SMIRNOVA, MOROZOV = "440055556666", "440099990000"
NAMES = {IVANOVA: "Иванова", PETROV: "Петров", SIDOROVA: "Сидорова",
         SMIRNOVA: "Смирнова", MOROZOV: "Морозов"}  # fmt: skip


async def linked(house: House, number: str = IVANOVA) -> Customer:
    customer = house.customer()
    said = await customer.writes(f"привяжи счёт {number} {NAMES[number]}")
    assert "…" + number[-4:] in said.text, said.text
    return customer


async def files(house: House) -> Sequence[Any]:
    async with house.services.database.read() as session:
        message = (
            await session.execute(select(Message).order_by(Message.id.desc()).limit(1))
        ).scalar_one()
    return Reply.from_json(message.data).files


async def test_the_debt_says_whose_it_is_and_what_follows(house: House) -> None:
    customer = await linked(house)
    said = await customer.writes("сколько я должен?")
    assert "…5678: на 18.11.2026 к оплате" in said.text
    assert "Долг прошлых месяцев" in said.text
    assert "октябрь\u00a02026" in said.text
    assert {"Оплатить", "За что начислено", "Мои пени"} <= set(said.buttons)
    assert IVANOVA not in said.text


async def test_overpayment(house: House) -> None:
    said = await (await linked(house, SIDOROVA)).writes("какой у меня баланс")
    assert "долга нет, переплата **1\u00a0500,00\u00a0₽**" in said.text


async def test_a_bill_line_by_line(house: House) -> None:
    customer = await linked(house)
    said = await customer.writes("за что начислили?")
    assert "…5678: за октябрь\u00a02026 начислено" in said.text
    assert "× 5,47\u00a0₽ =" in said.text
    assert "Общедомовые нужды" in said.text
    assert "Пени" in said.text
    assert "Как посчитаны пени" in said.buttons
    september = await customer.writes("а начисления за сентябрь")
    assert "за сентябрь\u00a02026 начислено" in september.text


async def test_a_tariff_that_changed_inside_the_month_in_two_zones(house: House) -> None:
    said = await (await linked(house, PETROV)).writes("расшифруй начисления за октябрь")
    assert "Электроэнергия, день, с 01.10 по 14.10" in said.text
    assert "Электроэнергия, день, с 15.10 по 31.10" in said.text
    assert "Электроэнергия, ночь" in said.text


async def test_recalculation_factor_and_ranges(house: House) -> None:
    said = await (await linked(house, SIDOROVA)).writes("за что начислили?")
    assert "Перерасчёт: −123,50\u00a0₽ (за дни без света)" in said.text
    other = house.customer("78")
    await other.writes(f"привяжи счёт {SMIRNOVA} {NAMES[SMIRNOVA]}")
    assert "× 1,5 =" in (await other.writes("за что начислили?")).text
    third = house.customer("79")
    await third.writes(f"привяжи счёт {MOROZOV} {NAMES[MOROZOV]}")
    ranges = await third.writes("покажи начисления за декабрь 2025")
    assert "1-й диапазон потребления" in ranges.text
    assert "2-й диапазон потребления" in ranges.text


async def test_several_months_at_a_glance_and_a_month_that_is_not_billed_yet(house: House) -> None:
    customer = await linked(house)
    said = await customer.writes("сколько начислили с июля по сентябрь")
    for month in ("июль", "август", "сентябрь"):
        assert f"{month}\u00a02026" in said.text
    assert "октябрь\u00a02026 " not in said.text
    assert "ещё нет" in (await customer.writes("начисления за ноябрь")).text
    assert "начислений у нас нет" in (await customer.writes("начисления за март 2019")).text


async def test_payments_of_a_year_and_of_a_month(house: House) -> None:
    customer = await linked(house)
    said = await customer.writes("история платежей")
    assert "…5678, платежи за последний год" in said.text
    assert said.text.count("\n- ") + said.text.count("\n\n- ") >= 10
    assert "Всего" in said.text
    month = await customer.writes("какие платежи были в июле")
    assert "с 01.07.2026 по 31.07.2026" in month.text


async def test_the_payment_is_there(house: House) -> None:
    customer = await linked(house)
    said = await customer.writes("я оплатил, а платежа не видно")
    assert "последний платёж у нас такой" in said.text
    assert "всё на месте" in (await customer.writes("да")).text


async def test_a_payment_on_its_way_and_one_that_is_lost(house: House, clock: FakeClock) -> None:
    customer = await linked(house)
    said = await customer.writes("я вчера оплатил 1500 рублей, где деньги")
    assert "1\u00a0500,00\u00a0₽ от 17.11.2026 ещё в пути" in said.text
    assert "не позже 20.11.2026" in said.text
    lost = await customer.writes("10 ноября оплатил 1500 рублей, деньги не пришли")
    assert "фото чека" in lost.text
    assert (await customer.conversation()).turn == "queue"


async def test_the_day_is_asked_for(house: House) -> None:
    customer = await linked(house)
    await customer.writes("не поступил платёж")
    asked = await customer.presses("Нет, другой")
    assert "Когда Вы платили" in asked.text
    assert "ещё не наступила" in (await customer.writes("25 декабря 2026 700 рублей")).text
    assert "ещё в пути" in (await customer.writes("вчера")).text


async def test_a_payment_is_found_by_its_sum(house: House) -> None:
    customer = await linked(house)
    async with house.services.database.write() as tx:
        account = await tx.session.scalar(select(Account.id).where(Account.number == IVANOVA))
        tx.session.add(
            Payment(
                account_id=account, paid_at=tx.now, received_at=tx.now, kopecks=77_700,
                channel="sbp", external_id="one",
            )
        )  # fmt: skip
    said = await customer.writes("я сегодня оплатил 777 рублей, пришло?")
    assert "Платёж **777,00\u00a0₽** от 18.11.2026 (СБП) зачислен 18.11.2026" in said.text


async def test_paying_the_debt_with_a_code_that_another_library_reads(house: House) -> None:
    customer = await linked(house)
    owed = await customer.writes("хочу оплатить")
    suggested = next(label for label in owed.buttons if label.endswith("₽"))
    said = await customer.presses(suggested)
    assert f"к оплате **{suggested}**" in said.text
    assert "Без комиссии" in said.text
    (picture,) = await files(house)
    content = await house.services.media.read(picture.key)
    kinds = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)), formats=kinds)
    header, *fields = code.text.split("|")
    values = dict(field.split("=", 1) for field in fields)
    kopecks = suggested.replace("\u00a0", "").replace("₽", "").replace(",", "")
    assert header == "ST00012"
    assert list(values)[:5] == ["Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc"]
    assert values["Name"] == "АО «Энергосбыт Демо»"
    assert (values["Sum"], values["persAcc"], values["paymPeriod"]) == (kopecks, IVANOVA, "102026")


async def test_paying_another_sum(house: House) -> None:
    customer = await linked(house)
    await customer.writes("хочу оплатить")
    await customer.presses("Другая сумма")
    assert "от 1,00\u00a0₽ до 100\u00a0000,00\u00a0₽" in (await customer.writes("999999999")).text
    said = await customer.writes("1 500,50")
    assert "к оплате **1\u00a0500,50\u00a0₽**" in said.text
    (picture,) = await files(house)
    assert picture.alt == "QR-код для оплаты 1\u00a0500,50\u00a0₽"


async def test_the_sum_may_come_at_once_and_without_a_debt(house: House) -> None:
    customer = await linked(house, PETROV)
    assert "к оплате **2\u00a0300,00\u00a0₽**" in (await customer.writes("qr код на 2300")).text
    assert "долга нет, но можно внести" in (await customer.writes("хочу оплатить")).text


async def test_the_paper_to_pay_by(house: House) -> None:
    customer = await linked(house)
    said = await customer.writes("пришлите квитанцию")
    assert "Справка для оплаты по данным на 18.11.2026, не заменяет платёжный документ" in said.text
    (paper,) = await files(house)
    content = await house.services.media.read(paper.key)
    assert content.startswith(b"%PDF-")
    assert paper.name == "spravka-dlya-oplaty-2026-11-18.pdf"
    assert (
        "документа за март\u00a02026 у меня нет"
        in (await customer.writes("квитанция за март")).text
    )
    assert "Чек об оплате приходит оттуда" in (await customer.writes("нужен чек об оплате")).text


async def test_penalty_on_ones_own_debt(house: House) -> None:
    customer = await linked(house, MOROZOV)
    await customer.writes("почему начислили пени")
    said = await customer.presses("Мои пени")
    assert "…0000: пени за просрочку на 18.11.2026" in said.text
    assert "× 9,5 % / 300 ×" in said.text
    assert "× 9,5 % / 130 ×" in said.text
    assert "статья 155, часть 14" in said.text


async def test_without_a_debt_there_is_no_penalty(house: House) -> None:
    customer = await linked(house, PETROV)
    said = await customer.presses_action("i:penalty")
    assert "просроченного долга нет" in said.text


@pytest.mark.parametrize(
    "text", ["сколько я должен", "за что начислили", "история платежей", "хочу оплатить",
             "пришлите квитанцию", "где мой платёж"],
)  # fmt: skip
async def test_nobody_hears_of_an_account_without_proof(house: House, text: str) -> None:
    customer = house.customer()
    asked = await customer.writes(text)
    assert "номер лицевого счёта" in asked.text
    assert "₽" not in (await customer.writes(f"{IVANOVA} Петрова")).text


async def test_when_billing_does_not_answer_the_customer_hears_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await linked(house)

    async def down(*_: Any) -> None:
        raise GatewayDown("connect timeout")

    monkeypatch.setattr(MoneyAnswers, "balance", down)
    said = await customer.writes("сколько я должен?")
    assert said.text == phrases.BILLING_DOWN
    assert "Оператор" in said.buttons
