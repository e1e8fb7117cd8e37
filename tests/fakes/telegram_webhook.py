"""Telegram's side of a webhook: one queue per chat, each update again until it is accepted."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable

import aiohttp

from tests.fakes.telegram_updates import Update, body_of, queue_of

# Telegram waits 0, 2, 4, 8 … seconds; a test has less time.
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
MAX_CONNECTIONS = 40
ANSWER_SECONDS = 60


class WebhookPusher:
    def __init__(self) -> None:
        self.confirmed: list[int] = []
        self.refusals: list[tuple[int, int]] = []
        self._url = ""
        self._secret = ""
        self._queues: dict[str, deque[Update]] = defaultdict(deque)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def waiting(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def use(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret

    def push(self, update: Update) -> None:
        name = queue_of(update)
        self._queues[name].append(update)
        if name not in self._tasks:
            self._tasks[name] = asyncio.create_task(self._deliver(name))

    def take_back(self) -> Iterable[Update]:
        """Stop; what was not confirmed."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks = {}
        left = [update for queue in self._queues.values() for update in queue]
        self._queues.clear()
        return left

    async def _deliver(self, name: str) -> None:
        queue = self._queues[name]
        pause = FIRST_PAUSE
        while queue:
            if await self._post(queue[0]):
                self.confirmed.append(queue.popleft()["update_id"])
                pause = FIRST_PAUSE
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        del self._tasks[name]

    async def _post(self, update: Update) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            )
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._secret
        try:
            async with self._session.post(
                self._url, data=body_of(update), headers=headers
            ) as response:
                if not 200 <= response.status < 300:
                    self.refusals.append((update["update_id"], response.status))
                    return False
                return True
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        self.take_back()
        if self._session is not None:
            await self._session.close()
