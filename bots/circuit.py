"""Is it one message that fails, or the platform? Pure.

After several failures in a row nothing is sent for a while, then one message tries whether the
platform answers again; the pauses grow. What waits meanwhile is not counted as tried.
"""

from datetime import UTC, datetime, timedelta

from bots.outcome import AccountBroken, Outcome, TryAgain, Unknown

FAILURES = 5
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=1)
BROKEN_PAUSE = timedelta(seconds=30)


class Circuit:
    """``failing_since`` is set while the platform does not answer, or refuses the bot itself."""

    def __init__(self, failing_since: datetime | None = None) -> None:
        self.failing_since = failing_since
        self._in_a_row = 0
        self._first_failure: datetime | None = None
        self._pause = FIRST_PAUSE
        self._closed_until = datetime.min.replace(tzinfo=UTC)

    def room(self, now: datetime, wanted: int) -> int:
        """How many messages may be on their way at ``now``."""
        if self.failing_since is None:
            return wanted
        return min(wanted, 1) if now >= self._closed_until else 0

    def note(self, outcome: Outcome, now: datetime) -> None:
        broken = isinstance(outcome, AccountBroken)
        if not broken and not isinstance(outcome, TryAgain | Unknown):
            self._in_a_row = 0
            self._first_failure = self.failing_since = None
            self._pause = FIRST_PAUSE
            return
        if self.failing_since is not None and now < self._closed_until:
            return  # begun before it was closed: of one trouble, however many were on their way
        self._in_a_row += 1
        self._first_failure = self._first_failure or now
        if broken or self._in_a_row >= FAILURES or self.failing_since is not None:
            self.failing_since = self.failing_since or self._first_failure
            pause = BROKEN_PAUSE if broken else self._pause
            self._closed_until = now + pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
