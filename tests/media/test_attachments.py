"""What customers send: told by its content, named for what it is, shown only as made anew."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from media import pictures
from media.attachments import clean_name, keep
from media.content import content_type, is_taken, saved_as
from media.errors import NotAllowed
from media.pictures import made_anew
from media.shelf import FolderShelf
from media.store import MediaStore
from storage.database import Database
from tests.media.test_media import picture


@pytest.fixture
def media(database: Database, tmp_path: Path) -> MediaStore:
    return MediaStore(database, FolderShelf(tmp_path / "media"))


def packed(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [picture("GIF"), b"OggS....", b"ID3....", b"....ftypisom", b"....ftypheic", b"%PDF-1.7",
     b"{\\rtf1", "показания;123\n".encode(), packed("word/document.xml"),
     packed("xl/workbook.xml")],
)  # fmt: skip
def test_what_is_taken(content: bytes) -> None:
    assert is_taken(content_type(content))


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00", b"\x7fELF", b"#!/bin/sh", b"<html>", b"  <svg", "\ufeff<script>".encode(),
     packed("a.exe"), packed("word/document.xml", "word/vbaProject.bin"), b"PK\x03\x04broken",
     b"\x00\x01\x02", b""],
)  # fmt: skip
def test_what_is_not(content: bytes) -> None:
    assert not is_taken(content_type(content))


def test_a_name_says_what_the_file_is() -> None:
    assert saved_as("чек.JPG", "image/jpeg") == "чек.JPG"
    assert saved_as("чек.exe", "image/jpeg") == "чек.exe.jpg"
    assert clean_name("../..\\a\u202egpj.exe\x00") == "a gpj.exe"
    assert len(clean_name("я" * 500 + ".pdf")) == 100


async def test_a_picture_is_made_anew_upright_and_without_what_it_held() -> None:
    image = Image.new("RGB", (4000, 2000), "navy")
    exif = image.getexif()
    exif[0x0112], exif[0x010E] = 6, "secret"  # turned by 90°; a description
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif)
    made = await made_anew(stream.getvalue() + b"<script>alert(1)</script>")
    assert made is not None
    assert (made.width, made.height) == (800, 1600)
    assert b"secret" not in made.content
    assert b"<script>" not in made.content
    clear = io.BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(clear, "PNG")
    white = await made_anew(clear.getvalue())
    assert white is not None
    assert Image.open(io.BytesIO(white.content)).getpixel((0, 0)) == (255, 255, 255)


async def test_what_can_not_be_read_is_no_picture(
    monkeypatch: pytest.MonkeyPatch,
    media: MediaStore,
) -> None:
    broken = picture("JPEG")[:200]
    assert await made_anew(broken) is None
    kept = await keep(media, broken)
    assert (kept.content_type, kept.preview) == ("image/jpeg", None)
    with pytest.raises(NotAllowed):
        await keep(media, b"<html>")
    monkeypatch.setattr(pictures, "MOST_PIXELS", 60)
    assert await made_anew(picture()) is None
