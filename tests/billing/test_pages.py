"""«Показания на проверке» in the real shell."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import select

import billing
from billing.models import Reading
from billing.readings import pages
from billing.readings.delivery_models import ReadingDelivery, ReadingDeliveryStep
from billing.readings.reviewing import Reviewing
from billing.readings.undelivered import Settling
from conversations.events import Events
from conversations.service import Outbox
from staff.models import Role
from staff.passwords import Passwords
from staff.service import StaffService
from storage.signals import Signals
from tests.billing.conftest import TODAY, Company
from tests.conftest import FakeClock
from web.app_parts import install
from web.hub import EventHub
from web.shell import make_shell

PASSWORD = "зимний-счётчик-1"
ROOM = Path(billing.__file__).parent
ZONE = ZoneInfo("Europe/Moscow")


def _due(received: datetime) -> datetime:
    return received + timedelta(days=1)


@pytest.fixture
async def app(company: Company, clock: FakeClock) -> AsyncIterator[FastAPI]:
    staff = StaffService(company.database, Passwords(PasswordHasher(1, 8, 1)))
    for login, role in (("olga", Role.OPERATOR), ("elena", Role.EDITOR)):
        await staff.add(login=login, display_name=login, role=role, password=PASSWORD)
    signals = Signals(company.database)
    events = Events(signals)
    hub = EventHub(company.database, signals, asyncio.Event())
    app = FastAPI(openapi_url=None)
    install(
        app,
        make_shell(
            staff=staff, hub=hub, clock=clock, company="Энергосбыт Тест", zone=ZONE,
            rooms={"billing": ROOM},
        ),
    )  # fmt: skip
    reviewing = Reviewing(company.database, Outbox(events, signals), events)
    app.include_router(pages.router(reviewing, Settling(company.database, events), due=_due))
    yield app
    await hub.close()
    await signals.close()
    staff.close()


async def _browser(app: FastAPI, login: str) -> tuple[httpx.AsyncClient, str]:
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://okno.test",
        headers={"accept": "text/html"},
    )  # fmt: skip
    form = {"login": login, "password": PASSWORD}
    assert (await client.post("/login", data=form)).status_code == 303
    token = re.search(r'name="_csrf" value="([^"]+)"', (await client.get("/profile")).text)
    assert token is not None
    return client, token[1]


@pytest.fixture
async def reading_id(company: Company) -> int:
    """14000 against 12180: waits for review."""
    account_id = await company.account(surname="Иванова<b>")
    meter_id = await company.meter(account_id)
    await company.reading(meter_id, 12180)
    async with company.database.write() as tx:
        row = Reading(
            meter_id=meter_id, t1=14_000_000, taken_on=TODAY, period=TODAY.replace(day=1),
            received_at=tx.now, channel="telegram", status="review", marks=["unusual"],
        )  # fmt: skip
        tx.session.add(row)
        await tx.session.flush()
        return row.id


async def _status(company: Company) -> list[tuple[int, str]]:
    async with company.database.read() as session:
        rows = await session.execute(
            select(Reading.t1, Reading.status)
            .where(Reading.period == TODAY.replace(day=1))
            .order_by(Reading.id)
        )
        return [(t1 // 1000, status) for t1, status in rows]


async def test_the_page_shows_what_waits_and_what_is_late(
    app: FastAPI, reading_id: int, clock: FakeClock
) -> None:
    client, _ = await _browser(app, "olga")
    page = (await client.get("/readings")).text
    for shown in ("440012345678", "расход больше обычного", "14\u00a0000", "12\u00a0180"):
        assert shown in page
    assert "Иванова&lt;b&gt;" in page
    assert "больше рабочего дня" not in page
    clock.advance(days=1, seconds=1)
    client, _ = await _browser(app, "olga")
    assert "больше рабочего дня" in (await client.get("/readings")).text
    assert "Все показания дошли" in (await client.get("/readings?tab=undelivered")).text
    await client.aclose()


async def test_accepting_without_javascript(
    app: FastAPI, reading_id: int, company: Company
) -> None:
    client, token = await _browser(app, "olga")
    answer = await client.post(f"/readings/{reading_id}/accept", data={"_csrf": token})
    assert "Принято, клиенту написали." in answer.text
    assert await _status(company) == [(14000, "accepted")]
    again = await client.post(f"/readings/{reading_id}/accept", data={"_csrf": token})
    assert again.status_code == 422
    assert "уже решены" in again.text
    await client.aclose()


async def test_correcting_and_refusing_with_htmx(
    app: FastAPI, reading_id: int, company: Company
) -> None:
    client, token = await _browser(app, "olga")
    headers = {"hx-request": "true", "x-csrf-token": token}
    path = f"/readings/{reading_id}"
    wrong = await client.post(f"{path}/correct", data={"t1": "много"}, headers=headers)
    assert (wrong.status_code, "<html" in wrong.text) == (422, False)
    assert "не подходит" in wrong.text
    empty = await client.post(f"{path}/refuse", data={"reason": " "}, headers=headers)
    assert "Напишите причину" in empty.text
    good = await client.post(f"{path}/correct", data={"t1": "12 400,0"}, headers=headers)
    told = json.loads(good.headers["hx-trigger"])["okno:notice"]["text"]
    assert "Принято с исправлением" in told
    assert await _status(company) == [(14000, "replaced"), (12400, "accepted")]
    await client.aclose()


async def test_only_for_those_who_answer_customers_and_only_with_the_pages_token(
    app: FastAPI, reading_id: int, company: Company
) -> None:
    editor, _ = await _browser(app, "elena")
    assert (await editor.get("/readings")).status_code == 403
    await editor.aclose()
    client, _ = await _browser(app, "olga")
    await client.post(f"/readings/{reading_id}/accept", data={"_csrf": "другой"})
    await client.post(f"/readings/{reading_id}/accept")
    assert await _status(company) == [(14000, "review")]
    await client.aclose()


async def test_what_has_not_reached_billing_is_sent_again_or_closed(
    app: FastAPI, reading_id: int, company: Company
) -> None:
    """A refused one of which the customer has given another meanwhile needs nobody."""
    async with company.database.write() as tx:
        row = await tx.session.get_one(Reading, reading_id)
        tx.session.add(
            ReadingDelivery(reading_id=row.id, state="refused", next_at=tx.now, attempts=0,
                            reason="нет <счётчика>", finished_at=tx.now)
        )  # fmt: skip
        await tx.session.flush()
        tx.session.add(
            ReadingDeliveryStep(reading_id=row.id, kind="refused", at=tx.now, note="нет счётчика")
        )
    client, token = await _browser(app, "olga")
    tab = "/readings?tab=undelivered"
    path = f"/readings/{reading_id}"
    assert "Все показания дошли" in (await client.get(tab)).text  # it waits for review
    async with company.database.write() as tx:
        (await tx.session.get_one(Reading, reading_id)).status = "accepted"
    page = (await client.get(tab)).text
    assert "Биллинг не принял: нет &lt;счётчика&gt;." in page
    assert "биллинг не принял (нет счётчика)" in page
    empty = await client.post(f"{path}/close", data={"_csrf": token, "reason": " "})
    assert (empty.status_code, "Напишите причину" in empty.text) == (422, True)
    await client.post(f"{path}/retry", data={"_csrf": "другой"})
    again = await client.post(f"{path}/retry", data={"_csrf": token})
    assert "Отправляем ещё раз." in again.text
    assert (await client.post(f"{path}/retry", data={"_csrf": token})).status_code == 422
    async with company.database.write() as tx:
        delivery = await tx.session.get_one(ReadingDelivery, reading_id)
        assert (delivery.state, delivery.attempts, delivery.reason) == ("waiting", 0, None)
        delivery.attempts, delivery.reason = 3, "ConnectTimeout"
    page = (await client.get(tab)).text
    assert "Биллинг не отвечает (ConnectTimeout). Попыток: 3" in page
    assert "отправили ещё раз, olga" in page
    closed = await client.post(f"{path}/close", data={"_csrf": token, "reason": "внесли руками"})
    assert "Закрыто" in closed.text
    async with company.database.read() as session:
        delivery = await session.get_one(ReadingDelivery, reading_id)
        steps = (await session.scalars(select(ReadingDeliveryStep.kind))).all()
    assert (delivery.state, list(steps)) == ("dropped", ["refused", "retried", "closed"])
    await client.aclose()
