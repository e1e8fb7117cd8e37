"""The menu of commands beside the field where a customer writes. Source: Bot API, setMyCommands."""

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import BotCommand

log = structlog.get_logger(__name__)

COMMANDS = (
    ("menu", "Главное меню"),
    ("operator", "Позвать оператора"),
    ("help", "Что умеет бот"),
    ("start", "Начать сначала"),
)


async def show_commands(bot: Bot) -> None:
    """Without the menu everything works all the same: a refusal stops nothing."""
    commands = [BotCommand(command=name, description=words) for name, words in COMMANDS]
    try:
        await bot.set_my_commands(commands)
    except TelegramAPIError as error:
        log.warning("bots.commands_not_set", channel="telegram", error=type(error).__name__)
