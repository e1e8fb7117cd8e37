"""Marks customers' messages as read, so that VK's own page does not count them as new.

In the background and at a slow pace: nothing depends on it, and the limit of calls is for answers.
"""

import asyncio

import structlog
from aiohttp import ClientError

from bots.stopping import until_stopped
from bots.vk.api import NotUnderstood, VkApi, VkError

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.5


class Seen:
    """``came`` takes note of a chat at once; ``run`` marks one after another."""

    def __init__(self, api: VkApi) -> None:
        self._api = api
        self._chats: dict[str, None] = {}
        self._any = asyncio.Event()

    def came(self, chat_id: str) -> None:
        self._chats[chat_id] = None
        self._any.set()

    async def run(self, stop: asyncio.Event) -> None:
        await until_stopped(stop, self._work())

    async def _work(self) -> None:
        while True:
            await self._any.wait()
            chat_id = next(iter(self._chats))
            del self._chats[chat_id]
            if not self._chats:
                self._any.clear()
            try:
                await self._api.call(
                    "messages.markAsRead", peer_id=int(chat_id), mark_conversation_as_read=1
                )
            except (VkError, NotUnderstood, ClientError, TimeoutError) as error:
                log.warning("bots.not_marked_as_read", channel="vk", error=type(error).__name__)
            except Exception:
                log.exception("bots.not_marked_as_read", channel="vk")
            await asyncio.sleep(PAUSE_SECONDS)
