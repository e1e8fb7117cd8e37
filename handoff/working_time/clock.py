"""When an answer is due, and the words for it: plain functions of a stay with the operators."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

SOON = timedelta(minutes=5)
# A complaint stands in the queue as if it had this much less time.
COMPLAINT_LEAD = timedelta(minutes=5)


class Heat(StrEnum):
    """How near the due time is: nothing is owed, calm, amber, red."""

    NONE = "none"
    CALM = "calm"
    SOON = "soon"
    LATE = "late"


def rank(due_at: datetime, reason: str, summary: Mapping[str, Any]) -> datetime:
    """The place in the queue among those of the same urgency: the earlier, the nearer."""
    complains = "complaint" in (reason, summary.get("intent"), summary.get("topic"))
    return due_at - COMPLAINT_LEAD if complains else due_at


def heat(due_at: datetime | None, now: datetime) -> Heat:
    """At most five minutes left is «soon»; the due moment itself is late."""
    if due_at is None:
        return Heat.NONE
    if now >= due_at:
        return Heat.LATE
    return Heat.SOON if due_at - now <= SOON else Heat.CALM


def left(due_at: datetime, now: datetime, by: str) -> str:
    """«12 мин», «сейчас», «−3 мин»; an hour and more ahead is told by the clock, ``by``.

    ``static/inbox-clock.js`` says the same from second to second.
    """
    minutes = (due_at - now) / timedelta(minutes=1)
    if minutes <= 0:
        late = int(-minutes)
        if not late:
            return "сейчас"
        return f"−{late // 60} ч" if late >= 60 else f"−{late} мин"
    if minutes > 60:
        return by
    whole = ceil(minutes)
    return f"{whole} мин"
