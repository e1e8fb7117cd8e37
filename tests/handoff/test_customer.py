"""The right-hand panel: identity, flows for the customer, what was before."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from billing.models import Account, AccountLink
from conversations.models import Conversation, Message, MessageKind
from handoff.customer.lending import Lending, Lent
from handoff.customer.proving import Proving, Shown
from handoff.errors import NotInThisChannel, WindowOver
from handoff.steps import Operator
from staff.models import AuditEntry
from tests.handoff.conftest import House
from tests.handoff.inbox import hub_of, inbox_app, staff_of
from tests.handoff.test_pages import Browser, browser, notice

OLGA = Operator(1, "Ольга")


@pytest.fixture
def confirmed() -> set[int]:
    return set()


@pytest.fixture
async def app(house: House, confirmed: set[int]) -> AsyncIterator[FastAPI]:
    staff = await staff_of(house)
    hub = hub_of(house)
    await hub.start()
    yield inbox_app(house, staff, hub, confirmed)
    await hub.close()
    staff.close()


@pytest.fixture
async def page(app: FastAPI) -> AsyncIterator[Browser]:
    page = await browser(app, "olga")
    yield page
    await page.client.aclose()


async def _taken(house: House, chat: str = "1", **more: Any) -> int:
    stay = await house.waiting(chat, "Анна", **more)
    await house.service.desk.take(stay, OLGA)
    return stay


async def _audit(house: House, action: str) -> list[AuditEntry]:
    async with house.database.read() as session:
        rows = await session.scalars(select(AuditEntry).where(AuditEntry.action == action))
        return list(rows)


async def test_what_the_customer_has_shown_opens_his_account(house: House, page: Browser) -> None:
    async with house.database.write() as tx:
        tx.session.add(
            Account(number="440012345678", surname="Ковалёва", name="Мария", patronymic="Игоревна",
                    locality="г. Д", street="ул. С", house="1")
        )  # fmt: skip
    stay = await _taken(house)
    path = f"/inbox/{stay}/confirm"
    form = {"number": "4400 1234 5678", "holder": "Ковалева Мария", "shown": "voice"}

    assert "Отметьте, чем" in notice(await page.press(path, number="440012345678", holder="К"))
    wrong = await page.press(path, **form | {"holder": "Петрова"})
    assert (wrong.status_code, "не подошли" in notice(wrong)) == (409, True)
    assert notice(await page.press(path, **form | {"number": "440099"})) == notice(wrong)
    assert (await page.press(path, **form | {"shown": "magic"})).status_code == 422
    assert len(await _audit(house, "account.proof_failed")) == 2

    assert "подтверждена" in notice(await page.press(path, **form))
    await page.press(path, **form)  # a double press
    async with house.database.read() as session:
        link = (await session.scalars(select(AccountLink))).one()
    assert (link.proof, link.shown, link.confirmed_by) == ("operator", ["voice"], 1)
    conversation = (await house.stay(stay)).conversation_id
    assert "счёт …5678: назвал по телефону" in (await house.notes(conversation))[-1]
    assert "…5678 Ваш" in (await house.sent(conversation))[-1]
    entry = (await _audit(house, "account.confirmed"))[0]
    assert (entry.person_id, entry.data["shown"]) == (1, ["voice"])

    ivan = await browser(page.client._transport.app, "ivan")  # type: ignore[attr-defined]
    assert "отвечает Ольга" in notice(await ivan.press(path, **form))
    await ivan.client.aclose()
    for _ in range(8):
        await page.press(path, **form | {"holder": "Петрова"})
    assert "Слишком много" in notice(await page.press(path, **form))


async def test_accounts_are_closed_and_their_views_recorded(
    house: House, page: Browser, confirmed: set[int]
) -> None:
    stay = await _taken(house)
    async with house.database.read() as session:
        contact = (await session.scalars(select(Conversation.contact_id))).one()
    html = await page.text(f"/inbox/{stay}")
    assert "Личность не подтверждена" in html
    assert "440012345678" not in html
    assert not await _audit(house, "account.viewed")
    confirmed.add(contact)
    html = await page.text(f"/inbox/{stay}/customer")
    assert "440012345678" in html
    assert "Личность подтверждена ботом: номер счёта и владелец" in html
    await page.text(f"/inbox/{stay}/customer")
    assert len(await _audit(house, "account.viewed")) == 1, "the piece counts like the page"
    house.clock.advance(minutes=11)
    await page.text(f"/inbox/{stay}")
    assert len(await _audit(house, "account.viewed")) == 2


async def test_a_flow_is_lent_from_the_panel(house: House, page: Browser) -> None:
    stay = await house.waiting("1", "Анна")
    path = f"/inbox/{stay}/lend"
    assert "Сначала возьмите" in notice(await page.press(path, what="reading"))
    assert 'id="ib-lend-identity"' not in await page.text(f"/inbox/{stay}/customer")
    await page.press(f"/inbox/{stay}/take")
    assert 'id="ib-lend-identity"' in await page.text(f"/inbox/{stay}/customer")
    assert (await page.press(path, what="everything")).status_code == 422
    assert (await page.press(path, what="reading")).status_code == 204
    conversation = await house.conversation((await house.stay(stay)).conversation_id)
    assert conversation.handle_at is not None
    assert "Бот принимает показания" in await page.text(f"/inbox/{stay}/customer"), "at once"
    async with house.database.write() as tx:
        locked = await house.locked(tx, conversation.id)
        locked.state = {"lent": "reading"}
        await tx.session.execute(update(Message).values(handled_at=tx.now))
    html = await page.text(f"/inbox/{stay}/customer")
    assert "Бот принимает показания" in html
    assert 'id="ib-lend-stop"' in html
    assert 'id="ib-lend-reading"' not in html
    await page.press(f"/inbox/{stay}/close")
    assert "уже закрыт" in notice(await page.press(path, what="bill"))
    assert (await house.conversation(conversation.id)).state["lent"] == ""


async def test_what_was_before_is_read_in_place(house: House, page: Browser) -> None:
    wish = {"phone": "+7 916 1", "when": "после 6"}
    first = await _taken(house, reason="callback", summary=wish)
    await page.say(first, "Перезвоним <b>скоро</b>")
    await page.press(f"/inbox/{first}/close", subject="faq/penalty")
    house.clock.advance(hours=2)
    now = await house.waiting("1", "Анна")
    stranger = await house.waiting("2", "Пётр")
    html = await page.text(f"/inbox/{now}/customer")
    assert "Звонок: +7 916 1, после 6" in html
    assert "Пени" in html
    assert f"/inbox/{now}/earlier/{first}" in html
    words = await page.text(f"/inbox/{now}/earlier/{first}")
    assert "Перезвоним &lt;b&gt;скоро&lt;/b&gt;" in words
    assert "позовите человека" in words
    assert len(await _audit(house, "conversation.viewed")) == 1
    assert (await page.get(f"/inbox/{stranger}/earlier/{first}")).status_code == 404
    assert (await page.get(f"/inbox/{now}/earlier/999")).status_code == 404


async def test_where_nothing_may_be_said_of_an_account(house: House, page: Browser) -> None:
    stay = await _taken(house)
    with pytest.raises(NotInThisChannel):
        await Lending(house.service._steps, {"telegram"}).lend(stay, OLGA, Lent.READING)
    async with house.database.write() as tx:
        tx.session.add(Account(number="440012345678", surname="Ковалёва", name="М",
                               locality="г. Д", street="ул. С", house="1"))  # fmt: skip
    proving = Proving(house.service._steps, {"telegram"})
    await proving.confirm(stay, OLGA, "440012345678", "Ковалёва", [Shown.OFFICE])
    assert await house.sent(1) == [], "the operator's page knows, the channel does not"


async def test_who_has_blocked_us_is_asked_nothing(house: House, page: Browser) -> None:
    stay = await _taken(house)
    conversation = (await house.stay(stay)).conversation_id
    async with house.database.write() as tx:
        (await house.locked(tx, conversation)).unreachable = "blocked"
    answer = await page.press(f"/inbox/{stay}/lend", what="reading")
    assert (answer.status_code, "остановил" in notice(answer)) == (409, True)
    async with house.database.read() as session:
        kinds = set(await session.scalars(select(Message.kind)))
    assert MessageKind.LENT not in kinds


async def test_writing_first_into_a_closed_conversation(house: House, page: Browser) -> None:
    stay = await _taken(house)
    path, key = f"/inbox/{stay}/first", "f" * 16
    assert "уже открыт у Вас" in notice(await page.press(path, text="Нашли платёж.", key=key))
    await page.press(f"/inbox/{stay}/close")
    assert "Написать первым" in await page.text(f"/inbox/{stay}/customer")
    assert "Напишите текст" in notice(await page.press(path, text=" ", key=key))
    assert (await house.conversation(1)).turn == "assistant"

    sent = await page.press(path, text="Нашли платёж.", key=key)
    begun = int(sent.headers["hx-redirect"].split("/")[2].split("?")[0])
    again = await page.press(path, text="Нашли платёж.", key=key)
    assert again.headers["hx-redirect"] == sent.headers["hx-redirect"], "a double press sends once"
    assert sum("Нашли платёж" in text for text in await house.sent(1)) == 1
    row = await house.stay(begun)
    assert (row.state, row.operator_id, row.reason, row.next_due_at) == ("taken", 1, "first", None)
    assert "Написать первым" not in await page.text(f"/inbox/{stay}/customer")
    await house.wrote(1)
    assert (await house.stay(begun)).next_due_at is not None, "his answer is owed one as ever"

    ivan = await browser(page.client._transport.app, "ivan")  # type: ignore[attr-defined]
    assert "отвечает Ольга" in notice(await ivan.press(path, text="И я", key="g" * 16))
    await ivan.client.aclose()
    await page.press(f"/inbox/{begun}/close")
    async with house.database.write() as tx:
        (await house.locked(tx, 1)).channel = "viber"
    house.clock.advance(hours=23)
    first = house.service.first
    last = await first.write(stay, OLGA, "Ещё в срок", client_key="h" * 16)
    await house.service.desk.close(last, OLGA)
    house.clock.advance(hours=2)
    with pytest.raises(WindowOver):
        await first.write(stay, OLGA, "Поздно", client_key="i" * 16)
