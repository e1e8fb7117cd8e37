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
from bots.plainly import FileUrl
from bots.registration import Registration
from bots.reports import Reports
from bots.token_check import TokenCheck
from bots.typing import TypingRelay
from conversations.service import bot_account_id
from dialogs import phrases
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.menu import main_menu
from handoff.elsewhere import answered as answered_elsewhere
from media.addresses import Rules
from media.fetching import Fetcher
from okno.bot_settings import Bot
from okno.errors import WrongSetting
from okno.services import Services
from replies import escape, render

# A community's limit is 20 calls a second; a few are left for names and uploads.
VK_PER_SECOND = 15
# MAX: 30 calls a second, two messages a second to a dialog. Viber publishes no limit.
MAX_PER_SECOND, MAX_CHAT_SECONDS = 25, 0.5
VIBER_PER_SECOND = 60
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
    """One bot account: its way out, its routes, and the loop that polls or keeps its webhook.

    ``name``: the messenger's, with the bot's name where it is not the first.
    """

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
    for name, connect in (
        ("telegram", _telegram), ("vk", _vk), ("viber", _viber), ("max", _max), ("ok", _ok),
    ):  # fmt: skip
        bots = settings.bots(name)
        if not bots:
            continue
        _check_rules(services, name)
        if settings.public_url is None and name in WEBHOOK_ONLY:
            log.error("okno.channel_needs_public_url", channel=name)
            continue
        channels += [await connect(services, bot) for bot in bots]
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


async def _telegram(services: Services, bot: Bot) -> Channel:
    from bots.telegram import files, polling, sender, webhook

    settings = bot.settings
    account = await bot_account_id(services.database, "telegram", bot.name)
    token = _given(settings.telegram_token).get_secret_value()
    client = sender.make_bot(token, settings.telegram_api_url, bot.way)
    check = _token_check(services, "telegram", account, lambda: sender.knows_us(client))
    sent = _files(services, "telegram", settings.telegram_api_url, files.locator(client))
    outgoing = sender.TelegramSender(
        client, services.media, per_second=settings.telegram_per_second,
        file_url=_file_url(services, settings.public_url),
    )  # fmt: skip
    if settings.public_url is None:
        poller = polling.TelegramPolling(
            services.database, services.intake, client, account_id=account, holder=services.holder
        )
        loops = _together(poller.run, check)
        return Channel(
            bot.title, account, outgoing, poll=loops, close=client.session.close, files=sent
        )
    secret = _given(settings.telegram_webhook_secret).get_secret_value()
    public_url, path = settings.public_url, bot.path(webhook.PATH)
    keeper = _registration(
        services,
        "telegram",
        account,
        lambda: webhook.register(client, public_url, secret, path),
        DAY,
    )
    routes = webhook.router(services.intake, account_id=account, secret=secret, path=path)
    return Channel(
        bot.title, account, outgoing, routes=routes, poll=_together(keeper.run, check),
        close=client.session.close, files=sent,
    )  # fmt: skip


async def _vk(services: Services, bot: Bot) -> Channel:
    from bots.vk import api as vk_api
    from bots.vk import names, polling, receiving, seen, sender, staff_replies, webhook

    settings = bot.settings
    token, group_id = _given(settings.vk_token), _given(settings.vk_group_id)
    account = await bot_account_id(services.database, "vk", bot.name)
    api = vk_api.VkApi(token.get_secret_value(), settings.vk_api_url, bot.way)
    check = _token_check(services, "vk", account, lambda: api.knows_us(group_id))
    people = names.Names(services.database, api, account)
    outgoing = sender.VkSender(
        api, services.media, Pace(VK_PER_SECOND), standing=(MENU_BUTTON, OPERATOR_BUTTON),
        file_url=_file_url(services, settings.public_url),
    )  # fmt: skip
    sent = _files(services, "vk", settings.vk_api_url)
    replies = staff_replies.StaffReplies(
        services.database, services.events,
        partial(answered_elsewhere, services.handoff, services.events), account,
    )  # fmt: skip
    marks = seen.Seen(api)
    receiver = receiving.Receiver(
        services.intake, people, replies, marks, _reports(services, account), account_id=account
    )
    beside = _together(people.run, marks.run, check)
    if settings.public_url is None:
        poller = polling.VkPolling(
            services.database, receiver, api,
            account_id=account, group_id=group_id, holder=services.holder,
        )  # fmt: skip
        loops = _together(poller.run, beside)
        return Channel(bot.title, account, outgoing, poll=loops, close=api.close, files=sent)
    routes = webhook.router(
        receiver, group_id=group_id,
        secret=_given(settings.vk_secret).get_secret_value(),
        confirmation=_given(settings.vk_confirmation),
        path=bot.path(webhook.PATH),
    )  # fmt: skip
    return Channel(
        bot.title, account, outgoing, routes=routes, poll=beside, close=api.close, files=sent
    )


