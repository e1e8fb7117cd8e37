"""Long polling: the next offset is sent only after the batch is stored.

aiogram's own polling moves the offset before handlers end, so what was being handled at a crash
would be lost: hence a loop of our own over its ``get_updates``.
"""

import asyncio
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramConflictError, TelegramRetryAfter
from aiogram.methods import TelegramMethod

from bots.intake import Intake
from bots.leased import under_lease
from bots.telegram.commands import show_commands
from bots.telegram.receiving import Receiver
from storage.database import Database

log = structlog.get_logger(__name__)

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
POLL_SECONDS = 20
PAUSE_SECONDS = 3.0


class _RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates, but each update is read on its own: one that does not follow the Bot API
    would otherwise make the whole answer unreadable, again and again."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int
    allowed_updates: list[str]


class TelegramPolling:
    def __init__(
        self, database: Database, intake: Intake, bot: Bot, *, account_id: int, holder: str
    ) -> None:
        self._database = database
        self._receiver = Receiver(intake, account_id)
        self._bot = bot
        self._account_id = account_id
        self._holder = holder

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop; a request under way is abandoned, nothing of it is lost."""
        lease = f"poller:{self._account_id}"
        await under_lease(self._database, lease, self._holder, self._poll, stop)

    async def _poll(self) -> None:
        offset: int | None = None
        ready = False
        while True:
            try:
                if not ready:
                    # Polling and a webhook exclude each other; what waits there is kept.
                    await self._bot.delete_webhook(drop_pending_updates=False)
                    await show_commands(self._bot)
                    ready = True
                updates = await self._bot(
                    _RawUpdates(
                        offset=offset, timeout=POLL_SECONDS, allowed_updates=ALLOWED_UPDATES
                    ),
                    request_timeout=POLL_SECONDS + 10,
                )
                await asyncio.gather(*(self._receiver.value(update) for update in updates))
                if updates:
                    offset = updates[-1]["update_id"] + 1
            except TelegramRetryAfter as error:
                await asyncio.sleep(error.retry_after)
            except TelegramConflictError:
                # A webhook again, or a second poller: only the first can be mended from here.
                log.warning("bots.poll_conflict", channel="telegram")
                ready = False
                await asyncio.sleep(PAUSE_SECONDS)
            except TelegramAPIError as error:
                log.warning("bots.poll_failed", channel="telegram", error=type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:
                log.exception("bots.poll_failed", channel="telegram")
                await asyncio.sleep(PAUSE_SECONDS)
