"""When an answer is due, and the words for it: plain functions of a stay with the operators."""

from datetime import datetime, timedelta
from enum import StrEnum

SOON = timedelta(minutes=5)


class Heat(StrEnum):
    """How near the due time is: nothing is owed, calm, amber, red."""

    NONE = "none"
    CALM = "calm"
    SOON = "soon"
    LATE = "late"


def heat(due_at: datetime | None, now: datetime) -> Heat:
    """At most five minutes left is «soon»; the due moment itself is late."""
    if due_at is None:
        return Heat.NONE
    if now >= due_at:
        return Heat.LATE
    return Heat.SOON if due_at - now <= SOON else Heat.CALM
