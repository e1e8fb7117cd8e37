"""Two bots of one messenger in one installation: their settings, their addresses, their answers."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from conversations.models import Author, BotAccount, Conversation
from conversations.service import Outgoing
from okno import profile as profiles
from okno import settings
from okno.assemble import assemble
from okno.channels import open_channels
from okno.doctor_channels import channel_findings
from okno.errors import WrongSetting
from replies import Reply, render
from storage import migrate
from tests.fakes.telegram import FakeTelegram
from tests.fakes.vk import CONFIRMATION, SECRET, TOKEN, FakeVk, body_of
from tests.fakes.vk_events import GROUP_ID
from tests.fakes.waiting import until

FIRST, SECOND = "111:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "222:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
PUBLIC = {"public_url": "https://okno.example", "telegram_webhook_secret": "s" * 20}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def load(monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]) -> settings.Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"OKNO_{name.upper()}", str(value))
    return settings.load()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"telegram_token": FIRST, "telegram_token_sochi": "x"}, "OKNO_TELEGRAM_TOKEN_SOCHI"),
        ({"telegram_token": FIRST, "telegram_token_sochi": FIRST}, "OKNO_TELEGRAM_TOKEN_SOCHI"),
        ({"telegram_token_sochi": SECOND}, "OKNO_TELEGRAM_TOKEN_SOCHI"),
        ({"telegram_token": FIRST, "telegram_token_a_b": SECOND}, "OKNO_TELEGRAM_TOKEN_A_B"),
        ({"telegram_token": FIRST, "telegram_token_b": SECOND, **PUBLIC},
         "OKNO_TELEGRAM_WEBHOOK_SECRET_B"),
        ({"vk_token": "a", "vk_group_id": 7, "vk_token_b": "b"}, "OKNO_VK_GROUP_ID_B"),
        ({"vk_token": "a", "vk_group_id": 7, "vk_token_b": "b", "vk_group_id_b": "x"},
         "OKNO_VK_GROUP_ID_B"),
        ({"vk_token": "a", "vk_group_id": 7, "vk_token_b": "b", "vk_group_id_b": 7},
         "OKNO_VK_GROUP_ID_B"),
        ({"vk_token": "a", "vk_group_id": 7, "vk_group_id_b": 8}, "OKNO_VK_GROUP_ID_B"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_further_bot_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], named: str
) -> None:
    with pytest.raises(WrongSetting, match=rf"{named}\b") as error:
        load(monkeypatch, values)
    assert "\n" not in str(error.value)
    assert FIRST not in str(error.value)
    assert SECOND not in str(error.value)


async def test_an_answer_goes_back_through_the_bot_that_was_written_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two Telegram bots, long poll; the same customer writes to both."""
    with FakeTelegram(FIRST) as one, FakeTelegram(SECOND) as two:
        (tmp_path / ".env").write_text(f"OKNO_TELEGRAM_TOKEN_SOCHI={SECOND}\n")
        values = {"telegram_token": FIRST, "telegram_api_url": one.url}
        loaded = load(monkeypatch, values | {"database_url": f"sqlite:///{tmp_path}/x.db"})
        bots = {bot.name: bot for bot in loaded.bots("telegram")}
        assert list(bots) == ["main", "sochi"]
        # One address is one messenger's; in this test each bot has a Telegram of its own.
        bots["sochi"].settings.telegram_api_url = two.url
        services = assemble(loaded, profiles.load("demo"))
        await migrate.upgrade(services.database)
        found = [finding.what async for finding in channel_findings(services)]
        assert [what.partition("Telegram")[0] for what in found[:2]] == ["", "«sochi»: "]

        channels = [one for one in await open_channels(services) if one.poll is not None]
        assert [channel.name for channel in channels] == ["telegram", "telegram sochi"]
        stop = asyncio.Event()
        work = []
        for channel in channels:
            assert channel.poll is not None
            work.append(asyncio.create_task(channel.poll(stop)))
            work.append(asyncio.create_task(channel.delivery(services).run(stop)))
        one.customer().says("вопрос первому")
        two.customer().says("вопрос второму")

        async def stored() -> bool:
            async with services.database.read() as session:
                return len((await session.scalars(select(Conversation.id))).all()) == 2

        await until(stored, "both bots have heard the customer")
        async with services.database.write() as tx:
            rows = await tx.session.execute(
                select(Conversation.id, BotAccount.name)
                .join(BotAccount, BotAccount.id == Conversation.bot_account_id)
                .order_by(Conversation.id)
            )
            for conversation, name in rows.all():
                parts = [part.to_json() for part in render(Reply(f"от {name}"), "telegram")]
                message = Outgoing(conversation, Author.ASSISTANT, f"от {name}", parts)
                await services.outbox.queue(tx, [message])
        await until(lambda: one.customer().reads == ["от main"], "the first bot's answer")
        await until(lambda: two.customer().reads == ["от sochi"], "the second bot's answer")
        stop.set()
        async with asyncio.timeout(20):
            await asyncio.gather(*work)
        for channel in channels:
            await channel.close()
        await services.close()


async def test_each_community_has_its_address_and_hears_only_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with FakeVk() as vk:
        loaded = load(
            monkeypatch,
            {"database_url": f"sqlite:///{tmp_path}/x.db", "public_url": "https://okno.example",
             "vk_api_url": vk.url, "vk_token": TOKEN, "vk_group_id": GROUP_ID,
             "vk_secret": SECRET, "vk_confirmation": CONFIRMATION, "vk_token_sochi": "other",
             "vk_group_id_sochi": 8, "vk_secret_sochi": "another",
             "vk_confirmation_sochi": "second"},
        )  # fmt: skip
        services = assemble(loaded, profiles.load("demo"))
        await migrate.upgrade(services.database)
        channels = await open_channels(services)
        app = FastAPI()
        for channel in channels:
            if channel.routes is not None:
                app.include_router(channel.routes)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://okno") as client:

            async def posts(path: str, event: Any) -> httpx.Response:
                return await client.post(path, content=body_of(event, SECRET))

            asked = {"type": "confirmation", "group_id": 8}
            assert (await posts("/webhooks/vk/sochi", asked)).text == "second"
            event = vk.customer().message("вопрос")
            assert (await posts("/webhooks/vk/sochi", event)).status_code == 403
            assert (await posts("/webhooks/vk", event)).text == "ok"
        async with services.database.read() as session:
            names = await session.scalars(
                select(BotAccount.name).join(
                    Conversation, Conversation.bot_account_id == BotAccount.id
                )
            )
            assert names.all() == ["main"]
        for channel in channels:
            await channel.close()
        await services.close()
