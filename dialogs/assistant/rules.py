"""The profile's part of the assistant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Rules:
    """``answer`` and ``guess`` are probabilities; ``personal_data`` says by channel whether it may
    carry them («full», «none») or is «closed»."""

    answer: float
    guess: float
    zone: ZoneInfo
    personal_data: Mapping[str, str]
    # «Это помогло?» is asked at most so often in a conversation.
    ask_helpful: timedelta = timedelta(days=1)
    # Ways to our bots in other messengers, by channel, with «{code}» in them.
    links: Mapping[str, str] = field(default_factory=dict)

    def local(self, moment: datetime) -> datetime:
        """``moment`` by the company's clocks."""
        return moment.astimezone(self.zone)