async def _viber(services: Services, bot: Bot) -> Channel:
    from bots.viber import sender, webhook

    settings = bot.settings
    token, public_url = _given(settings.viber_token).get_secret_value(), _given(settings.public_url)
    account = await bot_account_id(services.database, "viber", bot.name)
    api = sender.ViberApi(token, settings.viber_api_url, bot.way)
    check = _token_check(services, "viber", account, api.knows_us)
    company = services.profile.company.short_name
    name, path = settings.viber_name or company[:28], bot.path(webhook.PATH)
    file_url = _given(_file_url(services, public_url))
    (welcome,) = render(main_menu(phrases.GREETING.format(company=escape(company))), "viber")
    keeper = _registration(
        services, "viber", account, lambda: webhook.register(api, public_url, path), DAY
    )
    return Channel(
        bot.title,
        account,
        sender.ViberSender(
            api, services.media, Pace(VIBER_PER_SECOND), name=name, file_url=file_url
        ),
        routes=webhook.router(
            services.intake, _reports(services, account),
            account_id=account, token=token, name=name, welcome=welcome, path=path,
        ),
        poll=_together(keeper.run, check),
        close=api.close,
        files=_files(services, "viber", settings.viber_api_url),
    )  # fmt: skip


async def _max(services: Services, bot: Bot) -> Channel:
    from bots.max import api as max_api
    from bots.max import polling, sender, webhook

    settings = bot.settings
    token, public_url = _given(settings.max_token).get_secret_value(), settings.public_url
    account = await bot_account_id(services.database, "max", bot.name)
    api = max_api.MaxApi(token, settings.max_api_url, bot.way)
    check = _token_check(services, "max", account, api.knows_us)
    outgoing = sender.MaxSender(
        api, services.media, Pace(MAX_PER_SECOND, MAX_CHAT_SECONDS),
        _file_url(services, public_url),
    )  # fmt: skip
    sent = _files(services, "max", settings.max_api_url, trust=bot.way.trust())
    if public_url is None:
        poller = polling.MaxPolling(
            services.database, services.intake, api, token,
            account_id=account, holder=services.holder,
        )  # fmt: skip
        loops = _together(poller.run, check)
        return Channel(bot.title, account, outgoing, poll=loops, close=api.close, files=sent)
    secret, path = _given(settings.max_secret).get_secret_value(), bot.path(webhook.PATH)
    keeper = _registration(
        services, "max", account,
        lambda: webhook.keep_subscribed(api, public_url, secret, path), FIVE_MINUTES,
    )  # fmt: skip
    routes = webhook.router(
        services.intake, account_id=account, token=token, secret=secret, path=path
    )
    return Channel(
        bot.title, account, outgoing, routes=routes, poll=_together(keeper.run, check),
        close=api.close, files=sent,
    )  # fmt: skip


async def _ok(services: Services, bot: Bot) -> Channel:
    from bots.ok import sender, webhook

    settings = bot.settings
    public_url = _given(settings.public_url)
    secret, path = _given(settings.ok_path_secret).get_secret_value(), bot.path(webhook.PATH)
    account = await bot_account_id(services.database, "ok", bot.name)
    api = sender.OkApi(_given(settings.ok_token).get_secret_value(), settings.ok_api_url, bot.way)
    check = _token_check(services, "ok", account, api.knows_us)
    pace = Pace(settings.ok_per_second, settings.ok_chat_seconds)
    keeper = _registration(
        services, "ok", account, lambda: webhook.keep_subscribed(api, public_url, secret, path), DAY
    )
    return Channel(
        bot.title,
        account,
        sender.OkSender(api, services.media, pace, _file_url(services, public_url)),
        routes=webhook.router(services.intake, account_id=account, secret=secret, path=path),
        poll=_together(keeper.run, check),
        close=api.close,
        files=_files(services, "ok", settings.ok_api_url),
    )


def _file_url(services: Services, public_url: str | None) -> FileUrl | None:
    """Signed links to kept files, for platforms that fetch them and for files that are refused."""
    if public_url is None:
        return None
    links = services.links()
    return lambda digest, name: public_url + links.path(digest, name, lifetime=FILE_LINK)


def _reports(services: Services, account_id: int) -> Reports:
    return Reports(services.database, services.events, account_id)


def _token_check(
    services: Services, channel: str, account_id: int, knows_us: Callable[[], Awaitable[bool]]
) -> Loop:
    return TokenCheck(
        services.database, services.events, knows_us,
        channel=channel, account_id=account_id, holder=services.holder,
    ).run  # fmt: skip


def _registration(
    services: Services, channel: str, account_id: int,
    register: Callable[[], Awaitable[None]], period: float,
) -> Registration:  # fmt: skip
    return Registration(
        services.database, register, channel=channel, account_id=account_id,
        holder=services.holder, period=period,
    )  # fmt: skip
