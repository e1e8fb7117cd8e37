"""``okno doctor``: does each configured messenger know us, and does it reach us?

A messenger's own part asks and tells what it found; what all have in common stands in
``channel_findings``. The clients are imported only where a messenger is configured.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import httpx
from pydantic import SecretStr

from bots.http_calls import NotUnderstood
from okno.bot_settings import MAIN, Bot, with_name
from okno.findings import Finding
from okno.services import Services


class _Refused(Exception):
    """The messenger does not know us: what it says, and what mends it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.finding = Finding(what, mend)


class _Silent(Exception):
    """Nothing that could be understood came back; the cause says more."""


@dataclass(frozen=True, slots=True)
class _Messenger:
    """``look`` raises _Refused, _Silent; ``polls``: it can do without our public address.
    ``address``: the settings that say where it is."""

    channel: str
    name: str
    look: Callable[[Bot, str], Awaitable[list[Finding]]]
    address: str
    polls: bool = True


async def channel_findings(services: Services) -> AsyncIterator[Finding]:
    settings = services.settings
    for messenger in _MESSENGERS:
        bots = settings.bots(messenger.channel)
        if not bots:
            variable = f"OKNO_{messenger.channel.upper()}_TOKEN"
            yield Finding(f"{messenger.name} is not configured ({variable})")
        elif settings.public_url is None and not messenger.polls:
            yield Finding(
                f"{messenger.name}: OKNO_PUBLIC_URL is not set, and there is no polling: "
                "the channel is off",
                "set OKNO_PUBLIC_URL to the https address at which the internet reaches this "
                "server",
            )
        else:
            for bot in bots:
                for finding in await _looked(messenger, bot):
                    yield finding


async def _looked(messenger: _Messenger, bot: Bot) -> list[Finding]:
    token: SecretStr = getattr(bot.settings, f"{messenger.channel}_token")
    try:
        found = await messenger.look(bot, token.get_secret_value())
    except _Refused as refused:
        found = [refused.finding]
    except _Silent as silent:
        why = type(silent.__cause__).__name__
        found = [
            Finding(
                f"{messenger.name} does not answer ({why})",
                f"check the network, {messenger.address}, OKNO_{messenger.channel.upper()}_PROXY "
                f"and OKNO_{messenger.channel.upper()}_CA_FILE",
            )
        ]
    if bot.name == MAIN:
        return found
    return [Finding(f"«{bot.name}»: {one.what}", with_name(one.mend, bot)) for one in found]


async def _telegram(bot: Bot, token: str) -> list[Finding]:
    settings = bot.settings
    from bots.telegram.sender import make_bot
    from aiogram.exceptions import TelegramAPIError, TelegramUnauthorizedError  # isort: skip

    client = make_bot(token, settings.telegram_api_url, bot.way)
    try:
        me = await client.get_me(request_timeout=10)
        hook = await client.get_webhook_info(request_timeout=10)
    except TelegramUnauthorizedError as error:
        raise _Refused("Telegram refuses the token", "take a new one from @BotFather") from error
    except TelegramAPIError as error:
        raise _Silent from error
    finally:
        await client.session.close()
    found = [Finding(f"Telegram: @{me.username}")]
    if settings.public_url is None and hook.url:
        found.append(
            Finding(
                "Telegram has a webhook, but OKNO_PUBLIC_URL is not set",
                "nothing to do: it is removed at the next start, waiting updates are kept",
            )
        )
    if hook.last_error_message and settings.public_url is not None:
        found.append(
            Finding(
                f"Telegram could not reach the webhook: {hook.last_error_message}",
                "check OKNO_PUBLIC_URL, the certificate and the proxy",
            )
        )
    return found


