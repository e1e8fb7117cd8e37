"""Who looks at a conversation and who types in it. A signal: nothing of it is stored.

Each web process knows what its own pages say and hears what those of the others say.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.clock import Clock
from storage.signals import Signals

# A page says anew every 20 seconds that it is still there, and every 3 that one types.
VIEWING = timedelta(seconds=45)
TYPING = timedelta(seconds=8)
# Somebody who goes on typing is news again after so long: pages forget it by themselves.
STILL_TYPING = timedelta(seconds=5)
NAME = "presence"


@dataclass(slots=True)
class _Seen:
    name: str
    viewing_until: datetime
    typing_until: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Someone:
    person_id: int
    name: str
    typing: bool


@dataclass(frozen=True, slots=True)
class News:
    """What the pages should be told: ``gone``, or here and perhaps ``typing``."""

    handoff_id: int
    conversation_id: int
    person_id: int
    name: str
    typing: bool = False
    gone: bool = False

    def ids(self) -> dict[str, Any]:
        return {
            "handoff": self.handoff_id, "person": self.person_id, "name": self.name,
            "typing": self.typing, "gone": self.gone,
        }  # fmt: skip


class Presence:
    def __init__(self, clock: Clock, signals: Signals) -> None:
        self._clock = clock
        self._signals = signals
        self._seen: dict[tuple[int, int], dict[int, _Seen]] = {}
        signals.hear(NAME, self._heard)

    async def note(
        self, handoff_id: int, conversation_id: int, person_id: int, name: str, *, typing: bool
    ) -> Sequence[News]:
        """Somebody has the conversation open; what of it is news to the others."""
        now = self._clock.now()
        news = self._forget(now)
        before = self._seen.get((handoff_id, conversation_id), {}).get(person_id)
        was_typing = before is not None and before.typing_until > now
        still = typing and before is not None and now - before.told_at >= STILL_TYPING
        changed = before is None or was_typing != typing or still
        if changed:
            news.append(News(handoff_id, conversation_id, person_id, name, typing=typing))
        await self._tell(
            handoff=handoff_id, conversation=conversation_id, person=person_id, name=name,
            typing=typing, gone=False, news=changed,
        )  # fmt: skip
        return news

    async def leave(self, handoff_id: int, conversation_id: int, person_id: int) -> Sequence[News]:
        before = self._seen.get((handoff_id, conversation_id), {}).get(person_id)
        await self._tell(
            handoff=handoff_id, conversation=conversation_id, person=person_id, name="",
            typing=False, gone=True, news=True,
        )  # fmt: skip
        if before is None:
            return []
        return [News(handoff_id, conversation_id, person_id, before.name, gone=True)]

    def others(self, handoff_id: int, person_id: int) -> Sequence[Someone]:
        """Who else has it open."""
        return self.of([handoff_id], person_id).get(handoff_id, ())

    def of(self, handoff_ids: Collection[int], me: int) -> Mapping[int, Sequence[Someone]]:
        """For each of these that somebody else has open: who."""
        now, wanted = self._clock.now(), set(handoff_ids)
        found = {
            handoff_id: [
                Someone(person, seen.name, seen.typing_until > now)
                for person, seen in people.items()
                if person != me and seen.viewing_until > now
            ]
            for (handoff_id, _), people in self._seen.items()
            if handoff_id in wanted
        }
        return {handoff_id: people for handoff_id, people in found.items() if people}

    async def _tell(self, **told: Any) -> None:
        """Known here at once: the next key may come before the word of it is back."""
        self._heard(told)
        await self._signals.tell(NAME, **told)

    def _heard(self, told: dict[str, Any]) -> None:
        place, person = (told["handoff"], told["conversation"]), told["person"]
        if told["gone"]:
            self._seen.get(place, {}).pop(person, None)
            return
        now = self._clock.now()
        before = self._seen.setdefault(place, {}).get(person)
        self._seen[place][person] = _Seen(
            name=told["name"],
            viewing_until=now + VIEWING,
            typing_until=now + TYPING if told["typing"] else now,
            told_at=now if told["news"] or before is None else before.told_at,
        )

    def _forget(self, now: datetime) -> list[News]:
        """Whose pages have fallen silent."""
        news = []
        for place, people in list(self._seen.items()):
            for person, seen in list(people.items()):
                if seen.viewing_until <= now:
                    del people[person]
                    news.append(News(*place, person, seen.name, gone=True))
            if not people:
                del self._seen[place]
        return news
