"""What goes out to Telegram, and what its answers mean. Source: Bot API, «Making requests»."""

from typing import Any

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
)
from aiohttp import ClientConnectorError, ClientSession

from bots.http_calls import DIRECT, Way
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
from bots.pace import Pace
from bots.plainly import FileUrl, in_words, with_plain_retry, without_tags
from conversations.models import DeliveryKind
from media.store import MediaStore
from replies import Button, File, FileKind, Part
from replies.channels import Markup

REQUEST_SECONDS = 20
UPLOAD_SECONDS = 60
_TEXT_UNITS = 4096  # of UTF-16, two bytes each
_CAPTION_UNITS = 1024


class _Session(AiohttpSession):
    """aiogram's proxies want a package of their own; aiohttp itself speaks to those of HTTP."""

    def __init__(self, way: Way, **rest: Any) -> None:
        super().__init__(**rest)
        self._by = way.proxy
        if way.ca_file is not None:
            self._connector_init["ssl"] = way.trust()

    async def create_session(self) -> ClientSession:
        if self._by is None:
            return await super().create_session()
        if self._session is None or self._session.closed:
            connector = self._connector_type(**self._connector_init)
            self._session = ClientSession(connector=connector, proxy=self._by)
        return self._session


def make_bot(token: str, api_url: str, way: Way = DIRECT) -> Bot:
    session = _Session(way, api=TelegramAPIServer.from_base(api_url))
    return Bot(token, session=session, default=DefaultBotProperties(link_preview_is_disabled=True))


async def knows_us(bot: Bot) -> bool:
    """Whether the token is good. Raises TelegramAPIError where Telegram does not say."""
    try:
        await bot.get_me(request_timeout=REQUEST_SECONDS)
    except (TelegramUnauthorizedError, TelegramNotFound):
        return False
    return True


class TelegramSender:
    channel = "telegram"
    by_page = False
    idempotent = False

    def __init__(
        self, bot: Bot, media: MediaStore, *, per_second: float = 28,
        file_url: FileUrl | None = None,
    ) -> None:  # fmt: skip
        """``per_second``: Telegram's limit of the account is «about 30», unpublished.
        ``file_url``: for files that are refused."""
        self._file_url = file_url
        self._bot = bot
        self._media = media
        self._pace = Pace(per_second)
        # Groups that have become supergroups: their former number and the present one.
        self._moved: dict[str, str] = {}

    async def send(self, parcel: Parcel) -> Outcome:
        return await with_plain_retry(parcel, self._pace, self._attempt, self._file_url)

    async def _attempt(self, parcel: Parcel, plain: bool) -> Outcome:
        try:
            return await self._call(parcel, plain=plain)
        except TelegramMigrateToChat as error:
            return await self._follow(parcel, str(error.migrate_to_chat_id), plain=plain)
        except TelegramRetryAfter as error:
            return SlowDown(error.retry_after)
        except (TelegramUnauthorizedError, TelegramConflictError, TelegramNotFound) as error:
            # 404 is Telegram's answer to a token of a wrong form.
            return AccountBroken(type(error).__name__)
        except TelegramForbiddenError:
            return Rejected("blocked by the customer", unreachable=True)
        except TelegramBadRequest as error:
            gone = "chat not found" in error.message
            return Rejected(error.message, unreachable=gone)
        except TelegramEntityTooLarge as error:
            return Rejected(type(error).__name__)
        except TelegramServerError as error:
            return TryAgain(type(error).__name__)
        except TelegramNetworkError as error:
            # Without a connection nothing was sent; past it nobody knows.
            refused = isinstance(error.__cause__, ClientConnectorError)
            return TryAgain("no connection") if refused else Unknown(type(error).__name__)
        except ClientDecodeError as error:
            return Unknown(type(error).__name__)
        except TelegramAPIError as error:
            return Rejected(type(error).__name__)

    async def _follow(self, parcel: Parcel, chat_id: str, *, plain: bool) -> Outcome:
        """A group has become a supergroup: Telegram tells its new number to whoever uses the old
        one (Bot API, ResponseParameters)."""
        if self._moved.get(parcel.chat_id) == chat_id:
            return Rejected("the group has moved in a circle")
        self._moved[parcel.chat_id] = chat_id
        return await self._attempt(parcel, plain)

    async def _call(self, parcel: Parcel, *, plain: bool) -> Outcome:
        if parcel.kind == DeliveryKind.PRESS_ANSWER:
            return await self._answer_press(parcel.payload["press_id"])
        if parcel.kind == DeliveryKind.TYPING:
            await self._bot.send_chat_action(
                parcel.chat_id, "typing", request_timeout=REQUEST_SECONDS
            )
            return Sent()
        part = Part.from_json(parcel.payload)
        chat_id = self._moved.get(parcel.chat_id, parcel.chat_id)
        if part.file is not None:
            message = await self._send_file(chat_id, part, part.file, plain=plain)
        else:
            message = await self._bot.send_message(
                chat_id,
                _plain(part, _TEXT_UNITS) if plain else part.text,
                parse_mode=_parse_mode(part.markup, plain),
                reply_markup=None if plain else _keyboard(part.rows),
                request_timeout=REQUEST_SECONDS,
            )
        return Sent(str(message.message_id))

    async def _send_file(self, chat_id: str, part: Part, file: File, *, plain: bool) -> Message:
        """``plain``: as a document, which no picture is refused as."""
        upload = BufferedInputFile(await self._media.read(file.key), file.name)
        caption = _plain(part, _CAPTION_UNITS) if plain else part.text
        send = (
            self._bot.send_photo
            if file.kind is FileKind.PICTURE and not plain
            else self._bot.send_document
        )
        return await send(
            chat_id,
            upload,
            caption=caption or None,
            parse_mode=_parse_mode(part.markup, plain),
            reply_markup=None if plain else _keyboard(part.rows),
            request_timeout=UPLOAD_SECONDS,
        )

    async def _answer_press(self, press_id: str) -> Outcome:
        try:
            await self._bot.answer_callback_query(press_id, request_timeout=REQUEST_SECONDS)
        except TelegramBadRequest as error:
            # «query is too old»: the button stopped spinning by itself.
            return Rejected(error.message)
        return Sent()


def _parse_mode(markup: Markup, plain: bool) -> str | None:
    return "HTML" if markup is Markup.TELEGRAM_HTML and not plain else None


def _plain(part: Part, units: int) -> str:
    words = without_tags(part.text) if part.markup is Markup.TELEGRAM_HTML else part.text
    plain = in_words(words, part.rows).encode("utf-16-le")
    return plain[: units * 2].decode("utf-16-le", errors="ignore")


def _keyboard(rows: list[list[Button]]) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    if not rows:
        return None
    if any(button.contact for row in rows for button in row):
        # Only this kind of keyboard can ask for the phone; its other buttons send their words,
        # and it goes away with the first press (Bot API, KeyboardButton).
        return ReplyKeyboardMarkup(
            keyboard=[
                [KeyboardButton(text=button.label, request_contact=button.contact or None)
                 for button in row]
                for row in rows
            ],
            resize_keyboard=True,
            one_time_keyboard=True,
        )  # fmt: skip
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
