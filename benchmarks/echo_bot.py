"""The yardstick: an aiogram bot that sends each text back and keeps nothing.

python benchmarks/echo_bot.py PORT API_URL TOKEN SECRET
"""

import sys

import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

PATH = "/webhooks/telegram"


async def echo(message: Message) -> None:
    await message.answer(message.text or "?")


def main() -> None:
    port, api_url, token, secret = sys.argv[1:]
    # The same event loop as Okno's: it is not what is compared.
    uvloop.install()
    session = AiohttpSession(api=TelegramAPIServer.from_base(api_url))
    bot = Bot(token, session=session)
    dispatcher = Dispatcher()
    dispatcher.message.register(echo)
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=secret).register(app, path=PATH)
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main()
