"""Keeping files: bytes under the name of their content, so the same file is kept once."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from media.content import content_type
from media.errors import FileGone, FileTooLarge
from media.models import MediaFile
from media.shelf import DIGEST, Shelf
from storage.database import Database

LARGEST = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Kept:
    """``pieces`` gives the bytes, of which there are ``size``."""

    digest: str
    content_type: str
    size: int
    pieces: Callable[[], AsyncIterator[bytes]]


class MediaStore:
    """The rows of files here, their bytes on ``shelf``."""

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database = database
        self.shelf = shelf

    async def put(self, content: bytes) -> str:
        """Keep the file; its digest. The same bytes again make it young. Raises FileTooLarge."""
        if len(content) > LARGEST:
            raise FileTooLarge(len(content))
        digest = hashlib.sha256(content).hexdigest()
        # Bytes first: a row always has them, and bytes without a row are found by nobody.
        await self.shelf.put(digest, content)
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
        await self.shelf.put(digest, content)
        return digest

    async def find(self, digest: str) -> Kept:
        """Raises FileGone."""
        if not DIGEST.fullmatch(digest):
            raise FileGone(digest[:64])
        async with self._database.read() as session:
            row = (
                await session.execute(
                    select(MediaFile.content_type, MediaFile.size).where(MediaFile.digest == digest)
                )
            ).first()
        if row is None or not await self.shelf.has(digest):
            raise FileGone(digest)
        return Kept(digest, row.content_type, row.size, lambda: self.shelf.pieces(digest))

    async def read(self, digest: str) -> bytes:
        """Raises FileGone."""
        return await self.shelf.read((await self.find(digest)).digest)
