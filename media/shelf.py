"""Where the bytes of files lie, under the name of their content: a folder, or a bucket
(``media/s3.py``)."""

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from media.errors import FileGone

DIGEST = re.compile(r"[0-9a-f]{64}")
PIECE = 256 * 2**10


class Shelf(Protocol):
    """Every process of an installation has the same one. Whatever is asked of it may raise
    StoreDown, or an OSError of the folder."""

    async def put(self, digest: str, content: bytes) -> None:
        """Whole or not at all; what is there already stays as it is."""

    async def has(self, digest: str) -> bool: ...

    async def read(self, digest: str) -> bytes:
        """Raises FileGone."""

    def pieces(self, digest: str) -> AsyncIterator[bytes]:
        """The bytes, a piece at a time. Raises FileGone."""

    async def remove(self, digests: Sequence[str]) -> None:
        """What is not there is none of them."""

    def all(self) -> AsyncIterator[str]:
        """The digests of everything that lies here, once each."""


class FolderShelf:
    """Files below ``folder``; several processes share it over a common file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str) -> Path:
        """Where the bytes of a digest lie, whether they do or not."""
        return self._folder / digest[:2] / digest

    async def put(self, digest: str, content: bytes) -> None:
        await asyncio.to_thread(_write, self.path(digest), content)

    async def has(self, digest: str) -> bool:
        return await asyncio.to_thread(self.path(digest).is_file)

    async def read(self, digest: str) -> bytes:
        try:
            return await asyncio.to_thread(self.path(digest).read_bytes)
        except FileNotFoundError as error:
            raise FileGone(digest) from error

    async def pieces(self, digest: str) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(self.path(digest).open, "rb")
        except FileNotFoundError as error:
            raise FileGone(digest) from error
        try:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
        finally:
            file.close()

    async def remove(self, digests: Sequence[str]) -> None:
        await asyncio.to_thread(_unlink, [self.path(digest) for digest in digests])

    async def all(self) -> AsyncIterator[str]:
        for path in await asyncio.to_thread(lambda: sorted(self._folder.glob("??/*"))):
            if DIGEST.fullmatch(path.name):
                yield path.name


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


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
