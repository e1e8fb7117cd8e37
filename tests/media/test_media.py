"""Files are kept once, found by what they are, and fetched only by a link of ours, for a time."""

import io
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import func, select

from media import forgetting, pages, store
from media.content import content_type
from media.errors import BadLink, FileGone, FileTooLarge
from media.forgetting import MediaForgetting
from media.links import Links
from media.models import MediaFile
from media.shelf import FolderShelf
from media.store import MediaStore
from storage.database import Database
from storage.jobs import JobRunner
from tests.conftest import FakeClock

KEY = b"k" * 40


def picture(kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def media(database: Database, tmp_path: Path) -> MediaStore:
    return MediaStore(database, FolderShelf(tmp_path / "media"))


@pytest.fixture
def links(clock: FakeClock) -> Links:
    return Links(KEY, clock)


@pytest.fixture
def browser(media: MediaStore, links: Links) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(pages.router(media, links))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://okno.test")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"<html><script>alert(1)</script>", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream"),
        (b"RIFF....AVI ", "application/octet-stream"),
    ],
)
def test_the_type_is_what_the_bytes_say(content: bytes, kind: str) -> None:
    assert content_type(content) == kind


async def test_the_same_bytes_are_kept_once(media: MediaStore, database: Database) -> None:
    content = picture()
    first, second = await media.put(content), await media.put(content)
    assert first == second
    assert await media.read(first) == content
    async with database.read() as session:
        rows = await session.scalar(select(func.count()).select_from(MediaFile))
    assert rows == 1


async def test_a_file_above_the_limit_is_not_kept(
    media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LARGEST", 3)
    with pytest.raises(FileTooLarge):
        await media.put(b"four")


@pytest.mark.parametrize("digest", ["../../etc/passwd", "a" * 64, "", "A" * 64])
async def test_nothing_but_a_kept_file_is_found(media: MediaStore, digest: str) -> None:
    with pytest.raises(FileGone):
        await media.find(digest)


async def test_a_file_whose_bytes_were_removed_is_gone(media: MediaStore) -> None:
    digest = await media.put(b"%PDF-1.7")
    await media.shelf.remove([digest])
    with pytest.raises(FileGone):
        await media.read(digest)


def test_a_link_is_good_for_its_time_and_for_this_file_only(links: Links, clock: FakeClock) -> None:
    token = links.path("d" * 64, "квитанция 1.pdf").split("/")[2]
    assert links.open(token).name == "квитанция 1.pdf"
    with pytest.raises(BadLink):
        links.open(token[:-1] + ("A" if token[-1] != "A" else "B"))
    with pytest.raises(BadLink):
        Links(b"other" * 10, clock).open(token)
    clock.advance(hours=12)
    assert links.open(token).digest == "d" * 64
    clock.advance(hours=1)
    with pytest.raises(BadLink):
        links.open(token)


def test_a_link_stays_the_same_within_an_hour(links: Links, clock: FakeClock) -> None:
    first = links.path("d" * 64, "qr.png", lifetime=timedelta(hours=2))
    clock.advance(minutes=59)
    assert links.path("d" * 64, "qr.png", lifetime=timedelta(hours=2)) == first
    clock.advance(minutes=2)
    assert links.path("d" * 64, "qr.png", lifetime=timedelta(hours=2)) != first


async def test_a_picture_is_shown_and_anything_else_is_saved(
    media: MediaStore, links: Links, browser: httpx.AsyncClient
) -> None:
    shown = await browser.get(links.path(await media.put(picture()), "qr.png"))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert shown.headers["content-disposition"].startswith("inline")
    pdf = await browser.get(links.path(await media.put(b"%PDF-1.7 x"), "справка.pdf"))
    assert pdf.content == b"%PDF-1.7 x"
    assert pdf.headers["content-disposition"].startswith("attachment")
    page = await browser.get(links.path(await media.put(b"<script>alert(1)</script>"), "a.png"))
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment")
    for response in (shown, pdf, page):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in response.headers["content-security-policy"]


async def test_without_a_good_link_there_is_nothing(
    media: MediaStore, links: Links, browser: httpx.AsyncClient, clock: FakeClock
) -> None:
    path = links.path(await media.put(picture()), "qr.png")
    assert (await browser.get("/media/anything/qr.png")).status_code == 410
    assert (await browser.get(links.path("0" * 64, "qr.png"))).status_code == 410
    clock.advance(days=1)
    late = await browser.get(path)
    assert late.status_code == 410
    assert "больше не действует" in late.text


async def test_what_is_old_is_forgotten_and_what_was_kept_again_stays(
    media: MediaStore, database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    old = [await media.put(f"file {number}".encode()) for number in range(5)]
    clock.advance(days=100)
    again = await media.put(b"file 0")
    of_an_article = old.pop()
    held = select(MediaFile.digest).where(MediaFile.digest == of_an_article)
    work = MediaForgetting(database, media, timedelta(days=120), held)
    await work.begin()
    jobs = JobRunner(database, work.jobs(), holder="test", period=1)
    clock.advance(days=15)
    await jobs.run_due()
    assert [await media.read(digest) for digest in old]
    clock.advance(days=10)
    while await jobs.run_due():
        clock.advance(seconds=10)
    assert await media.read(again) == b"file 0"
    assert await media.read(of_an_article) == b"file 4"
    for digest in old[1:]:
        with pytest.raises(FileGone):
            await media.read(digest)
        assert not await media.shelf.has(digest)
    assert await media.put(b"file 3") == old[3]
    assert await media.read(old[3]) == b"file 3"
