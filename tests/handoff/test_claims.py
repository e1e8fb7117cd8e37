"""Organisations that wait for confirmation, beside the conversation."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from billing.customers import claiming
from billing.models import Account, AccountLink, Category
from conversations.models import Conversation
from tests.handoff.conftest import House
from tests.handoff.inbox import hub_of, inbox_app, staff_of
from tests.handoff.test_pages import Browser, browser, notice

INN = "7707083893"


@pytest.fixture
async def app(house: House) -> AsyncIterator[FastAPI]:
    staff = await staff_of(house)
    hub = hub_of(house)
    await hub.start()
    yield inbox_app(house, staff, hub)
    await hub.close()
    staff.close()


@pytest.fixture
async def page(app: FastAPI) -> AsyncIterator[Browser]:
    page = await browser(app, "olga")
    yield page
    await page.client.aclose()


async def _claimed(house: House, number: str, inn: str = INN) -> int:
    """A customer in the queue who speaks for an organisation; his stay."""
    stay = await house.waiting("1", "Анна", reason="organisation")
    async with house.database.write() as tx:
        conversation = (await tx.session.scalars(select(Conversation))).one()
        tx.session.add(
            Account(number="Э/100", category=Category.BUSINESS, organisation="ООО <Хлеб>", inn=INN,
                    surname="Егоров", name="П", locality="г. Д", street="ул. С", house="1")
        )  # fmt: skip
        await claiming.record(tx, conversation.contact_id, conversation.id, number, inn)
    return stay


async def test_confirmed_with_one_press(house: House, page: Browser) -> None:
    stay = await _claimed(house, "Э/100")
    html = await page.text(f"/inbox/{stay}/customer")
    assert "Договор Э/100" in html
    assert "ООО &lt;Хлеб&gt;" in html
    assert "Договор и ИНН сходятся с базой." in html
    path = f"/inbox/{stay}/claims/1"
    assert (await page.client.post(f"{path}/confirm")).status_code in {403, 419}  # no CSRF token
    assert "Подтверждено" in notice(await page.press(f"{path}/confirm"))
    again = await page.press(f"{path}/confirm")
    assert (again.status_code, "уже решена" in notice(again)) == (409, True)
    async with house.database.read() as session:
        assert (await session.scalars(select(AccountLink.proof))).one() == "operator"
    assert "claim-1" not in await page.text(f"/inbox/{stay}/customer")


async def test_what_does_not_fit_is_refused(house: House, page: Browser) -> None:
    stay = await _claimed(house, "Э/100", "500100732259")
    html = await page.text(f"/inbox/{stay}/customer")
    assert "другой ИНН" in html
    assert "/confirm" not in html
    assert (await page.press(f"/inbox/{stay}/claims/1/confirm")).status_code == 409
    refused = await page.press(f"/inbox/{stay}/claims/1/refuse", reason="нет доверенности")
    assert "клиенту написали" in notice(refused)


async def test_editors_decide_nothing(house: House, app: FastAPI) -> None:
    stay = await _claimed(house, "Э/100")
    petr = await browser(app, "petr")
    assert (await petr.press(f"/inbox/{stay}/claims/1/confirm")).status_code == 403
    await petr.client.aclose()