async def _vk(bot: Bot, token: str) -> list[Finding]:
    settings = bot.settings
    from aiohttp import ClientError

    from bots.vk.api import NotUnderstood, VkApi, VkError

    api = VkApi(token, settings.vk_api_url, bot.way)
    try:
        found = await api.call("groups.getById", group_id=settings.vk_group_id)
        poll = await api.call("groups.getLongPollSettings", group_id=settings.vk_group_id)
        rights = await api.call("groups.getTokenPermissions")
    except VkError as error:
        raise _Refused(
            f"VK refuses the community's key (error {error.code})",
            "make a new key with the rights to messages, photos, documents and management "
            "of the community; check OKNO_VK_GROUP_ID",
        ) from error
    except (NotUnderstood, ClientError, TimeoutError) as error:
        raise _Silent from error
    finally:
        await api.close()
    community = Finding(f"VK: community «{found['groups'][0]['name']}»")
    given = {one.get("name") for one in rights.get("permissions") or ()}
    missing = [name for name in ("messages", "photos", "docs", "manage") if name not in given]
    known = [community]
    if missing:
        known.append(
            Finding(
                f"VK: the community's key has no right to: {', '.join(missing)}",
                "make a new key with the rights to messages, photos, documents and management of "
                "the community",
            )
        )
    if settings.public_url is not None:
        return known
    if not poll.get("is_enabled"):
        return [
            *known,
            Finding(
                "VK: Long Poll API is switched off",
                "switch it on in the community's settings, «Работа с API», «Long Poll API»",
            ),
        ]
    wanted = (
        "message_new", "message_reply", "message_event", "message_edit", "message_allow",
        "message_deny", "message_read",
    )  # fmt: skip
    off = [name for name in wanted if not (poll.get("events") or {}).get(name)]
    if not off:
        return known
    return [
        *known,
        Finding(
            f"VK does not send: {', '.join(off)}",
            "tick them in the community's settings, «Long Poll API», «Типы событий»",
        ),
    ]


async def _viber(bot: Bot, token: str) -> list[Finding]:
    settings = bot.settings
    from bots.viber.sender import ViberApi
    from bots.viber.webhook import PATH

    async with _asked(ViberApi(token, settings.viber_api_url, bot.way)) as api:
        found = (await api.call("get_account_info", {})).body
    if found.get("status") != 0:
        raise _Refused(
            f"Viber refuses the token (status {found.get('status')})",
            "take it anew from the bot's settings in Viber",
        )
    known = Finding(f"Viber: {found.get('name', '')}")
    if found.get("webhook") == f"{settings.public_url}{bot.path(PATH)}":
        return [known]
    return [
        known,
        Finding(
            "Viber does not know our webhook",
            "start okno: it tells Viber by itself; is OKNO_PUBLIC_URL reachable from outside, "
            "with a certificate that everybody trusts?",
        ),
    ]


async def _max(bot: Bot, token: str) -> list[Finding]:
    settings = bot.settings
    from bots.max.api import MaxApi, MaxError
    from bots.max.webhook import PATH

    async with _asked(MaxApi(token, settings.max_api_url, bot.way)) as api:
        try:
            me = await api.call("GET", "/me")
            found = await api.call("GET", "/subscriptions")
        except MaxError as error:
            raise _Refused(
                f"MAX refuses the token ({error})", "take it anew from the bot's settings"
            ) from error
    known = Finding(f"MAX: {me.get('first_name', '')}")
    urls = [subscription.get("url") for subscription in found.get("subscriptions") or ()]
    if settings.public_url is None or settings.public_url + bot.path(PATH) in urls:
        return [known]
    return [
        known,
        Finding(
            "MAX does not know our webhook",
            "start okno: it subscribes by itself; MAX wants port 443 and a trusted certificate",
        ),
    ]


async def _ok(bot: Bot, token: str) -> list[Finding]:
    settings = bot.settings
    from bots.ok.sender import OkApi

    async with _asked(OkApi(token, settings.ok_api_url, bot.way)) as api:
        found = (await api.call("GET", "me/info")).body
    if "error_code" in found:
        raise _Refused(
            f"Odnoklassniki refuse the key (error {found['error_code']})",
            "make a new one in the group's settings, «Работа с API»",
        )
    return [Finding(f"Odnoklassniki: {found.get('name', '')}")]


class _Closable(Protocol):
    async def close(self) -> None: ...


_Api = TypeVar("_Api", bound=_Closable)


@asynccontextmanager
async def _asked(api: _Api) -> AsyncIterator[_Api]:
    """``api``, closed afterwards; raises _Silent where nobody answers, or not in JSON."""
    try:
        yield api
    except (httpx.HTTPError, NotUnderstood) as error:
        raise _Silent from error
    finally:
        await api.close()


_MESSENGERS = (
    _Messenger("telegram", "Telegram", _telegram, "OKNO_TELEGRAM_API_URL"),
    _Messenger("vk", "VK", _vk, "OKNO_VK_API_URL"),
    _Messenger("viber", "Viber", _viber, "OKNO_VIBER_API_URL", polls=False),
    _Messenger("max", "MAX", _max, "OKNO_MAX_API_URL"),
    _Messenger("ok", "Odnoklassniki", _ok, "OKNO_OK_API_URL", polls=False),
)
