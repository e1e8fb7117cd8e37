"""How the assistant reads a message: at most three questions, in order."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nlu import Understanding


class Reader(Protocol):
    async def read(self, text: str, now: datetime) -> Sequence[Understanding]:
        """The questions of a message; at least one for any text with a letter or digit."""
        ...


# «Показания 12345» says whose number it is, however short it is.
_NAMES_ITS_MATTER = re.compile(r"показан|долг|оплат|плат[её]ж|начисл|квитанц", re.IGNORECASE)


def is_bare_answer(found: Understanding) -> bool:
    """Nothing but details (numbers, a name): in a flow it answers what was asked, whatever
    question it would be by itself."""
    if _NAMES_ITS_MATTER.search(found.text):
        return False
    rest = list(found.text)
    for entity in found.entities:
        rest[entity.start : entity.end] = " " * (entity.end - entity.start)
    return len(re.findall(r"[^\W\d_]{3,}", "".join(rest))) <= 1
