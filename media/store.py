"""Keeping files: bytes under the name of their content, so the same file is kept once."""

import asyncio
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from media.content import content_type
from media.errors import FileGone, FileTooLarge
from media.models import MediaFile
from storage.database import Database

LARGEST = 20 * 2**20
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kept:
    digest: str
    content_type: str
    path: Path


class MediaStore:
    """Files below ``folder``; several processes share it over a common file system."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def put(self, content: bytes) -> str:
        """Keep the file; its digest. The same bytes again make it young. Raises FileTooLarge."""
        if len(content) > LARGEST:
            raise FileTooLarge(len(content))
        digest = hashlib.sha256(content).hexdigest()
        # Bytes first: a row always has them, and bytes without a row are found by nobody.
        await asyncio.to_thread(_write, self.path(digest), content)
        insert = sqlite_insert if self._database.is_sqlite else postgres_insert
        async with self._database.write() as tx:
            await tx.connection.execute(
                insert(MediaFile)
                .values(
                    digest=digest,
                    content_type=content_type(content),
                    size=len(content),
                    created_at=tx.now,
                )
                .on_conflict_do_update(index_elements=["digest"], set_={"created_at": tx.now})
            )
        # Forgotten between the two (``media/forgetting.py``): then once more.
        await asyncio.to_thread(_write, self.path(digest), content)
        return digest

    async def find(self, digest: str) -> Kept:
        """Raises FileGone."""
        if not _DIGEST.fullmatch(digest):
            raise FileGone(digest[:64])
        async with self._database.read() as session:
            kind = await session.scalar(
                select(MediaFile.content_type).where(MediaFile.digest == digest)
            )
        path = self.path(digest)
        if kind is None or not await asyncio.to_thread(path.is_file):
            raise FileGone(digest)
        return Kept(digest, kind, path)

    async def read(self, digest: str) -> bytes:
        """Raises FileGone."""
        kept = await self.find(digest)
        return await asyncio.to_thread(kept.path.read_bytes)

    def path(self, digest: str) -> Path:
        """Where the bytes of a digest lie, whether they do or not."""
        return self._folder / digest[:2] / digest


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also when the power fails in between."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)
