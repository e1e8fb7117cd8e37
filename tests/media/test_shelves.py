"""A folder and a bucket do the same; an outage of the bucket is an outage, not a lost file."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from media import pages, s3, whole
from media.bucket import S3Address
from media.errors import FileGone, StoreDown, StoreRefuses
from media.links import Links
from media.s3 import S3Shelf
from media.shelf import FolderShelf, Shelf
from media.store import MediaStore
from storage.database import Database
from storage.outage import is_outage
from tests.conftest import FakeClock
from tests.fakes.s3 import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, FakeS3


@pytest.fixture(scope="module")
def server() -> Iterator[FakeS3]:
    with FakeS3() as running:
        yield running


@pytest.fixture
def address(server: FakeS3) -> S3Address:
    server.do(lambda: (server.objects.clear(), server.seen.clear()))
    server.status = None
    return S3Address(server.url, REGION, BUCKET, "okno/files", ACCESS_KEY, SECRET_KEY)


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, address: S3Address) -> Shelf:
    return FolderShelf(tmp_path / "media") if request.param == "folder" else S3Shelf(address)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def listed(shelf: Shelf) -> list[str]:
    return [one async for one in shelf.all()]


async def test_what_is_put_is_there_until_it_is_removed(shelf: Shelf) -> None:
    contents = [b"one", b"two", "три".encode(), bytes(range(256)) * 3000]
    digests = sorted(map(digest_of, contents))
    for content in contents:
        await shelf.put(digest_of(content), content)
        await shelf.put(digest_of(content), content)
    assert sorted(await listed(shelf)) == digests
    for content in contents:
        digest = digest_of(content)
        assert await shelf.has(digest)
        assert await shelf.read(digest) == content
        assert await joined(shelf.pieces(digest)) == content
    nowhere = digest_of(b"nowhere")
    await shelf.remove([digest_of(b"one"), digest_of(b"two"), nowhere])
    assert not await shelf.has(digest_of(b"one"))
    assert await shelf.has(digest_of("три".encode()))
    for lost in (digest_of(b"two"), nowhere):
        with pytest.raises(FileGone):
            await shelf.read(lost)
        with pytest.raises(FileGone):
            await joined(shelf.pieces(lost))
    await whole.probe(shelf)
    assert len(await listed(shelf)) == 2


async def test_a_file_in_the_bucket_is_given_by_a_link(
    address: S3Address, server: FakeS3, database: Database, clock: FakeClock
) -> None:
    store, links = MediaStore(database, S3Shelf(address)), Links(b"k" * 40, clock)
    app = FastAPI()
    app.include_router(pages.router(store, links))
    digest = await store.put(b"%PDF-1.7 bill")
    assert server.objects == {f"okno/files/{digest[:2]}/{digest}": b"%PDF-1.7 bill"}
    assert [one for one in server.seen if one.startswith("PUT")] == [
        f"PUT /{BUCKET}/okno/files/{digest[:2]}/{digest}"
    ]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://okno.test"
    ) as browser:
        given = await browser.get(links.path(digest, "счёт.pdf"))
        assert (given.status_code, given.content) == (200, b"%PDF-1.7 bill")
        assert given.headers["content-length"] == "13"
        server.do(server.objects.clear)
        assert (await browser.get(links.path(digest, "счёт.pdf"))).status_code == 410


async def test_files_move_to_the_bucket_and_back(address: S3Address, tmp_path: Path) -> None:
    folder, bucket = FolderShelf(tmp_path / "media"), S3Shelf(address)
    contents = [f"file {number}".encode() for number in range(5)]
    for content in contents:
        await folder.put(digest_of(content), content)
    folder.path("ab" * 32).parent.mkdir(exist_ok=True)
    (folder.path("ab" * 32).parent / "tmp123").write_bytes(b"left by a death in between")
    counted: list[int] = []
    assert await whole.copy(folder, bucket, counted.append) == 5
    assert counted == [1, 2, 3, 4, 5]
    new = FolderShelf(tmp_path / "new")
    assert await whole.copy(bucket, new, counted.append) == 5
    assert [await new.read(digest_of(content)) for content in contents] == contents


async def test_what_the_store_refuses_and_when_it_is_down(
    address: S3Address, server: FakeS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "RETRIES", 0)
    with pytest.raises(StoreRefuses):
        await S3Shelf(replace(address, secret_key="another")).put(digest_of(b"x"), b"x")
    with pytest.raises(StoreRefuses):
        await listed(S3Shelf(replace(address, secret_key="another")))
    with pytest.raises(FileGone):
        await whole.probe(S3Shelf(replace(address, bucket="nowhere")))
    with pytest.raises(FileGone):
        await listed(S3Shelf(replace(address, bucket="nowhere")))
    assert server.objects == {}
    server.status = 503
    with pytest.raises(StoreDown) as down:
        await S3Shelf(address).read(digest_of(b"x"))
    # What waits for the file waits on, as for the database.
    assert is_outage(down.value)
    assert not isinstance(down.value, StoreRefuses)
    with pytest.raises(StoreDown):
        await S3Shelf(replace(address, endpoint="http://127.0.0.1:9")).has(digest_of(b"x"))
