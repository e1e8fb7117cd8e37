"""The channels of this installation. Only a configured channel's libraries are imported."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from fastapi import APIRouter

from bots.delivery import DeliveryLoop
from bots.fetching import Fetching, FileSource, Locate, told_link
from bots.outcome import Sender
from bots.pace import Pace
from bots.registration import Registration
from bots.reports import Reports
from bots.typing import TypingRelay
from conversations.service import bot_account_id
from dialogs import phrases
from dialogs.menu import main_menu
from handoff.elsewhere import answered as answered_elsewhere
from media.addresses import Rules
from media.fetching import Fetcher
from okno.errors import WrongSetting
from okno.services import Services
from replies import escape, render

# A community's limit is 20 calls a second; a few are left for names and uploads.
VK_PER_SECOND = 15
# MAX: 30 calls a second, two messages a second to a dialog. Viber publishes no limit.
MAX_PER_SECOND, MAX_CHAT_SECONDS = 25, 0.5
VIBER_PER_SECOND = 50
# These have no polling: without OKNO_PUBLIC_URL nothing of a customer's would arrive.
WEBHOOK_ONLY = {"viber", "ok"}
DAY, FIVE_MINUTES = 86_400.0, 300.0
# Viber and MAX fetch files by a link for as long as they try to deliver.
FILE_LINK = timedelta(days=14)

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Channel:
    """One bot account: its way out, its routes, and the loop that polls or keeps its webhook."""

    name: str
    account_id: int
    sender: Sender
    routes: APIRouter | None = None
    poll: Callable[[asyncio.Event], Coroutine[Any, Any, None]] | None = None
    close: Callable[[], Awaitable[None]] = _nothing
    # Where customers' files lie; None where they come with the message.
    files: FileSource | None = None

    def delivery(self, services: Services) -> DeliveryLoop:
        return DeliveryLoop(
            services.database,
            services.events,
            services.signals,
            self.sender,
            account_id=self.account_id,
            holder=services.holder,
        )

    def typing(self, services: Services, delivery: DeliveryLoop) -> TypingRelay:
        return TypingRelay(
            services.signals,
            services.database.clock,
            self.sender,
            account_id=self.account_id,
            leads=lambda: delivery.leads,
        )


async def open_channels(services: Services) -> list[Channel]:
    _check_rules(services, "web")
    channels = [await _web(services)]
    settings = services.settings
    for name, configured, connect in (
        ("telegram", settings.telegram_token, _telegram),
        ("vk", settings.vk_token, _vk),
        ("viber", settings.viber_token, _viber),
        ("max", settings.max_token, _max),
        ("ok", settings.ok_token, _ok),
    ):
        if configured is None:
            continue
        _check_rules(services, name)
        if settings.public_url is None and name in WEBHOOK_ONLY:
            log.error("okno.channel_needs_public_url", channel=name)
            continue
        channels.append(await connect(services))
    return channels


def fetching(services: Services, channels: Collection[Channel]) -> Fetching:
    """Customers' files of all these channels."""
    sources = {channel.account_id: channel.files for channel in channels if channel.files}
    return Fetching(services.database, services.events, services.signals, services.media, sources)


def _files(
    services: Services, channel: str, api_url: str, locate: Locate = told_link,
    trust: ssl.SSLContext | None = None,
) -> FileSource:  # fmt: skip
    hosts = services.profile.attachments.hosts.get(channel, ())
    return FileSource(channel, Fetcher(Rules(hosts, api_url), trust=trust), locate)


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
    from bots.telegram import files, polling, sender, webhook

    settings = services.settings
    account = await bot_account_id(services.database, "telegram")
    token = _given(settings.telegram_token).get_secret_value()
    bot = sender.make_bot(token, settings.telegram_api_url)
    sent = _files(services, "telegram", settings.telegram_api_url, files.locator(bot))
    outgoing = sender.TelegramSender(bot, services.media, per_second=settings.telegram_per_second)
    if settings.public_url is None:
        poller = polling.TelegramPolling(
            services.database, services.intake, bot, account_id=account, holder=services.holder
        )
        return Channel(
            "telegram", account, outgoing, poll=poller.run, close=bot.session.close, files=sent
        )
    secret = _given(settings.telegram_webhook_secret).get_secret_value()
    public_url = settings.public_url
    keeper = _registration(
        services, "telegram", account, lambda: webhook.register(bot, public_url, secret), DAY
    )
    routes = webhook.router(services.intake, account_id=account, secret=secret)
    return Channel(
        "telegram", account, outgoing, routes=routes, poll=keeper.run, close=bot.session.close,
        files=sent,
    )  # fmt: skip


