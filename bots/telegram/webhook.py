"""Telegram's webhook: 200 only after the update is stored, else Telegram sends it again."""

import secrets

from aiogram import Bot
from fastapi import APIRouter, Request, Response

from bots.intake import Intake
from bots.telegram.commands import show_commands
from bots.telegram.polling import ALLOWED_UPDATES
from bots.telegram.receiving import Receiver
from bots.webhooks import answer

PATH = "/webhooks/telegram"


def router(intake: Intake, *, account_id: int, secret: str, path: str = PATH) -> APIRouter:
    """``secret``: what Telegram must show in its header; never empty."""
    expected = secret.encode()
    receiver = Receiver(intake, account_id)
    routes = APIRouter()

    @routes.post(path)
    async def receive(request: Request) -> Response:
        shown = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not secrets.compare_digest(shown.encode(), expected):
            return Response(status_code=401)
        return await answer(request, "telegram", receiver.body)

    return routes


async def register(bot: Bot, public_url: str, secret: str, path: str = PATH) -> None:
    await bot.set_webhook(
        public_url.rstrip("/") + path, secret_token=secret, allowed_updates=ALLOWED_UPDATES
    )
    await show_commands(bot)
