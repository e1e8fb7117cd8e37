"""The channels of this installation. Only a configured channel's libraries are imported."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from bots.delivery import DeliveryLoop
from bots.outcome import Sender
from conversations.service import bot_account_id
from okno.errors import WrongSetting
from okno.services import Services


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
    if services.settings.telegram_token is not None:
        _check_rules(services, "telegram")
        channels.append(await _telegram(services))
    return channels


def _check_rules(services: Services, channel: str) -> None:
    """149-ФЗ ст. 10 ч. 8: nobody but the company can say what a messenger may carry."""
    if channel not in services.profile.channels:
        raise WrongSetting(
            f"company.yaml: channels: say what {channel} may carry: "
            f"{channel}: {{personal_data: full | public_only | closed}}"
        )


async def _web(services: Services) -> Channel:
    from bots.web_chat.sender import WebSender

    return Channel("web", await bot_account_id(services.database, "web"), WebSender())


async def _telegram(services: Services) -> Channel:
    from bots.telegram import polling, sender, webhook

    settings = services.settings
    assert settings.telegram_token is not None  # noqa: S101 (asked by the caller)
    account = await bot_account_id(services.database, "telegram")
    bot = sender.make_bot(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    outgoing = sender.TelegramSender(bot, services.media, per_second=settings.telegram_per_second)
    if settings.public_url is None:
        poller = polling.TelegramPolling(
            services.database, services.intake, bot, account_id=account, holder=services.holder
        )
        return Channel("telegram", account, outgoing, poll=poller.run, close=bot.session.close)
    assert settings.telegram_webhook_secret is not None  # noqa: S101 (checked by the settings)
    secret = settings.telegram_webhook_secret.get_secret_value()
    public_url = settings.public_url

    async def register() -> None:
        await webhook.register(bot, public_url, secret)

    routes = webhook.router(services.intake, account_id=account, secret=secret)
    return Channel(
        "telegram", account, outgoing, routes=routes, started=register, close=bot.session.close
    )
