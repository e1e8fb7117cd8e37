"""Who looks at a conversation and who types in it. A signal: nothing of it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.clock import Clock

# A page says anew every 20 seconds that it is still there.
VIEWING = timedelta(seconds=45)
TYPING = timedelta(seconds=8)


@dataclass(slots=True)
class _Seen:
    name: str
    viewing_until: datetime
    typing_until: datetime


@dataclass(frozen=True, slots=True)
class Someone:
    person_id: int
    name: str
    typing: bool


class Presence:
    """What this process knows; pages of other processes say it to theirs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[int, dict[int, _Seen]] = {}

    def note(self, handoff_id: int, person_id: int, name: str, *, typing: bool) -> bool:
        """Somebody has the conversation open; whether that is news to the others."""
        now = self._clock.now()
        self._forget(now)
        known = self._seen.setdefault(handoff_id, {})
        before = known.get(person_id)
        was_typing = before is not None and before.typing_until > now
        known[person_id] = _Seen(name, now + VIEWING, now + TYPING if typing else now)
        return before is None or was_typing != typing

    def leave(self, handoff_id: int, person_id: int) -> bool:
        return self._seen.get(handoff_id, {}).pop(person_id, None) is not None

    def others(self, handoff_id: int, person_id: int) -> Sequence[Someone]:
        now = self._clock.now()
        return [
            Someone(other, seen.name, seen.typing_until > now)
            for other, seen in self._seen.get(handoff_id, {}).items()
            if other != person_id and seen.viewing_until > now
        ]

    def _forget(self, now: datetime) -> None:
        for handoff_id in list(self._seen):
            kept = {
                person: seen
                for person, seen in self._seen[handoff_id].items()
                if seen.viewing_until > now
            }
            if kept:
                self._seen[handoff_id] = kept
            else:
                del self._seen[handoff_id]
