"""A token that was revoked while we run is noticed, and a proxy is used where one is set."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bots.http_calls import Way
from bots.max.api import MaxApi
from bots.ok.sender import OkApi
from bots.telegram.sender import knows_us, make_bot
from bots.token_check import TokenCheck
from bots.viber.sender import ViberApi
from bots.vk.api import VkApi
from conversations.events import Events
from conversations.models import BotAccount, Event
from storage.database import Database
from tests.conftest import FakeClock
from tests.fakes import max as fake_max
from tests.fakes import ok as fake_ok
from tests.fakes import telegram as fake_telegram
from tests.fakes import viber as fake_viber
from tests.fakes import vk as fake_vk
from tests.fakes.vk_events import GROUP_ID

WRONG = "1:another-token-of-the-tests"
# Reached by the proxy alone.
PLATFORM = "http://platform.invalid"


async def asked_telegram(token: str, way: Way) -> bool:
    bot = make_bot(token, PLATFORM, way)
    try:
        return await knows_us(bot)
    finally:
        await bot.session.close()


async def asked_vk(token: str, way: Way) -> bool:
    return await asked(VkApi(token, PLATFORM, way), GROUP_ID)


async def asked_viber(token: str, way: Way) -> bool:
    return await asked(ViberApi(token, f"{PLATFORM}/pa", way))


async def asked_max(token: str, way: Way) -> bool:
    return await asked(MaxApi(token, PLATFORM, way))


async def asked_ok(token: str, way: Way) -> bool:
    return await asked(OkApi(token, f"{PLATFORM}/graph", way))


async def asked(api: Any, *args: int) -> bool:
    try:
        return bool(await api.knows_us(*args))
    finally:
        await api.close()


@pytest.mark.parametrize(
    ("fake", "token", "ask"),
    [
        (fake_telegram.FakeTelegram, fake_telegram.TOKEN, asked_telegram),
        (fake_vk.FakeVk, fake_vk.TOKEN, asked_vk),
        (fake_viber.FakeViber, fake_viber.TOKEN, asked_viber),
        (fake_max.FakeMax, fake_max.TOKEN, asked_max),
        (fake_ok.FakeOk, fake_ok.TOKEN, asked_ok),
    ],
)
async def test_each_messenger_says_whether_it_knows_us_by_way_of_the_proxy(
    fake: Callable[[], Any], token: str, ask: Callable[[str, Way], Awaitable[bool]]
) -> None:
    with fake() as server:
        way = Way(proxy=server.url)
        assert await ask(token, way) is True
        assert await ask(WRONG, way) is False
    with pytest.raises(Exception, match=r"(?i)connect"):
        await ask(token, way)


async def test_since_when_a_token_is_refused(
    database: Database, events: Events, account: int, clock: FakeClock
) -> None:
    answers: list[bool | Exception] = [True, False, OSError("away"), False, True]

    async def ask() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    check = TokenCheck(database, events, ask, channel="telegram", account_id=account, holder="a")
    seen = []
    while answers:
        await check.look()
        async with database.read() as session:
            seen.append(await session.scalar(select(BotAccount.refused_since)))
        clock.advance(seconds=60)
    began = clock.now() - timedelta(seconds=60 * 4)
    assert seen == [None, began, began, began, None], "silence says nothing of the token"
    async with database.read() as session:
        told = list((await session.execute(select(Event.kind).order_by(Event.id))).scalars())
    assert told == ["channel.failing", "channel.back"]
