"""The channels of this installation. Only a configured channel's libraries are imported."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter

from bots.delivery import DeliveryLoop
from bots.outcome import Sender
from bots.pace import Pace
from conversations.service import bot_account_id
from okno.errors import WrongSetting
from okno.services import Services

# A community's limit is 20 calls a second; a few are left for names and uploads.
VK_PER_SECOND = 15

T = TypeVar("T")


async def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Channel:
    """One bot account: its way out, its routes, its poll loop where it has one."""

    name: str
    account_id: int
    sender: Sender
    routes: APIRouter | None = None
    poll: Callable[[asyncio.Event], Coroutine[Any, Any, None]] | None = None
    started: Callable[[], Awaitable[None]] = _nothing
    close: Callable[[], Awaitable[None]] = _nothing

    def delivery(self, services: Services) -> DeliveryLoop:
        return DeliveryLoop(
            services.database,
            services.events,
            services.signals,
            self.sender,
            account_id=self.account_id,
            holder=services.holder,
        )


async def open_channels(services: Services) -> list[Channel]:
    _check_rules(services, "web")
    channels = [await _web(services)]
    settings = services.settings
    for name, configured, connect in (
        ("telegram", settings.telegram_token, _telegram),
        ("vk", settings.vk_token, _vk),
    ):
        if configured is not None:
            _check_rules(services, name)
            channels.append(await connect(services))
    return channels


def _check_rules(services: Services, channel: str) -> None:
    """149-ФЗ ст. 10 ч. 8: nobody but the company can say what a messenger may carry."""
    if channel not in services.profile.channels:
        raise WrongSetting(
            f"company.yaml: channels: say what {channel} may carry: "
            f"{channel}: {{personal_data: full | public_only | closed}}"
        )


def _given(value: T | None) -> T:
    """What the settings have checked to be there."""
    if value is None:
        raise WrongSetting("a setting of this messenger is missing")
    return value


Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


def _together(*loops: Loop) -> Loop:
    async def run(stop: asyncio.Event) -> None:
        await asyncio.gather(*(loop(stop) for loop in loops))

    return run


async def _web(services: Services) -> Channel:
    from bots.web_chat.sender import WebSender

    return Channel("web", await bot_account_id(services.database, "web"), WebSender())


async def _telegram(services: Services) -> Channel:
    from bots.telegram import polling, sender, webhook

    settings = services.settings
    account = await bot_account_id(services.database, "telegram")
    token = _given(settings.telegram_token).get_secret_value()
    bot = sender.make_bot(token, settings.telegram_api_url)
    outgoing = sender.TelegramSender(bot, services.media, per_second=settings.telegram_per_second)
    if settings.public_url is None:
        poller = polling.TelegramPolling(
            services.database, services.intake, bot, account_id=account, holder=services.holder
        )
        return Channel("telegram", account, outgoing, poll=poller.run, close=bot.session.close)
    secret = _given(settings.telegram_webhook_secret).get_secret_value()
    public_url = settings.public_url

    async def register() -> None:
        await webhook.register(bot, public_url, secret)

    routes = webhook.router(services.intake, account_id=account, secret=secret)
    return Channel(
        "telegram", account, outgoing, routes=routes, started=register, close=bot.session.close
    )


async def _vk(services: Services) -> Channel:
    from bots.vk import api as vk_api
    from bots.vk import names, polling, sender, webhook

    settings = services.settings
    token, group_id = _given(settings.vk_token), _given(settings.vk_group_id)
    account = await bot_account_id(services.database, "vk")
    api = vk_api.VkApi(token.get_secret_value(), settings.vk_api_url)
    people = names.Names(services.database, api, account)
    outgoing = sender.VkSender(api, services.media, Pace(VK_PER_SECOND))
    if settings.public_url is None:
        poller = polling.VkPolling(
            services.database, services.intake, api, people,
            account_id=account, group_id=group_id, holder=services.holder,
        )  # fmt: skip
        loops = _together(poller.run, people.run)
        return Channel("vk", account, outgoing, poll=loops, close=api.close)
    routes = webhook.router(
        services.intake, people, account_id=account, group_id=group_id,
        secret=_given(settings.vk_secret).get_secret_value(),
        confirmation=_given(settings.vk_confirmation),
    )  # fmt: skip
    return Channel("vk", account, outgoing, routes=routes, poll=people.run, close=api.close)
