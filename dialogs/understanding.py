"""How the assistant reads a message: at most three questions, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nlu import Understanding


class Reader(Protocol):
    def read(self, text: str, now: datetime) -> Sequence[Understanding]:
        """The questions of a message; at least one for any text with a letter or digit."""
        ...
