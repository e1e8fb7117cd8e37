"""What goes out to Telegram, and what its answers mean. Source: Bot API, «Making requests»."""

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from aiolimiter import AsyncLimiter

from bots.outcome import (
    AccountBroken,
    Outcome,
    Parcel,
    Rejected,
    Sent,
    SlowDown,
    TryAgain,
    Unknown,
)
from conversations.models import DeliveryKind
from replies import Button, Part
from replies.channels import Markup

REQUEST_SECONDS = 20
# «About 30 messages a second»: unpublished, so a setting with a careful default.
MESSAGES_PER_SECOND = 28


def make_bot(token: str, api_url: str) -> Bot:
    session = AiohttpSession(api=TelegramAPIServer.from_base(api_url))
    return Bot(token, session=session, default=DefaultBotProperties(link_preview_is_disabled=True))


class TelegramSender:
    channel = "telegram"
    by_page = False
    idempotent = False

    def __init__(self, bot: Bot, *, per_second: float = MESSAGES_PER_SECOND) -> None:
        self._bot = bot
        self._limiter = AsyncLimiter(per_second, 1)

    async def send(self, parcel: Parcel) -> Outcome:
        try:
            async with self._limiter:
                return await self._call(parcel)
        except TelegramRetryAfter as error:
            return SlowDown(error.retry_after)
        except (TelegramUnauthorizedError, TelegramConflictError) as error:
            return AccountBroken(type(error).__name__)
        except TelegramForbiddenError:
            return Rejected("blocked by the customer", unreachable=True)
        except TelegramBadRequest as error:
            gone = "chat not found" in error.message
            return Rejected(error.message, unreachable=gone)
        except TelegramServerError as error:
            return TryAgain(type(error).__name__)
        except (TelegramNetworkError, ClientDecodeError) as error:
            return Unknown(type(error).__name__)
        except TelegramAPIError as error:
            return Rejected(type(error).__name__)

    async def _call(self, parcel: Parcel) -> Outcome:
        if parcel.kind == DeliveryKind.PRESS_ANSWER:
            return await self._answer_press(parcel.payload["press_id"])
        if parcel.kind == DeliveryKind.TYPING:
            await self._bot.send_chat_action(
                parcel.chat_id, "typing", request_timeout=REQUEST_SECONDS
            )
            return Sent()
        part = Part.from_json(parcel.payload)
        message = await self._bot.send_message(
            parcel.chat_id,
            part.text,
            parse_mode="HTML" if part.markup is Markup.TELEGRAM_HTML else None,
            reply_markup=_keyboard(part.rows),
            request_timeout=REQUEST_SECONDS,
        )
        return Sent(str(message.message_id))

    async def _answer_press(self, press_id: str) -> Outcome:
        try:
            await self._bot.answer_callback_query(press_id, request_timeout=REQUEST_SECONDS)
        except TelegramBadRequest as error:
            # «query is too old»: the button stopped spinning by itself.
            return Rejected(error.message)
        return Sent()


def _keyboard(rows: list[list[Button]]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [
                InlineKeyboardButton(text=button.label, url=button.url)
                if button.url
                else InlineKeyboardButton(text=button.label, callback_data=button.action)
                for button in row
            ]
            for row in rows
        ]
    )
