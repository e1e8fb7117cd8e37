"""Files in a bucket of an S3-compatible store (docs/decisions/0801-files-in-a-bucket.md).

Requests are signed (AWS Signature Version 4) and name the bucket in the path, which every
compatible store understands; one object for each file, written in one request.
"""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from media.bucket import S3Address
from media.errors import FileGone, StoreDown, StoreRefuses
from media.shelf import DIGEST

# A worker's message and a page wait for it: better an honest «later» than a long silence.
CONNECT = timedelta(seconds=5)
REQUEST = timedelta(seconds=30)
RETRIES = 2

# A listing that is refused is no error of its own kind in the library, only its text says why.
_STATUS = re.compile(r"non-2xx status code: (\d{3})")


class S3Shelf:
    def __init__(self, address: S3Address) -> None:
        self._prefix = address.prefix.strip("/")
        self._store = S3Store(
            address.bucket,
            endpoint=address.endpoint,
            region=address.region,
            access_key_id=address.access_key,
            secret_access_key=address.secret_key,
            # Not all compatible stores delete many at once.
            disable_bulk_delete=True,
            client_options={
                # A store in one's own network; the settings say which addresses may be plain.
                "allow_http": address.endpoint.startswith("http:"),
                "connect_timeout": CONNECT,
                "timeout": REQUEST,
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": REQUEST},
        )

    async def put(self, digest: str, content: bytes) -> None:
        if await self.has(digest):
            return
        with _told(digest):
            await obstore.put_async(self._store, self._name(digest), content, use_multipart=False)

    async def has(self, digest: str) -> bool:
        try:
            with _told(digest):
                await obstore.head_async(self._store, self._name(digest))
        except FileGone:
            return False
        return True

    async def read(self, digest: str) -> bytes:
        with _told(digest):
            found = await obstore.get_async(self._store, self._name(digest))
            return bytes(await found.bytes_async())

    async def pieces(self, digest: str) -> AsyncIterator[bytes]:
        with _told(digest):
            found = await obstore.get_async(self._store, self._name(digest))
            async for piece in found.stream(min_chunk_size=1):
                yield bytes(piece)

    async def remove(self, digests: Sequence[str]) -> None:
        with contextlib.suppress(FileGone), _told("several"):
            await obstore.delete_async(self._store, [self._name(digest) for digest in digests])

    async def all(self) -> AsyncIterator[str]:
        with _told("all"):
            async for found in obstore.list(self._store, self._prefix or None):
                for one in found:
                    digest = one["path"].rsplit("/", 1)[-1]
                    if DIGEST.fullmatch(digest):
                        yield digest

    def _name(self, digest: str) -> str:
        """Spread over folders like in ``FolderShelf``, so that either can be copied by hand."""
        return "/".join(part for part in (self._prefix, digest[:2], digest) if part)


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """The library's errors in our terms; their texts hold addresses, but neither keys nor words
    of customers."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileGone(what) from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StoreRefuses(type(error).__name__) from error
    except BaseError as error:
        found = _STATUS.search(str(error))
        status = found[1] if found else ""
        if status in ("401", "403"):
            raise StoreRefuses(status) from error
        if status == "404":
            raise FileGone(what) from error
        raise StoreDown(type(error).__name__) from error