async def _vk(services: Services) -> Channel:
    from bots.vk import api as vk_api
    from bots.vk import names, polling, receiving, seen, sender, staff_replies, webhook

    settings = services.settings
    token, group_id = _given(settings.vk_token), _given(settings.vk_group_id)
    account = await bot_account_id(services.database, "vk")
    api = vk_api.VkApi(token.get_secret_value(), settings.vk_api_url)
    people = names.Names(services.database, api, account)
    outgoing = sender.VkSender(api, services.media, Pace(VK_PER_SECOND))
    sent = _files(services, "vk", settings.vk_api_url)
    replies = staff_replies.StaffReplies(
        services.database, services.events,
        partial(answered_elsewhere, services.handoff, services.events), account,
    )  # fmt: skip
    marks = seen.Seen(api)
    receiver = receiving.Receiver(
        services.intake, people, replies, marks, _reports(services, account), account_id=account
    )
    beside = _together(people.run, marks.run)
    if settings.public_url is None:
        poller = polling.VkPolling(
            services.database, receiver, api,
            account_id=account, group_id=group_id, holder=services.holder,
        )  # fmt: skip
        loops = _together(poller.run, beside)
        return Channel("vk", account, outgoing, poll=loops, close=api.close, files=sent)
    routes = webhook.router(
        receiver, group_id=group_id,
        secret=_given(settings.vk_secret).get_secret_value(),
        confirmation=_given(settings.vk_confirmation),
    )  # fmt: skip
    return Channel("vk", account, outgoing, routes=routes, poll=beside, close=api.close, files=sent)


async def _viber(services: Services) -> Channel:
    from bots.viber import sender, webhook

    settings = services.settings
    token, public_url = _given(settings.viber_token).get_secret_value(), _given(settings.public_url)
    account = await bot_account_id(services.database, "viber")
    api = sender.ViberApi(token, settings.viber_api_url)
    company = services.profile.company.short_name
    name = settings.viber_name or company[:28]
    links = services.links()

    def file_url(digest: str, file_name: str) -> str:
        return public_url + links.path(digest, file_name, lifetime=FILE_LINK)

    (welcome,) = render(main_menu(phrases.GREETING.format(company=escape(company))), "viber")
    keeper = _registration(
        services, "viber", account, lambda: webhook.register(api, public_url), DAY
    )
    return Channel(
        "viber",
        account,
        sender.ViberSender(
            api, services.media, Pace(VIBER_PER_SECOND), name=name, file_url=file_url
        ),
        routes=webhook.router(
            services.intake, _reports(services, account),
            account_id=account, token=token, name=name, welcome=welcome,
        ),
        poll=keeper.run,
        close=api.close,
        files=_files(services, "viber", settings.viber_api_url),
    )  # fmt: skip


async def _max(services: Services) -> Channel:
    from bots.max import api as max_api
    from bots.max import polling, sender, webhook

    settings = services.settings
    token, public_url = _given(settings.max_token).get_secret_value(), settings.public_url
    account = await bot_account_id(services.database, "max")
    api = max_api.MaxApi(token, settings.max_api_url, settings.max_ca_file)
    outgoing = sender.MaxSender(api, services.media, Pace(MAX_PER_SECOND, MAX_CHAT_SECONDS))
    sent = _files(
        services, "max", settings.max_api_url, trust=max_api.trusted(settings.max_ca_file)
    )
    if public_url is None:
        poller = polling.MaxPolling(
            services.database, services.intake, api, token,
            account_id=account, holder=services.holder,
        )  # fmt: skip
        return Channel("max", account, outgoing, poll=poller.run, close=api.close, files=sent)
    secret = _given(settings.max_secret).get_secret_value()
    keeper = _registration(
        services, "max", account,
        lambda: webhook.keep_subscribed(api, public_url, secret), FIVE_MINUTES,
    )  # fmt: skip
    routes = webhook.router(services.intake, account_id=account, token=token, secret=secret)
    return Channel(
        "max", account, outgoing, routes=routes, poll=keeper.run, close=api.close, files=sent
    )


async def _ok(services: Services) -> Channel:
    from bots.ok import sender, webhook

    settings = services.settings
    public_url = _given(settings.public_url)
    secret = _given(settings.ok_path_secret).get_secret_value()
    account = await bot_account_id(services.database, "ok")
    api = sender.OkApi(_given(settings.ok_token).get_secret_value(), settings.ok_api_url)
    pace = Pace(settings.ok_per_second, settings.ok_chat_seconds)
    keeper = _registration(
        services, "ok", account, lambda: webhook.keep_subscribed(api, public_url, secret), DAY
    )
    return Channel(
        "ok",
        account,
        sender.OkSender(api, services.media, pace),
        routes=webhook.router(services.intake, account_id=account, secret=secret),
        poll=keeper.run,
        close=api.close,
        files=_files(services, "ok", settings.ok_api_url),
    )


def _reports(services: Services, account_id: int) -> Reports:
    return Reports(services.database, services.events, account_id)


def _registration(
    services: Services, channel: str, account_id: int,
    register: Callable[[], Awaitable[None]], period: float,
) -> Registration:  # fmt: skip
    return Registration(
        services.database, register, channel=channel, account_id=account_id,
        holder=services.holder, period=period,
    )  # fmt: skip
