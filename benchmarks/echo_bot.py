"""The yardstick: an aiogram bot that sends each text back and keeps nothing.

With a model it also understands the text, and does nothing with what it has understood.

    python benchmarks/echo_bot.py PORT API_URL TOKEN SECRET [MODEL]
"""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

sys.path[0] = str(Path(__file__).resolve().parent.parent)

PATH = "/webhooks/telegram"


async def echo(message: Message) -> None:
    await message.answer(message.text or "?")


def understanding_echo(model: Path) -> Callable[[Message], Awaitable[None]]:
    from threadpoolctl import threadpool_limits

    from nlu.embedded import load_engine

    engine = load_engine(model)
    engine.parse("сколько я должен", now=datetime.now().astimezone())
    threadpool_limits(limits=1, user_api="blas")  # as Okno does

    async def answer(message: Message) -> None:
        engine.parse(message.text or "?", now=datetime.now().astimezone())
        await echo(message)

    return answer


def main() -> None:
    port, api_url, token, secret, *model = sys.argv[1:]
    # The same event loop as Okno's: it is not what is compared.
    uvloop.install()
    session = AiohttpSession(api=TelegramAPIServer.from_base(api_url))
    bot = Bot(token, session=session)
    dispatcher = Dispatcher()
    dispatcher.message.register(understanding_echo(Path(model[0])) if model else echo)
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=secret).register(app, path=PATH)
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main()
