"""``GET /staff/events`` on a real server: what a browser gets over a real connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from conversations.events import Events
from staff.service import StaffService
from storage.database import Database
from tests.conftest import FakeClock
from tests.web.conftest import Running, log_in
from tests.web.test_hub import emit, prune, reach
from web.hub import EventHub


@pytest.fixture
async def browser(server: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as client:
        await log_in(client)
        yield client


@asynccontextmanager
async def stream(
    browser: httpx.AsyncClient, after: int | None = None, last_event_id: int | None = None
) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    params = {} if after is None else {"after": after}
    headers = {} if last_event_id is None else {"last-event-id": str(last_event_id)}
    async with browser.stream("GET", "/staff/events", params=params, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        yield frames(answer)


async def frames(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    frame: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if not line:
            yield frame
            frame = {}
        else:
            name, _, value = line.partition(": ")
            frame[name] = value


async def numbers(stream: AsyncIterator[dict[str, str]], last: int) -> list[int]:
    seen: list[int] = []
    async for frame in stream:
        seen += [change["id"] for change in json.loads(frame.get("data", "[]"))]
        if int(frame["id"]) >= last:
            return seen
    raise AssertionError("the stream ended")


async def named(stream: AsyncIterator[dict[str, str]], event: str) -> dict[str, str]:
    async for frame in stream:
        if frame.get("event") == event:
            return frame
    raise AssertionError("the stream ended")


async def test_reconnected_page_misses_nothing(
    browser: httpx.AsyncClient, database: Database, events: Events, hub: EventHub
) -> None:
    async with stream(browser) as live:
        await emit(database, events, 1, 1)
        assert await numbers(live, 2) == [1, 2]
    await emit(database, events, 1, 1, 1)
    await reach(hub, 5)
    async with stream(browser, after=2) as live:
        assert await numbers(live, 5) == [3, 4, 5]
        await emit(database, events, 1)
        assert await numbers(live, 6) == [6]
    async with stream(browser, after=2, last_event_id=4) as live:
        assert await numbers(live, 6) == [5, 6]


async def test_page_from_before_the_kept_history_reloads(
    browser: httpx.AsyncClient, database: Database, events: Events, hub: EventHub
) -> None:
    await emit(database, events, 1, 1, 1)
    await reach(hub, 3)
    await prune(database, 2)
    async with stream(browser, after=0) as live:
        assert (await named(live, "reload"))["id"] == "3"


async def test_stream_ends_soon_after_its_login(
    browser: httpx.AsyncClient, staff: StaffService, clock: FakeClock
) -> None:
    async with stream(browser) as live:
        await anext(live)
        clock.advance(seconds=31)
        await anext(live)
        await staff.set_active("olga", False)
        clock.advance(seconds=31)
        await named(live, "logout")
        assert [frame async for frame in live] == []


async def test_open_stream_does_not_keep_the_login_alive(
    browser: httpx.AsyncClient, clock: FakeClock
) -> None:
    async with stream(browser) as live:
        await anext(live)
        clock.advance(hours=12)
        await named(live, "logout")


async def test_stream_holds_no_database_session(
    browser: httpx.AsyncClient, database: Database, hub: EventHub
) -> None:
    async with stream(browser) as one, stream(browser) as two:
        await anext(one)
        await anext(two)
        pool = database._reader.pool
        async with asyncio.timeout(10):
            while pool.checkedout():  # type: ignore[attr-defined]
                await anext(one)


async def test_server_stops_with_pages_open(
    server: Running, browser: httpx.AsyncClient, stop: asyncio.Event
) -> None:
    async with stream(browser) as live:
        await anext(live)
        stop.set()
        async with asyncio.timeout(10):
            await server.stop()
        assert all("data" not in frame for frame in [frame async for frame in live])


async def test_page_knows_from_where_to_follow(
    browser: httpx.AsyncClient, database: Database, events: Events, hub: EventHub
) -> None:
    await emit(database, events, 1, 1, 1)
    await reach(hub, 3)
    html = (await browser.get("/inbox", headers={"accept": "text/html"})).text
    assert 'data-events-after="3"' in html
