"""The billing system tells of payments: signed, stored once, heard by the holder alone."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from billing import signing
from billing.models import Payment
from billing.payments import api
from conversations.events import Events
from conversations.models import Conversation, Message
from conversations.service import Outbox, bot_account_id
from dialogs.notices import PaymentNotices
from storage.database import Database
from storage.signals import Signals
from tests.billing.conftest import Company
from tests.conftest import FakeClock

SECRET = b"s" * 40
PATH = "/api/billing/payments"


class BillingSystem:
    """The company's side: signs what it sends."""

    def __init__(self, client: httpx.AsyncClient, clock: FakeClock) -> None:
        self._client = client
        self._clock = clock

    async def tells(
        self, body: Any, *, secret: bytes = SECRET, ago: timedelta = timedelta(), **changed: str
    ) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = signing.headers(secret, self._clock.now() - ago, "POST", PATH, raw)
        return await self._client.post(PATH, content=raw, headers=headers | changed)


@pytest.fixture
async def billing_system(database: Database, clock: FakeClock) -> AsyncIterator[BillingSystem]:
    signals = Signals(database)
    outbox = Outbox(Events(signals), signals)
    rules = {"web": "full", "telegram": "public_only"}
    notices = PaymentNotices(outbox, rules, ZoneInfo("Europe/Moscow"))
    app = FastAPI()
    app.include_router(api.router(database, notices.tell, SECRET))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://okno"
    ) as client:
        yield BillingSystem(client, clock)


def payment(number: str = "p1", **changed: Any) -> dict[str, Any]:
    values = {
        "id": number, "account": "4400-1234-5678", "kopecks": 150_000,
        "paid_at": "2026-11-18T11:30:00+03:00", "channel": "sbp",
    }  # fmt: skip
    return {**values, **changed}


async def chat(company: Company, contact_id: int, channel: str = "web") -> int:
    account = await bot_account_id(company.database, channel)
    async with company.database.write() as tx:
        row = Conversation(
            contact_id=contact_id, bot_account_id=account, channel=channel,
            chat_id=f"{channel}{contact_id}", created_at=tx.now, last_message_at=tx.now,
        )  # fmt: skip
        tx.session.add(row)
        await tx.session.flush()
        return row.id


async def heard(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(select(Message.text).order_by(Message.id)))


async def stored(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(Payment)) or 0


async def test_the_holder_hears_of_it_at_once_and_only_once(
    company: Company, billing_system: BillingSystem, database: Database
) -> None:
    account_id = await company.account()
    await chat(company, await company.linked(account_id))
    await chat(company, await company.contact())
    first = await billing_system.tells({"payments": [payment()]})
    assert (first.status_code, first.json()["accepted"]) == (200, ["p1"])
    again = await billing_system.tells({"payments": [payment()]})
    assert (again.json()["accepted"], again.json()["repeated"]) == ([], ["p1"])
    (line,) = await heard(database)
    assert "…5678: платёж **1\u00a0500,00\u00a0₽** от 18.11.2026 получен и зачислен" in line
    assert await stored(database) == 1


async def test_no_sum_goes_where_the_law_allows_none(
    company: Company, billing_system: BillingSystem, database: Database
) -> None:
    contact_id = await company.linked(await company.account())
    await chat(company, contact_id, "telegram")
    await billing_system.tells({"payments": [payment()]})
    assert await heard(database) == []
    assert await stored(database) == 1


async def test_history_that_is_filled_in_is_news_to_nobody(
    company: Company, billing_system: BillingSystem, database: Database
) -> None:
    await chat(company, await company.linked(await company.account()))
    old = payment(paid_at="2026-11-01T10:00:00Z", received_at="2026-11-02T10:00:00Z")
    assert (await billing_system.tells({"payments": [old]})).json()["accepted"] == ["p1"]
    assert await heard(database) == []


async def test_an_unknown_account_does_not_stop_the_rest(
    company: Company, billing_system: BillingSystem, database: Database
) -> None:
    await company.account()
    answer = await billing_system.tells(
        {"payments": [payment("a", account="999999999999"), payment("b"), payment("b")]}
    )
    assert answer.json() == {
        "accepted": ["b"], "repeated": [],
        "rejected": [{"id": "a", "reason": "unknown_account"}],
    }  # fmt: skip
    assert await stored(database) == 1


@pytest.mark.parametrize(
    ("secret", "ago", "changed"),
    [
        (b"another" * 8, timedelta(), {}),
        (SECRET, timedelta(minutes=6), {}),
        (SECRET, -timedelta(minutes=6), {}),
        (SECRET, timedelta(), {"x-okno-signature": ""}),
        (SECRET, timedelta(), {"x-okno-timestamp": ""}),
        (SECRET, timedelta(), {"x-okno-timestamp": "1e9"}),
        (SECRET, timedelta(), {"x-okno-timestamp": "9" * 400}),
    ],
)
async def test_what_is_not_signed_now_is_refused(
    billing_system: BillingSystem,
    database: Database,
    secret: bytes,
    ago: timedelta,
    changed: dict[str, str],
) -> None:
    answer = await billing_system.tells(
        {"payments": [payment()]}, secret=secret, ago=ago, **changed
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
    assert await stored(database) == 0


def test_a_signature_is_good_for_this_request_only(clock: FakeClock) -> None:
    given = signing.headers(SECRET, clock.now(), "POST", PATH, b"{}")

    def good(method: str, target: str, body: bytes) -> bool:
        return signing.is_signed(
            SECRET, clock.now(), method, target, body,
            timestamp=given[signing.TIMESTAMP], signature=given[signing.SIGNATURE],
        )  # fmt: skip

    assert good("POST", PATH, b"{}")
    assert not good("GET", PATH, b"{}")
    assert not good("POST", PATH + "?x=1", b"{}")
    assert not good("POST", PATH, b"{} ")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not json", b"[]", b'{"payments": []}',
        {"payments": [payment(kopecks=0)]},
        {"payments": [payment(kopecks=1.5)]},
        {"payments": [payment(kopecks="100")]},
        {"payments": [payment(kopecks=10**18)]},
        {"payments": [payment(paid_at="2026-11-18T11:30:00")]},
        {"payments": [payment(id="")]},
        {"payments": [payment()] * 501},
    ],
)  # fmt: skip
async def test_wrong_data_are_refused_whole_and_named(
    billing_system: BillingSystem, database: Database, body: Any
) -> None:
    answer = await billing_system.tells(body)
    assert (answer.status_code, answer.json()["error"]) == (422, "wrong_data")
    assert await stored(database) == 0


async def test_a_body_above_the_limit_is_not_read(
    billing_system: BillingSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_BODY", 10)
    assert (await billing_system.tells({"payments": [payment()]})).status_code == 413


@pytest.mark.parametrize(
    "strange",
    [
        {"id": "p\x00"},
        {"account": "44001234\x005678"},
        {"channel": "\x00"},
        {"paid_at": "0001-01-01T00:00:00+14:00"},
        {"paid_at": "0001-01-01T00:00:00Z"},
        {"received_at": "0001-01-01T00:00:00+14:00"},
        {"paid_at": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_what_no_database_holds_is_refused_and_named(
    company: Company, billing_system: BillingSystem, strange: dict[str, str]
) -> None:
    answer = await billing_system.tells({"payments": [payment(**strange)]})
    assert answer.status_code == 422, answer.text
    assert next(iter(strange)) in answer.json()["message"]
