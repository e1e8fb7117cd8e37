"""A platform's limit of pace: so many in any second, to one chat so long apart."""

import time
from collections import defaultdict, deque


class Rate:
    """What is over the limit is refused and counted in ``broken``; without a limit nothing is.

    Times are of arrival, by the server's own clock.
    """

    def __init__(self, per_second: int | None = None, chat_seconds: float = 0.0) -> None:
        self.per_second = per_second
        self.chat_seconds = chat_seconds
        self.broken = 0
        self._last: deque[float] = deque()
        self._chats: defaultdict[str, float] = defaultdict(lambda: float("-inf"))

    def over(self, chat: str | None = None) -> bool:
        now = time.monotonic()
        while self._last and self._last[0] <= now - 1:
            self._last.popleft()
        many = self.per_second is not None and len(self._last) >= self.per_second
        soon = chat is not None and now - self._chats[chat] < self.chat_seconds
        if many or soon:
            self.broken += 1
            return True
        self._last.append(now)
        if chat is not None:
            self._chats[chat] = now
        return False
