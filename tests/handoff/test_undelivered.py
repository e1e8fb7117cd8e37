"""What did not reach customers, and the line about a messenger that does not answer."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select, update

from bots.undelivered.deliveries import Undeliverables
from bots.undelivered.pages import counted
from conversations import restored
from conversations.models import Author, BotAccount, Conversation, Delivery, DeliveryState
from conversations.service import Outgoing
from staff.models import AuditEntry, Person, Role
from tests.handoff.conftest import House
from tests.handoff.inbox import PASSWORD, hub_of, inbox_app, staff_of


@pytest.fixture
async def page(house: House) -> AsyncIterator[httpx.AsyncClient]:
    app = inbox_app(house, await staff_of(house), hub_of(house))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://okno") as client:
        login = (await client.get("/login")).text
        token = re.search(r'name="_csrf" value="([^"]+)"', login)
        form = {"login": "olga", "password": PASSWORD} | ({"_csrf": token[1]} if token else {})
        await client.post("/login", data=form)
        yield client


async def failed(house: House, text: str, chat: str = "77") -> int:
    conversation = await house.customer("?", chat, "<b>Анна</b>")
    async with house.database.write() as tx:
        await house.outbox.queue(tx, [Outgoing(conversation, Author.OPERATOR, text, [{}])])
    async with house.database.write() as tx:
        changed = await tx.session.execute(
            update(Delivery)
            .where(Delivery.conversation_id == conversation)
            .values(state=DeliveryState.FAILED, attempts=8, error="VK 10", finished_at=tx.now)
            .returning(Delivery.id)
        )
        return changed.scalars().all()[-1]


async def row_of(house: House, delivery: int) -> Delivery:
    async with house.database.read() as session:
        return (await session.execute(select(Delivery).where(Delivery.id == delivery))).scalar_one()


async def test_what_failed_is_listed_sent_again_or_dropped(
    house: House, page: httpx.AsyncClient
) -> None:
    first, second = await failed(house, "раз <i>"), await failed(house, "два", "78")
    html = (await page.get("/inbox/undelivered")).text
    assert html.index("два") < html.index("раз &lt;i&gt;")
    assert "&lt;b&gt;Анна&lt;/b&gt;" in html
    assert "VK 10" in html
    assert "Не доставлено: 2" in (await page.get("/inbox/channels")).text
    token = re.search(r'name="_csrf" value="([^"]+)"', html)
    assert token is not None
    for address, delivery in (("retry", first), ("drop", second), ("retry", second)):
        form = {"_csrf": token[1], "delivery": str(delivery)}
        assert (await page.post(f"/inbox/undelivered/{address}", data=form)).status_code == 303
    again, dropped = await row_of(house, first), await row_of(house, second)
    assert (again.state, again.attempts, again.error) == (DeliveryState.QUEUED, 0, None)
    assert dropped.state == DeliveryState.EXPIRED
    assert "Все сообщения дошли" in (await page.get("/inbox/undelivered")).text


async def test_after_a_restore_an_administrator_decides(
    house: House, page: httpx.AsyncClient
) -> None:
    delivery = await failed(house, "раз")
    async with house.database.write() as tx:
        await tx.session.execute(update(Delivery).values(error=restored.HELD))
    assert "Все сообщения дошли" in (await page.get("/inbox/undelivered")).text
    assert "ждёт решения администратора" in (await page.get("/inbox/channels")).text
    assert (await page.get("/restored")).status_code == 403
    async with house.database.write() as tx:
        await tx.session.execute(update(Person).values(role=Role.ADMINISTRATOR))
    assert 'href="/restored"' in (await page.get("/inbox/channels")).text
    html = (await page.get("/restored")).text
    assert "ответов клиентам — 1, диалогов без ответа — 0" in html
    token = re.search(r'name="_csrf" value="([^"]+)"', html)
    assert token is not None
    assert (await page.post("/restored/discard")).status_code == 419
    assert (await page.post("/restored/release", data={"_csrf": token[1]})).status_code == 303
    row = await row_of(house, delivery)
    assert (row.state, row.error) == (DeliveryState.QUEUED, None)
    assert "Ничего не ждёт" in (await page.get("/restored")).text
    async with house.database.read() as session:
        told = select(AuditEntry.data).where(AuditEntry.action == "restored.released")
        assert (await session.execute(told)).scalars().all() == [{"unsent": 1, "unanswered": 0}]


async def test_what_failed_is_sent_again_at_its_own_line(
    house: House, page: httpx.AsyncClient
) -> None:
    delivery, other = await failed(house, "раз"), await failed(house, "чужое", "78")
    stay = await house.waiting()
    html = (await page.get(f"/inbox/{stay}")).text
    assert "не доставлено: клиент остановил бота или удалил чат" not in html
    assert "не доставлено: мессенджер не принял" in html
    token = re.search(r'name="_csrf" value="([^"]+)"', html)
    assert token is not None
    for row in (await row_of(house, other), await row_of(house, delivery)):
        form = {"_csrf": token[1], "message": str(row.message_id)}
        assert (await page.post(f"/inbox/{stay}/again", data=form)).status_code == 303
    again = await row_of(house, delivery)
    assert (again.state, again.attempts, again.error) == (DeliveryState.QUEUED, 0, None)
    assert (await row_of(house, other)).state == DeliveryState.FAILED, "of another conversation"
    assert "Повторить" not in (await page.get(f"/inbox/{stay}")).text


async def test_without_the_forms_token_nothing_is_sent(
    house: House, page: httpx.AsyncClient
) -> None:
    delivery = await failed(house, "раз")
    await page.post("/inbox/undelivered/retry", data={"delivery": str(delivery)})
    assert (await row_of(house, delivery)).state == DeliveryState.FAILED


async def test_who_stopped_the_bot_is_not_written_to_again(
    house: House, page: httpx.AsyncClient
) -> None:
    await failed(house, "раз")
    async with house.database.write() as tx:
        await tx.session.execute(update(Conversation).values(unreachable="blocked"))
    html = (await page.get("/inbox/undelivered")).text
    assert "Отправить ещё раз" not in html
    assert "Убрать из списка" in html


async def test_the_line_about_a_messenger_that_does_not_answer(
    house: House, page: httpx.AsyncClient
) -> None:
    assert (await page.get("/inbox/channels")).text.strip() == ""
    conversation = await house.customer("?")
    async with house.database.write() as tx:
        messages = [Outgoing(conversation, Author.ASSISTANT, str(n), [{}]) for n in range(3)]
        await house.outbox.queue(tx, messages)
        await tx.session.execute(update(BotAccount).values(failing_since=tx.now))
    assert "TELEGRAM не отвечает с 12:00, 3 сообщения ждут" in (
        (await page.get("/inbox/channels")).text
    )
    (outage,) = await Undeliverables(house.database, house.events, house.signals).outages()
    assert (outage.channel, outage.waiting) == ("telegram", 3)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 сообщений ждут"), (1, "1 сообщение ждёт"), (2, "2 сообщения ждут"),
     (11, "11 сообщений ждут"), (12, "12 сообщений ждут"), (21, "21 сообщение ждёт")],
)  # fmt: skip
def test_the_number_in_words(number: int, words: str) -> None:
    assert counted(number) == words


async def test_operators_see_which_of_two_bots_was_written_to(
    house: House, page: httpx.AsyncClient
) -> None:
    await house.customer("?", "77", "Анна")
    stay = await house.waiting()
    assert " · sochi" not in (await page.get(f"/inbox/{stay}")).text
    async with house.database.write() as tx:
        await tx.session.execute(update(BotAccount).values(name="sochi", failing_since=tx.now))
    html = (await page.get(f"/inbox/{stay}")).text
    assert html.count("Telegram · sochi") >= 2, "above the conversation and in the list"
    assert "TELEGRAM · sochi не отвечает" in (await page.get("/inbox/channels")).text
    async with house.database.write() as tx:
        await tx.session.execute(
            update(BotAccount).values(failing_since=None, refused_since=tx.now)
        )
    line = (await page.get("/inbox/channels")).text
    assert "TELEGRAM · sochi не принимает наш ключ с" in line
    assert "Скажите администратору" in line
