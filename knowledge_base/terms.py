"""Through which day an article is shown, and when its editor hears that it ends. No I/O."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Final

# So many days before the end; 0: it is shown no more.
STAGES: Final = (0, 3, 14)


def is_outdated(review_by: date | None, today: date) -> bool:
    """Nobody has looked whether it is still true: it is not said."""
    return review_by is not None and review_by < today


def last_day(review_by: date | None, valid_until: datetime | None, zone: tzinfo) -> date | None:
    """The last day on which customers are shown it; None: it has no end."""
    # Valid until midnight is valid through the day before.
    until = (valid_until - timedelta(microseconds=1)).astimezone(zone) if valid_until else None
    return min((day for day in (review_by, until and until.date()) if day), default=None)


def stage(end: date | None, today: date) -> int | None:
    """Which of ``STAGES`` an article with this last day has reached; None: it is not near."""
    if end is None:
        return None
    left = (end - today).days
    if left < 0:
        return 0
    return next((days for days in STAGES if days > 0 and left <= days), None)
