"""A platform's limits: so many a second for the bot, and a least distance in a chat."""

import asyncio

from aiolimiter import AsyncLimiter

_FORGET_ABOVE = 10_000


class Pace:
    """At most ``per_second`` calls of the bot in any second; ``chat_seconds`` between two calls
    to one chat."""

    def __init__(self, per_second: float, chat_seconds: float = 0.0) -> None:
        # A tenth may come at once, the rest evenly: no second whatever has more than the limit.
        burst = max(1.0, per_second / 10)
        evenly = max(per_second - burst, per_second / 2)
        self._limiter = AsyncLimiter(burst, burst / evenly)
        self._chat_seconds = chat_seconds
        self._free_at: dict[str, float] = {}

    async def wait(self, chat_id: str | None = None) -> None:
        """Return when the next call may begin: to the chat, or one that concerns no chat."""
        if chat_id is not None and self._chat_seconds:
            now = asyncio.get_running_loop().time()
            start = max(now, self._free_at.get(chat_id, now))
            self._free_at[chat_id] = start + self._chat_seconds
            if len(self._free_at) > _FORGET_ABOVE:
                self._free_at = {chat: at for chat, at in self._free_at.items() if at > now}
            if start > now:
                await asyncio.sleep(start - now)
        await self._limiter.acquire()
