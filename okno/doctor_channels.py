"""``okno doctor``: does each configured messenger know us, and does it reach us?"""

from collections.abc import AsyncIterator

from okno.findings import Finding
from okno.services import Services


async def channel_findings(services: Services) -> AsyncIterator[Finding]:
    for look in (_telegram, _vk):
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
