"""Telegram's webhook: 200 only after the update is stored, else Telegram sends it again."""

import secrets

import structlog
from aiogram import Bot
from aiogram.types import Update
from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from bots.intake import Intake
from bots.telegram.incoming import parse_update
from bots.telegram.polling import ALLOWED_UPDATES
from storage.outage import is_outage

log = structlog.get_logger(__name__)

PATH = "/webhooks/telegram"
MAX_BODY = 1_000_000


def router(intake: Intake, *, account_id: int, secret: str) -> APIRouter:
    """``secret``: what Telegram must show in its header; never empty."""
    expected = secret.encode()
    routes = APIRouter()

    @routes.post(PATH)
    async def receive(request: Request) -> Response:
        shown = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not secrets.compare_digest(shown.encode(), expected):
            return Response(status_code=401)
        if int(request.headers.get("content-length") or 0) > MAX_BODY:
            return Response(status_code=413)
        body = await request.body()
        try:
            update = Update.model_validate_json(body)
        except ValidationError:
            # Telegram would repeat it for a day, and it would never be readable.
            log.warning("bots.unreadable_update", channel="telegram")
            return Response(status_code=400)
        incoming = parse_update(update, account_id)
        if incoming is not None:
            try:
                await intake.accept(incoming, body)
            except Exception as error:
                if not is_outage(error):
                    raise
                return Response(status_code=503)
        return Response(status_code=200)

    return routes


async def register(bot: Bot, public_url: str, secret: str) -> None:
    await bot.set_webhook(
        public_url.rstrip("/") + PATH, secret_token=secret, allowed_updates=ALLOWED_UPDATES
    )
