"""What waits longest and where there must be room, as ``/metrics`` and ``okno doctor`` ask it."""

from pathlib import Path

from sqlalchemy import func, select

from conversations.models import QUEUED, Conversation, Delivery

OLDEST_UNHANDLED = select(func.min(Conversation.handle_at)).where(
    Conversation.handle_at.is_not(None)
)
OLDEST_UNSENT = select(func.min(Delivery.created_at)).where(Delivery.state == QUEUED)


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there: it is made with its first file."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())
