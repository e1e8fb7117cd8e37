"""``okno doctor``: does each configured messenger know us, and does it reach us?"""

from collections.abc import AsyncIterator

import httpx

from bots.http_calls import NotUnderstood
from okno.findings import Finding
from okno.services import Services


async def channel_findings(services: Services) -> AsyncIterator[Finding]:
    for look in (_telegram, _vk, _viber, _max, _ok):
        async for finding in look(services):
            yield finding


async def _telegram(services: Services) -> AsyncIterator[Finding]:
    settings = services.settings
    if settings.telegram_token is None:
        yield Finding("Telegram is not configured (OKNO_TELEGRAM_TOKEN)")
        return
    from aiogram.exceptions import TelegramAPIError, TelegramUnauthorizedError

    from bots.telegram.sender import make_bot

    bot = make_bot(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    try:
        me = await bot.get_me(request_timeout=10)
        hook = await bot.get_webhook_info(request_timeout=10)
    except TelegramUnauthorizedError:
        yield Finding("Telegram refuses the token", "take a new one from @BotFather")
        return
    except TelegramAPIError as error:
        yield Finding(
            f"Telegram does not answer ({type(error).__name__})",
            "check the network and OKNO_TELEGRAM_API_URL",
        )
        return
    finally:
        await bot.session.close()
    yield Finding(f"Telegram: @{me.username}")
    if settings.public_url is None and hook.url:
        yield Finding(
            "Telegram has a webhook, but OKNO_PUBLIC_URL is not set",
            "nothing to do: it is removed at the next start, waiting updates are kept",
        )
    if hook.last_error_message and settings.public_url is not None:
        yield Finding(
            f"Telegram could not reach the webhook: {hook.last_error_message}",
            "check OKNO_PUBLIC_URL, the certificate and the proxy",
        )


async def _vk(services: Services) -> AsyncIterator[Finding]:
    settings = services.settings
    if settings.vk_token is None:
        yield Finding("VK is not configured (OKNO_VK_TOKEN)")
        return
    from aiohttp import ClientError

    from bots.vk.api import NotUnderstood, VkApi, VkError

    api = VkApi(settings.vk_token.get_secret_value(), settings.vk_api_url)
    try:
        found = await api.call("groups.getById", group_id=settings.vk_group_id)
        poll = await api.call("groups.getLongPollSettings", group_id=settings.vk_group_id)
    except VkError as error:
        yield Finding(
            f"VK refuses the community's key (error {error.code})",
            "make a new key with the rights to messages, photos, documents and management "
            "of the community; check OKNO_VK_GROUP_ID",
        )
        return
    except (NotUnderstood, ClientError, TimeoutError) as error:
        yield Finding(
            f"VK does not answer ({type(error).__name__})",
            "check the network and OKNO_VK_API_URL",
        )
        return
    finally:
        await api.close()
    yield Finding(f"VK: community «{found['groups'][0]['name']}»")
    if settings.public_url is not None:
        return
    if not poll.get("is_enabled"):
        yield Finding(
            "VK: Long Poll API is switched off",
            "switch it on in the community's settings, «Работа с API», «Long Poll API»",
        )
        return
    wanted = ("message_new", "message_event", "message_edit", "message_allow", "message_deny")
    off = [name for name in wanted if not (poll.get("events") or {}).get(name)]
    if off:
        yield Finding(
            f"VK does not send: {', '.join(off)}",
            "tick them in the community's settings, «Long Poll API», «Типы событий»",
        )


async def _viber(services: Services) -> AsyncIterator[Finding]:
    settings = services.settings
    if settings.viber_token is None:
        yield Finding("Viber is not configured (OKNO_VIBER_TOKEN)")
        return
    if settings.public_url is None:
        yield _needs_address("Viber")
        return
    from bots.viber.sender import ViberApi
    from bots.viber.webhook import PATH

    api = ViberApi(settings.viber_token.get_secret_value(), settings.viber_api_url)
    try:
        found = (await api.call("get_account_info", {})).body
    except (httpx.HTTPError, NotUnderstood) as error:
        yield _silent("Viber", error, "OKNO_VIBER_API_URL")
        return
    finally:
        await api.close()
    if found.get("status") != 0:
        yield Finding(
            f"Viber refuses the token (status {found.get('status')})",
            "take it anew from the bot's settings in Viber",
        )
        return
    yield Finding(f"Viber: {found.get('name', '')}")
    if found.get("webhook") != settings.public_url + PATH:
        yield Finding(
            "Viber does not know our webhook",
            "start okno: it tells Viber by itself; is OKNO_PUBLIC_URL reachable from outside, "
            "with a certificate that everybody trusts?",
        )


async def _max(services: Services) -> AsyncIterator[Finding]:
    settings = services.settings
    if settings.max_token is None:
        yield Finding("MAX is not configured (OKNO_MAX_TOKEN)")
        return
    from bots.max.api import MaxApi, MaxError
    from bots.max.webhook import PATH

    token = settings.max_token.get_secret_value()
    api = MaxApi(token, settings.max_api_url, settings.max_ca_file)
    try:
        me = await api.call("GET", "/me")
        found = await api.call("GET", "/subscriptions")
    except MaxError as error:
        yield Finding(f"MAX refuses the token ({error})", "take it anew from the bot's settings")
        return
    except (httpx.HTTPError, NotUnderstood) as error:
        yield _silent("MAX", error, "OKNO_MAX_API_URL and OKNO_MAX_CA_FILE")
        return
    finally:
        await api.close()
    yield Finding(f"MAX: {me.get('first_name', '')}")
    urls = [subscription.get("url") for subscription in found.get("subscriptions") or ()]
    if settings.public_url is not None and settings.public_url + PATH not in urls:
        yield Finding(
            "MAX does not know our webhook",
            "start okno: it subscribes by itself; MAX wants port 443 and a trusted certificate",
        )


async def _ok(services: Services) -> AsyncIterator[Finding]:
    settings = services.settings
    if settings.ok_token is None:
        yield Finding("Odnoklassniki are not configured (OKNO_OK_TOKEN)")
        return
    if settings.public_url is None:
        yield _needs_address("Odnoklassniki")
        return
    from bots.ok.sender import OkApi

    api = OkApi(settings.ok_token.get_secret_value(), settings.ok_api_url)
    try:
        found = (await api.call("GET", "me/info")).body
    except (httpx.HTTPError, NotUnderstood) as error:
        yield _silent("Odnoklassniki", error, "OKNO_OK_API_URL")
        return
    finally:
        await api.close()
    if "error_code" in found:
        yield Finding(
            f"Odnoklassniki refuse the key (error {found['error_code']})",
            "make a new one in the group's settings, «Работа с API»",
        )
        return
    yield Finding(f"Odnoklassniki: {found.get('name', '')}")


def _needs_address(name: str) -> Finding:
    return Finding(
        f"{name}: OKNO_PUBLIC_URL is not set, and there is no polling: the channel is off",
        "set OKNO_PUBLIC_URL to the https address at which the internet reaches this server",
    )


def _silent(name: str, error: Exception, settings: str) -> Finding:
    return Finding(
        f"{name} does not answer ({type(error).__name__})", f"check the network and {settings}"
    )
