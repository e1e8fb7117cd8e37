"""The chat's routes in a small application, a customer's browser, and delivery on demand."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bots.delivery import DeliveryLoop
from bots.intake import Intake
from bots.web_chat import pages
from bots.web_chat.limits import ChatLimits
from bots.web_chat.sender import WebSender
from conversations.events import Events
from conversations.models import Author, Conversation, Delivery, DeliveryState, Message
from conversations.service import Outbox, Outgoing, bot_account_id, outbox_signal
from media import pages as media_pages
from media.links import Links
from media.shelf import FolderShelf
from media.store import MediaStore
from replies import Reply, render
from storage.database import Database
from storage.signals import Signals
from tests.conftest import FakeClock
from tests.fakes.waiting import until
from web.hub import EventHub
from web.security import Headers, SecurityHeaders
from web.static_files import Static

FROM_OUR_PAGE = {"x-okno-chat": "1", "sec-fetch-site": "same-origin"}

Answer = Callable[..., Awaitable[int]]
Deliver = Callable[[], Awaitable[None]]


@pytest.fixture
async def account(database: Database) -> int:
    return await bot_account_id(database, "web")


@pytest.fixture
async def signals(database: Database) -> AsyncIterator[Signals]:
    signals = Signals(database)
    await signals.start()
    yield signals
    await signals.close()


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def hub(database: Database, signals: Signals, stop: asyncio.Event) -> AsyncIterator[EventHub]:
    hub = EventHub(database, signals, stop, heartbeat=0.01)
    await hub.start()
    yield hub
    await hub.close()


@pytest.fixture
def limits() -> ChatLimits:
    return ChatLimits()


@pytest.fixture
def links(clock: FakeClock) -> Links:
    return Links(b"k" * 40, clock)


@pytest.fixture
def media(database: Database, tmp_path: Path) -> MediaStore:
    return MediaStore(database, FolderShelf(tmp_path / "media"))


@pytest.fixture
def app(
    database: Database,
    intake: Intake,
    events: Events,
    hub: EventHub,
    account: int,
    clock: FakeClock,
    limits: ChatLimits,
    links: Links,
    media: MediaStore,
) -> FastAPI:
    static = Static({pages.ROOM: pages.FOLDER / "static"})
    app = FastAPI(openapi_url=None)
    app.include_router(
        pages.router(
            database=database,
            intake=intake,
            events=events,
            hub=hub,
            account_id=account,
            company="«Энергосбыт <Тест>»",
            company_phone="8 800 555-01-23",
            zone=ZoneInfo("Europe/Moscow"),
            static=static,
            clock=clock,
            links=links,
            media=media,
            limits=limits,
            frame_ancestors=("'self'", "https://company.example"),
        )
    )
    app.include_router(media_pages.router(media, links))
    static.mount(app)
    app.add_middleware(SecurityHeaders, headers=Headers(https=False))
    return app


class Customer:
    """A browser with the chat page open; ``embedded``: in the widget's frame."""

    def __init__(self, app: FastAPI, *, embedded: bool = False, host: str = "192.0.2.7") -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(host, 1234)),
            base_url="http://okno.test",
            headers=FROM_OUR_PAGE | ({"x-okno-embed": "1"} if embedded else {}),
        )

    async def begin(self) -> None:
        response = await self.http.post("/chat/visitor", json={})
        assert response.status_code in (200, 201)
        if token := response.json().get("token"):
            self.http.headers["x-okno-visitor"] = token

    async def post(self, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post("/chat/messages", json={"key": str(uuid.uuid4())} | body)

    async def say(self, text: str, key: str | None = None) -> None:
        response = await self.post({"text": text} | ({"key": key} if key else {}))
        assert response.status_code == 202, response.text

    async def history(self, **query: int) -> dict[str, Any]:
        response = await self.http.get("/chat/history", params=query)
        assert response.status_code == 200, response.text
        page: dict[str, Any] = response.json()
        return page

    async def texts(self) -> list[str]:
        """What the page shows, the customer's words and the answers' HTML."""
        messages = (await self.history())["messages"]
        return [
            message["text"]
            if message["author"] == "customer"
            else "".join(part["html"] for part in message["parts"])
            for message in messages
        ]


@pytest.fixture
async def customer(app: FastAPI) -> AsyncIterator[Customer]:
    customer = Customer(app)
    await customer.begin()
    yield customer
    await customer.http.aclose()


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[Customer]:
    """Another browser, on its first visit."""
    stranger = Customer(app, host="192.0.2.8")
    yield stranger
    await stranger.http.aclose()


@pytest.fixture
def answer(database: Database, outbox: Outbox) -> Answer:
    """Queue an answer in the newest conversation, as the worker or an operator does."""

    async def queue(reply: Reply | str, author: Author = Author.ASSISTANT) -> int:
        reply = Reply(reply) if isinstance(reply, str) else reply
        async with database.write() as tx:
            newest = select(Conversation.id).order_by(Conversation.id.desc()).limit(1)
            conversation_id = (await tx.session.execute(newest)).scalar_one()
            parts = [part.to_json() for part in render(reply, "web")]
            message = Outgoing(conversation_id, author, reply.text, parts)
            return (await outbox.queue(tx, [message]))[0]

    return queue


@pytest.fixture
def deliver(database: Database, events: Events, signals: Signals, account: int) -> Deliver:
    """Let the real sender work until nothing is queued."""

    async def run() -> None:
        stop = asyncio.Event()
        loop = DeliveryLoop(
            database, events, signals, WebSender(), account_id=account, holder="test"
        )
        task = asyncio.create_task(loop.run(stop))
        await until(nothing_queued, "everything is sent")
        stop.set()
        signals.wake_here(outbox_signal(account))
        await task

    async def nothing_queued() -> bool:
        async with database.read() as session:
            open_rows = select(func.count()).where(Delivery.state == DeliveryState.QUEUED)
            return (await session.execute(open_rows)).scalar_one() == 0

    return run


async def stored(database: Database) -> list[Message]:
    async with database.read() as session:
        return list((await session.execute(select(Message).order_by(Message.id))).scalars())


async def conversation_of(database: Database) -> Conversation:
    """The only conversation."""
    async with database.read() as session:
        return (await session.execute(select(Conversation))).scalar_one()
