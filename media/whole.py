"""All kept files at once: for back-ups, for moving to another shelf; and whether a shelf works."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable

from media.errors import FileGone
from media.shelf import Shelf


class Whole:
    """What ``storage/archive.py`` takes and gives."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def all(self) -> AsyncIterator[tuple[str, bytes]]:
        """Digests and bytes; what is forgotten meanwhile is left out."""
        async for digest in self._shelf.all():
            try:
                content = await self._shelf.read(digest)
            except FileGone:
                continue
            yield digest, content

    async def put(self, digest: str, content: bytes) -> None:
        await self._shelf.put(digest, content)


async def copy(source: Shelf, target: Shelf, progress: Callable[[int], None]) -> int:
    """Put every file of ``source`` on ``target`` too; how many there are."""
    count = 0
    async for digest, content in Whole(source).all():
        await target.put(digest, content)
        count += 1
        progress(count)
    return count


async def probe(shelf: Shelf) -> None:
    """Write a file, list, read and remove it. Raises StoreDown, OSError, FileGone."""
    content = secrets.token_bytes(16)
    digest = hashlib.sha256(content).hexdigest()
    await shelf.put(digest, content)
    try:
        if await shelf.read(digest) != content:
            raise FileGone(digest)
        async for _ in shelf.all():
            break
    finally:
        await shelf.remove([digest])
