"""The page's stream, read from the real application as the server reads it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message

from bots.web_chat.limits import ChatLimits
from conversations.events import Events
from conversations.models import Conversation
from conversations.service import record
from storage.database import Database
from tests.bots.web_chat.conftest import FROM_OUR_PAGE, Answer, Customer, Deliver, conversation_of
from tests.conftest import FakeClock


@pytest.fixture
def limits() -> ChatLimits:
    return ChatLimits(streams_per_visitor=2, streams_per_address=3)


class Stream:
    """An open ``GET /chat/events``: what the application sends, frame by frame."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.gone = asyncio.Event()
        self._asked = False
        self._rest = ""
        self._frames: list[dict[str, str]] = []

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def status(self) -> int:
        async with asyncio.timeout(10):
            start = await self.sent.get()
        assert start["type"] == "http.response.start"
        return int(start["status"])

    async def frame(self) -> dict[str, str] | None:
        """None at the end of the stream."""
        while not self._frames:
            async with asyncio.timeout(10):
                message = await self.sent.get()
            *whole, self._rest = (
                (self._rest + message.get("body", b"").decode()).replace("\r\n", "\n").split("\n\n")
            )
            for text in whole:
                pairs = (line.partition(": ") for line in text.splitlines())
                self._frames.append({name: value for name, _, value in pairs})
            if not self._frames and not message.get("more_body"):
                return None
        return self._frames.pop(0)

    async def event(self) -> dict[str, str] | None:
        """The next frame that says something, heartbeats left out."""
        while (frame := await self.frame()) is not None:
            if "event" in frame:
                return frame
        return None

    async def quiet_up_to(self, number: int) -> bool:
        """Whether nothing was told until the stream has come to event ``number``."""
        while (frame := await self.frame()) is not None:
            if "event" in frame:
                return False
            if int(frame["id"]) >= number:
                return True
        return False


@asynccontextmanager
async def stream(app: FastAPI, customer: Customer, after: int) -> AsyncIterator[Stream]:
    cookie = "; ".join(f"{name}={value}" for name, value in customer.http.cookies.items())
    headers = FROM_OUR_PAGE | {"cookie": cookie, "host": "okno.test"}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/chat/events",
        "raw_path": b"/chat/events",
        "root_path": "",
        "query_string": f"after={after}".encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.7", 1234),
        "server": ("okno.test", 80),
    }
    live = Stream()
    task = asyncio.create_task(app(scope, live.receive, live.sent.put))
    try:
        yield live
    finally:
        live.gone.set()
        async with asyncio.timeout(10):
            await task


async def test_the_stream_says_that_there_is_something_and_nothing_of_what(
    app: FastAPI, customer: Customer, answer: Answer, deliver: Deliver
) -> None:
    await customer.say("секрет")
    position = (await customer.history())["position"]
    async with stream(app, customer, position) as live:
        assert await live.status() == 200
        await answer("тайна")
        await deliver()
        frame = await live.event()
        assert frame is not None
        assert frame == {"event": "news", "data": "{}", "id": frame["id"]}
        page = await customer.history(after=position)
        assert [m["author"] for m in page["messages"]] == ["assistant"]


async def test_a_stream_that_was_away_hears_at_once_of_what_it_missed(
    app: FastAPI, customer: Customer
) -> None:
    await customer.say("один")
    position = (await customer.history())["position"]
    await customer.say("два")
    async with stream(app, customer, position) as live:
        assert await live.status() == 200
        frame = await live.event()
        assert frame is not None
        assert (frame["event"], int(frame["id"]) > position) == ("news", True)


async def test_others_and_staffs_own_lines_are_no_news(
    app: FastAPI, customer: Customer, stranger: Customer, database: Database, events: Events
) -> None:
    await customer.say("привет")
    mine = (await conversation_of(database)).id
    position = (await customer.history())["position"]
    await stranger.begin()
    async with stream(app, customer, position) as live:
        assert await live.status() == 200
        await stranger.say("чужое")
        async with database.write() as tx:
            conversation = await tx.session.get(Conversation, mine)
            assert conversation is not None
            await record(tx, events, conversation, "заметка")
        assert await live.quiet_up_to(position + 2)
        async with database.write() as tx:
            events.emit(tx, "handoff.taken", conversation_id=mine)
        frame = await live.event()
        assert frame is not None
        assert frame["event"] == "news"


async def test_the_stream_of_one_who_has_ended_is_over(
    app: FastAPI, customer: Customer, clock: FakeClock
) -> None:
    await customer.say("привет")
    position = (await customer.history())["position"]
    async with stream(app, customer, position) as live:
        assert await live.status() == 200
        await customer.http.post("/chat/end", json={})
        clock.advance(seconds=31)
        names = []
        while (frame := await live.event()) is not None:
            names.append(frame["event"])
        assert names[-1] == "over"


async def test_streams_end_when_the_process_stops(
    app: FastAPI, customer: Customer, stop: asyncio.Event
) -> None:
    await customer.say("привет")
    position = (await customer.history())["position"]
    async with stream(app, customer, position) as live:
        assert await live.status() == 200
        stop.set()
        assert await live.event() is None


async def test_too_many_tabs_are_refused_and_closed_ones_give_their_place_back(
    app: FastAPI, customer: Customer
) -> None:
    await customer.say("привет")
    async with stream(app, customer, 0) as one:
        assert await one.status() == 200
        await one.frame()
        async with stream(app, customer, 0) as two:
            assert await two.status() == 200
            await two.frame()
            async with stream(app, customer, 0) as three:
                assert await three.status() == 429
        async with stream(app, customer, 0) as again:
            assert await again.status() == 200


async def test_before_the_first_message_there_is_nothing_to_follow(
    app: FastAPI, customer: Customer
) -> None:
    async with stream(app, customer, 0) as live:
        assert await live.status() == 401
