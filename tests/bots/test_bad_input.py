"""What every messenger may send: the same again, out of order, a year late, the longest text, a
name that hides or turns, a file that lies, a press of a button that is gone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bots.fetching import Fetching, FileSource
from conversations.events import Events
from conversations.models import Conversation, Message, MessageKind, Quarantine
from media.addresses import Rules
from media.fetching import Fetcher
from media.models import Attachment
from media.store import MediaStore
from replies.channels import CAPABILITIES
from storage.database import Database
from storage.signals import Signals
from tests.bots.sides import SIDES, Side, body_of
from tests.bots.stored import count
from tests.conftest import FakeClock

PAGE = b"<!doctype html><html><script>alert(1)</script></html>"
# Turned, then hidden: RIGHT-TO-LEFT OVERRIDE, ZERO WIDTH SPACE, and one sign that can be seen.
HIDDEN_NAME = "\u202e\u200bИра\u2060\ufeff"
Post = Callable[[dict[str, Any]], Awaitable[int]]

pytestmark = pytest.mark.parametrize("channel", SIDES)


@pytest.fixture
async def post(channel: str, side: Side) -> AsyncIterator[Post]:
    app = FastAPI()
    app.include_router(side.routes)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://okno"
    ) as client:

        async def post(event: dict[str, Any]) -> int:
            body = body_of(channel, event)
            answer = await client.post(side.path, content=body, headers=dict(side.headers(body)))
            return answer.status_code

        yield post


async def stored(database: Database) -> list[Message]:
    async with database.read() as session:
        found = select(Message).order_by(Message.order_no, Message.id)
        return list((await session.execute(found)).scalars())


async def test_again_out_of_order_late_long_and_in_disguise(
    channel: str, side: Side, post: Post, database: Database, clock: FakeClock
) -> None:
    first, second = side.text("раз"), side.text("два")
    assert [await post(event) for event in (second, first, second, first)] == [200] * 4
    assert [message.text for message in await stored(database)] == ["раз", "два"]

    old = side.text("привет из прошлого года")
    a_year_ago: datetime = (clock.now() - timedelta(days=365)).replace(microsecond=0)
    side.changed(old, HIDDEN_NAME, a_year_ago)
    assert await post(old) == 200
    (late,) = [one for one in await stored(database) if one.sent_at == a_year_ago]
    assert late.text == "привет из прошлого года"
    async with database.read() as session:
        (name,) = (await session.execute(select(Conversation.display_name))).scalars()
    # VK's events carry no names.
    assert name == (None if channel == "vk" else "Ира")

    longest = "😀" * (CAPABILITIES[channel].text_limit // 2)
    assert await post(side.text(longest)) == 200
    assert longest in [message.text for message in await stored(database)]

    before = await count(database, Message)
    assert await post(side.press("menu:not_there_any_more")) == 200
    press = [one for one in await stored(database) if one.kind == MessageKind.PRESS]
    assert [one.data["action"] for one in press] == ["menu:not_there_any_more"]
    assert await count(database, Message) == before + 1
    assert await count(database, Quarantine) == 0


async def test_a_photo_that_is_a_page_is_not_kept(
    side: Side, post: Post, database: Database, events: Events, signals: Signals,
    media: MediaStore, account: int,
) -> None:  # fmt: skip
    assert await post(side.photo(PAGE)) == 200
    source = FileSource("test", Fetcher(Rules((), side.fake.url)), side.locate)
    work = Fetching(database, events, signals, media, {account: source})
    assert await work.fetch_due() == 1
    async with database.read() as session:
        (file,) = (await session.execute(select(Attachment))).scalars()
    assert (file.state, file.problem, file.digest) == ("failed", "type", None)
