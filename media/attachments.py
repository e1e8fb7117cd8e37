"""What other rooms do with customers' files: keep them, list them, find one, ask for it again."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from media.content import content_type, is_taken, saved_as
from media.errors import NotAllowed
from media.models import Attachment, AttachmentState, Problem
from media.pictures import made_anew
from media.store import LARGEST, MediaStore
from storage.database import Transaction

# A file is to be fetched.
SIGNAL = "attachments"
LONGEST_NAME = 100
RECENT = timedelta(days=7)
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
# What a file is called that came without a name.
_NAMES = {"photo": "Фото", "voice": "Голосовое сообщение", "audio": "Аудио", "video": "Видео",
          "video_note": "Видеосообщение"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file in the store; ``preview`` is there for a picture that could be read."""

    digest: str
    content_type: str
    size: int
    preview: str | None = None
    width: int | None = None
    height: int | None = None

    def columns(self) -> dict[str, Any]:
        return {
            "digest": self.digest, "content_type": self.content_type, "size": self.size,
            "preview": self.preview, "width": self.width, "height": self.height,
        }  # fmt: skip


async def keep(store: MediaStore, content: bytes) -> KeptFile:
    """Raises NotAllowed: too large, empty or of no type that is taken."""
    if not content:
        raise NotAllowed(Problem.EMPTY)
    if len(content) > LARGEST:
        raise NotAllowed(Problem.TOO_LARGE)
    kind = content_type(content)
    if not is_taken(kind):
        raise NotAllowed(Problem.TYPE)
    picture = await made_anew(content) if kind.startswith("image/") else None
    digest = await store.put(content)
    if picture is None:
        return KeptFile(digest, kind, len(content))
    shown = await store.put(picture.content)
    return KeptFile(digest, kind, len(content), shown, picture.width, picture.height)


def row(
    message_id: int, position: int, file: Mapping[str, Any], tx: Transaction
) -> dict[str, Any] | None:
    """The columns of a file of a message; None for what has no content to fetch.

    ``file``: «type», «name», «size» as the platform tells them, and «url» or «file_id», or the
    columns of a KeptFile for one that is kept already.
    """
    kept: dict[str, Any] | None = file.get("kept")
    source = {key: str(file[key]) for key in ("url", "file_id") if file.get(key)}
    if not source and not kept:
        return None
    columns: dict[str, Any] = {
        "message_id": message_id, "position": position, "kind": str(file.get("type", "")),
        "name": clean_name(str(file.get("name") or "")), "source": source,
        "state": AttachmentState.WAITING, "problem": None, "not_before": tx.now,
        "created_at": tx.now, "finished_at": None, "digest": None, "content_type": None,
        "size": None, "preview": None, "width": None, "height": None,
    }  # fmt: skip
    if kept:
        return columns | kept | {"state": AttachmentState.KEPT, "finished_at": tx.now}
    if is_too_large(file):
        failed = {"state": AttachmentState.FAILED, "problem": Problem.TOO_LARGE}
        return columns | failed | {"finished_at": tx.now}
    return columns


def is_too_large(file: Mapping[str, Any]) -> bool:
    """By what the platform tells of it."""
    size = file.get("size")
    return isinstance(size, int) and size > LARGEST


def clean_name(name: str) -> str:
    """Without what a file's name may not hold or what turns its reading round."""
    return _NOT_IN_A_NAME.sub(" ", name).strip(" .")[-LONGEST_NAME:]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A customer's file as pages show it. ``name``: under which it is saved."""

    id: int
    message_id: int
    kind: str
    name: str
    state: str
    problem: str
    host: str
    digest: str | None
    content_type: str
    size: int
    preview: str | None
    width: int
    height: int


async def of_messages(
    session: AsyncSession, message_ids: Sequence[int]
) -> dict[int, list[Enclosed]]:
    rows = await session.execute(
        select(Attachment)
        .where(Attachment.message_id.in_(message_ids))
        .order_by(Attachment.message_id, Attachment.position)
    )
    found: dict[int, list[Enclosed]] = defaultdict(list)
    for attachment in rows.scalars():
        found[attachment.message_id].append(_enclosed(attachment))
    return found


async def find(session: AsyncSession, attachment_id: int) -> Enclosed | None:
    attachment = await session.get(Attachment, attachment_id)
    return _enclosed(attachment) if attachment is not None else None


async def again(tx: Transaction, attachment_id: int) -> bool:
    """Have a failed one fetched once more; False when there is nothing to fetch."""
    asked = await tx.session.execute(
        update(Attachment)
        .where(Attachment.id == attachment_id, Attachment.state == AttachmentState.FAILED)
        .values(
            state=AttachmentState.WAITING, problem=None, host=None, attempts=0,
            not_before=tx.now, finished_at=None,
        )
        .returning(Attachment.id)
    )  # fmt: skip
    return asked.scalar_one_or_none() is not None


async def refused_hosts(session: AsyncSession, now: datetime) -> dict[str, int]:
    """Hosts that the profile does not allow and from which files did not come lately."""
    rows = await session.execute(
        select(Attachment.host, func.count())
        .where(
            Attachment.state == AttachmentState.FAILED,
            Attachment.problem == Problem.HOST,
            Attachment.created_at > now - RECENT,
        )
        .group_by(Attachment.host)
        .order_by(Attachment.host)
    )
    return {str(host): int(count) for host, count in rows}


def _enclosed(row: Attachment) -> Enclosed:
    kind = row.content_type or ""
    name = row.name or f"{_NAMES.get(row.kind, 'Файл')} {row.id}"
    return Enclosed(
        row.id, row.message_id, row.kind, saved_as(name, kind), row.state, row.problem or "",
        row.host or "", row.digest, kind, row.size or 0, row.preview, row.width or 0,
        row.height or 0,
    )  # fmt: skip
