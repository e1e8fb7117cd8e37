"""Who is where and who types: between processes, to the customer, and never stored."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bots.outcome import Outcome, Parcel, Sent
from bots.typing import TypingRelay
from conversations.service import mark_unreachable
from handoff.inbox.typing import Typing
from handoff.steps import Operator
from staff.service import StaffService
from storage.signals import Signals
from tests.fakes.waiting import until
from tests.handoff.conftest import House
from tests.handoff.inbox import hub_of, inbox_app, staff_of
from tests.handoff.test_pages import Browser, browser
from web.hub import EventHub, Frame


@pytest.fixture
async def staff(house: House) -> AsyncIterator[StaffService]:
    staff = await staff_of(house)
    yield staff
    staff.close()


@pytest.fixture
async def signals(house: House) -> AsyncIterator[tuple[Signals, Signals]]:
    """Of two processes. SQLite allows one: there both are the same."""
    both = (house.signals, Signals(house.database))
    if house.database.is_sqlite:
        both = (house.signals, house.signals)
    for one in set(both):
        await one.start()
    if not house.database.is_sqlite:
        await until(lambda: all(one._connection for one in both), "both listen")
    yield both
    for one in set(both):
        await one.close()


async def listed(page: Browser) -> dict[str, Any]:
    """Who else is where, as the list knows it."""
    found = re.search(r'data-others="([^"]*)"', await page.text("/inbox/list"))
    assert found is not None
    answer: dict[str, Any] = json.loads(html.unescape(found[1]))
    return answer


async def test_pages_of_two_processes_see_each_other(
    house: House, staff: StaffService, signals: tuple[Signals, Signals]
) -> None:
    stay = await house.waiting()
    houses = [replace(house, signals=one) for one in signals]
    hubs = [hub_of(one) for one in houses]
    for hub in hubs:
        await hub.start()
    olga, ivan = [
        await browser(inbox_app(one, staff, hub), login)
        for one, hub, login in zip(houses, hubs, ("olga", "ivan"), strict=True)
    ]
    told: list[dict[str, Any]] = []
    following = asyncio.create_task(_follow(hubs[1], told))
    before = await house.changes("")
    await until(lambda: bool(hubs[1]._listeners), "the page follows")

    def of_olga() -> list[tuple[bool, bool]]:
        return [(one["typing"], one["gone"]) for one in told if one["person"] == 1]

    async def say(**form: str) -> None:
        assert (await olga.press(f"/inbox/{stay}/presence", **form)).status_code == 200

    async def is_listed(*expected: object) -> None:
        async def so() -> bool:
            return (await listed(ivan)).get(str(stay), []) == list(expected)

        await until(so, f"listed: {expected}")

    await say(typing="false")
    await is_listed([1, "Ольга", False])
    assert await listed(olga) == {}, "oneself is no news"
    assert "Ольга смотрит" in (await ivan.press(f"/inbox/{stay}/presence", typing="false")).text
    for _ in range(20):
        await say(typing="true", answer="true")
    await is_listed([1, "Ольга", True])
    await say(gone="true")
    await is_listed()
    heard = [(False, False), (True, False), (False, True)]
    await until(lambda: of_olga() == heard, "twenty keys are one news")
    assert await house.changes("") == before, "nothing was stored"

    await say(typing="false")
    heard += [(False, False)]
    await until(lambda: of_olga() == heard, "back again")
    house.clock.advance(seconds=46)
    await ivan.press(f"/inbox/{stay}/presence", typing="false")
    heard += [(False, True)]
    await until(lambda: of_olga() == heard, "whose page fell silent is gone")
    following.cancel()
    for hub, page in zip(hubs, (olga, ivan), strict=True):
        await hub.close()
        await page.client.aclose()


async def _follow(hub: EventHub, told: list[dict[str, Any]]) -> None:
    async for frame in hub.subscribe(None):
        told += [one.ids for one in frame.signals if one.kind == "presence"]


class Messenger:
    channel = "telegram"
    by_page = False
    idempotent = False

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, parcel: Parcel) -> Outcome:
        self.sent.append((parcel.kind, parcel.chat_id))
        if len(self.sent) == 1:
            raise ValueError("a broken adapter")
        return Sent()


async def test_the_customer_sees_that_an_answer_is_written(
    house: House, olga: Operator, ivan: Operator
) -> None:
    stay = await house.waiting()
    conversation = (await house.stay(stay)).conversation_id
    hub, messenger, stop = hub_of(house), Messenger(), asyncio.Event()
    await hub.start()
    leads = [True]
    relay = TypingRelay(
        house.signals, house.clock, messenger, account_id=house.account, leads=lambda: leads[0]
    )
    elsewhere = TypingRelay(
        house.signals, house.clock, messenger, account_id=house.account + 1, leads=lambda: True
    )
    running = [asyncio.create_task(one.run(stop)) for one in (relay, elsewhere)]
    await until(lambda: len(house.signals._hearers["typing"]) == 3, "all hear")
    frames: list[Frame] = []
    page = asyncio.create_task(_collect(hub, conversation, frames))
    await until(lambda: bool(frames), "the customer's page follows")
    typing = Typing(house.database, house.signals)

    async def typed(who: Operator = olga, **later: float) -> bool:
        house.clock.advance(**(later or {"seconds": 5}))
        return await typing.typed(stay, who.id)

    assert not await typed(), "nobody has taken it yet"
    await house.service.desk.take(stay, olga)
    assert await typed()
    await until(lambda: len(messenger.sent) == 1, "passed on while it is true")
    assert not await typed(seconds=3), "not with every key"
    assert not await typed(ivan)
    assert await typed()
    await until(lambda: len(messenger.sent) == 2, "passed on, after a failure too")
    assert messenger.sent == [("typing", "77")] * 2
    await until(lambda: sum(len(frame.signals) for frame in frames) == 2, "shown on the page")
    leads[0] = False
    assert await typed()
    async with house.database.write() as tx:
        await mark_unreachable(tx, conversation, "blocked")
    assert not await typed()
    async with house.database.write() as tx:
        await mark_unreachable(tx, conversation, None)
    assert not await typed(hours=2), "who has been silent for long does not wait for it"
    stop.set()
    await asyncio.gather(*running)
    page.cancel()
    await hub.close()
    assert len(messenger.sent) == 2, "another process sends for this account"


async def _collect(hub: EventHub, conversation: int, frames: list[Frame]) -> None:
    async for frame in hub.subscribe(None, conversation_id=conversation):
        frames.append(frame)  # noqa: PERF401 (it never ends)
