"""The bucket of a real S3-compatible store, named by the product's own settings.

    OKNO_MEDIA_URL=s3://bucket OKNO_S3_ENDPOINT=https://… OKNO_S3_ACCESS_KEY=… \\
        OKNO_S3_SECRET_KEY=… python -m pytest tests/media/contract_s3.py

Not collected by a plain run. Only what the tests have put is removed, in a folder of their own.
What was tried against what stands in docs/decisions/0801-files-in-a-bucket.md.
"""

import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from media import s3, whole
from media.bucket import S3Address
from media.errors import FileGone, StoreDown, StoreRefuses
from media.models import Attachment
from media.s3 import S3Shelf
from media.shelf import FolderShelf
from nlu.embedded import EmbeddedEngine
from okno.settings import Settings
from okno.settings_media import bucket
from storage.database import Database
from tests.e2e.test_messengers import kept_for_operators
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.media.test_media import picture
from tests.media.test_shelves import digest_of, joined, listed
from tests.running import PASSWORD, RunningOkno, prepare

NAMES = (
    "OKNO_MEDIA_URL", "OKNO_S3_ENDPOINT", "OKNO_S3_REGION", "OKNO_S3_ACCESS_KEY",
    "OKNO_S3_SECRET_KEY",
)  # fmt: skip
GIVEN = {name: os.environ[name] for name in NAMES if name in os.environ}
# More than a store gives in one answer to a listing.
MANY = 1100

pytestmark = pytest.mark.skipif("OKNO_MEDIA_URL" not in GIVEN, reason="no bucket is named")


@pytest.fixture
async def address() -> AsyncIterator[S3Address]:
    """A folder of the bucket that is gone afterwards."""
    given = bucket(Settings(_env_file=None))
    assert given is not None
    own = replace(given, prefix=f"{given.prefix}/contract-{secrets.token_hex(4)}".strip("/"))
    yield own
    shelf = S3Shelf(own)
    if left := await listed(shelf):
        await shelf.remove(left)


@pytest.mark.parametrize("size", [1, 300_000, 25_000_000])
async def test_what_is_put_comes_back_until_it_is_removed(address: S3Address, size: int) -> None:
    shelf, content = S3Shelf(address), secrets.token_bytes(size)
    digest = digest_of(content)
    assert not await shelf.has(digest)
    with pytest.raises(FileGone):
        await shelf.read(digest)
    with pytest.raises(FileGone):
        await joined(shelf.pieces(digest))
    await shelf.put(digest, content)
    await shelf.put(digest, content)
    assert await shelf.has(digest)
    assert await shelf.read(digest) == content
    assert await joined(shelf.pieces(digest)) == content
    assert await listed(shelf) == [digest]
    await shelf.remove([digest, digest_of(b"never there")])
    assert not await shelf.has(digest)
    await shelf.remove([digest])
    await whole.probe(shelf)
    assert await listed(shelf) == []


async def test_a_long_list_and_the_way_back_to_a_folder(address: S3Address, tmp_path: Path) -> None:
    here, there, back = FolderShelf(tmp_path / "a"), S3Shelf(address), FolderShelf(tmp_path / "b")
    digests = set()
    for number in range(MANY):
        content = f"file {number}".encode()
        digests.add(digest_of(content))
        await here.put(digest_of(content), content)
    assert await whole.copy(here, there, lambda _: None) == MANY
    assert set(await listed(there)) == digests
    assert await whole.copy(there, back, lambda _: None) == MANY
    some = next(iter(digests))
    assert hashlib.sha256(await back.read(some)).hexdigest() == some
    await there.remove(sorted(digests))
    assert await listed(there) == []


async def test_a_wrong_key_a_wrong_bucket_and_nobody_there(
    address: S3Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "RETRIES", 0)
    for wrong in ("secret_key", "access_key"):
        stranger = S3Shelf(
            replace(address, **{wrong: "a-wrong-one-of-forty-letters-and-some-more"})
        )
        with pytest.raises(StoreRefuses):
            await whole.probe(stranger)
        with pytest.raises(StoreRefuses):
            await listed(stranger)
    nowhere = S3Shelf(replace(address, bucket=f"nowhere-{secrets.token_hex(4)}"))
    with pytest.raises(FileGone):
        await listed(nowhere)
    with pytest.raises(FileGone):
        await whole.probe(nowhere)
    with pytest.raises(StoreDown):
        await S3Shelf(replace(address, endpoint="http://127.0.0.1:9")).has(digest_of(b"x"))


async def test_a_customers_photo_reaches_the_operators_page(
    address: S3Address, sqlite_url: str, tmp_path: Path, engine: EmbeddedEngine
) -> None:
    """A real process with no folder of files: what the operator sees has been in the bucket."""
    await prepare(tmp_path, sqlite_url, engine)
    database = Database(sqlite_url)
    with FakeTelegram() as telegram:
        okno = RunningOkno(
            tmp_path,
            sqlite_url,
            GIVEN
            | {
                "OKNO_MEDIA_URL": f"s3://{address.bucket}/{address.prefix}",
                "OKNO_TELEGRAM_TOKEN": TOKEN,
                "OKNO_TELEGRAM_API_URL": telegram.url,
            },
        )
        try:
            await okno.start()
            customer = telegram.customer(77)
            customer.says("позовите человека")
            await until(lambda: bool(customer.reads), "an answer")
            photo = picture()
            customer.sends_photo(photo)
            await kept_for_operators(database, "telegram")
            async with database.read() as session:
                row = (await session.execute(select(Attachment))).scalar_one()
            async with httpx.AsyncClient(base_url=okno.url) as browser:
                await browser.post("/login", data={"login": "olga", "password": PASSWORD})
                shown = await browser.get(f"/inbox/files/{row.id}/picture")
                assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
                saved = await browser.get(f"/inbox/files/{row.id}")
                assert (saved.status_code, saved.content) == (200, photo)
            kept = set(await listed(S3Shelf(address)))
            assert {row.digest, row.preview} <= kept
            assert not list((tmp_path / "var").glob("media/**/*"))
            assert await okno.stop() == 0
        finally:
            okno.end()
            await database.close()
