"""Bots Long Poll: ``ts`` of the next request confirms, so it moves only after the store.

vkbottle's own polling begins with a fresh ``ts``, and what came while the bot was down is lost:
hence a loop of our own with ``ts`` in the database. Source: dev.vk.com, bots-long-poll.
"""

import asyncio
from dataclasses import dataclass

import structlog
from aiohttp import ClientError

from bots.incoming import Malformed
from bots.leased import under_lease
from bots.position import position, save_position
from bots.vk.api import NotUnderstood, VkApi, VkError, pause
from bots.vk.receiving import Receiver
from storage.database import Database

log = structlog.get_logger(__name__)

POLL_SECONDS = 25


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    key: str
    ts: int


class VkPolling:
    def __init__(
        self, database: Database, receiver: Receiver, api: VkApi, *, account_id: int,
        group_id: int, holder: str,
    ) -> None:  # fmt: skip
        self._database = database
        self._receiver = receiver
        self._api = api
        self._account_id = account_id
        self._group_id = group_id
        self._holder = holder

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop; a request under way is abandoned, nothing of it is lost."""
        lease = f"poller:{self._account_id}"
        await under_lease(self._database, lease, self._holder, self._poll, stop)

    async def _poll(self) -> None:
        server: _Server | None = None
        ts: int | None = None
        while True:
            try:
                if server is None:
                    server = await self._find_server()
                    ts = await position(self._database, self._account_id)
                if ts is None:
                    ts = server.ts
                    await save_position(self._database, self._account_id, ts)
                answer = await self._api.poll(server.url, server.key, ts, POLL_SECONDS)
                match answer.get("failed"):
                    case None:
                        ts = await self._store(answer, ts)
                    case 1:
                        # Longer away than VK keeps events: what is gone is gone.
                        log.error("bots.events_lost", channel="vk")
                        ts = int(answer["ts"])
                        await save_position(self._database, self._account_id, ts)
                    case 3:
                        server = await self._find_server()
                        ts = server.ts
                        await save_position(self._database, self._account_id, ts)
                    case _:
                        server = None  # the key has run out
            except (VkError, NotUnderstood, ClientError, TimeoutError) as error:
                code = error.code if isinstance(error, VkError) else None
                log.warning("bots.poll_failed", channel="vk", error=type(error).__name__, code=code)
                server = None
                await pause()
            except Exception:
                log.exception("bots.poll_failed", channel="vk")
                server = None
                await pause()

    async def _find_server(self) -> _Server:
        found = await self._api.call("groups.getLongPollServer", group_id=self._group_id)
        return _Server(str(found["server"]), str(found["key"]), int(found["ts"]))

    async def _store(self, answer: dict[str, object], ts: int) -> int:
        """Store the batch, then its ``ts``: what is confirmed by the next request."""
        updates = answer.get("updates")
        if isinstance(updates, list):
            await asyncio.gather(*(self._event(event) for event in updates))
        new = int(str(answer["ts"]))
        if new != ts:
            await save_position(self._database, self._account_id, new)
        return new

    async def _event(self, event: object) -> None:
        try:
            await self._receiver.event(event)
        except Malformed:
            log.warning("bots.malformed_update", channel="vk")
