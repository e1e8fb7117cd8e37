"""Where Telegram keeps a customer's file. Source: Bot API, «getFile».

The link holds the bot's token: it is made for each attempt anew and written down nowhere.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramNotFound,
)

from media.errors import NotAllowed, NotReached
from media.models import Problem

REQUEST_SECONDS = 20


def locator(bot: Bot) -> Callable[[Mapping[str, Any]], Awaitable[str]]:
    """From {"file_id"} to a link that lives for an hour. Raises NotAllowed, NotReached."""

    async def locate(source: Mapping[str, Any]) -> str:
        try:
            file = await bot.get_file(str(source["file_id"]), request_timeout=REQUEST_SECONDS)
        except TelegramBadRequest as error:
            too_large = "too big" in error.message
            raise NotAllowed(Problem.TOO_LARGE if too_large else Problem.GONE) from error
        except TelegramNotFound as error:
            raise NotAllowed(Problem.GONE) from error
        except (TelegramAPIError, ClientDecodeError) as error:
            raise NotReached(Problem.UNREACHABLE) from error
        if not file.file_path:
            raise NotAllowed(Problem.GONE)
        return bot.session.api.file_url(bot.token, file.file_path)

    return locate
