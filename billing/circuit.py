"""A circuit breaker: after failures in a row nobody waits for what does not answer anyway."""

import time
from collections.abc import Callable

FAILURES = 5
PAUSE_SECONDS = 15.0


class Circuit:
    """Closed until ``failures`` in a row; then open for ``pause`` seconds, after which one try is
    let through: it closes the circuit or opens it for another pause."""

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        pause: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._closed_at = 0.0

    def lets_through(self) -> bool:
        if self._failures < self._most:
            return True
        now = self._clock()
        if now < self._closed_at:
            return False
        self._closed_at = now + self._pause  # the others wait for how this try ends
        return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._most:
            self._closed_at = self._clock() + self._pause
