"""The company's own pictures: nothing but the picture, and the same bytes when nothing else was
there."""

import io
import os

import pytest
from PIL import Image, PngImagePlugin

from media.content import content_type
from media.publishing import HEAVIEST, make


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


def plan(mode: str = "RGB") -> Image.Image:
    return Image.effect_mandelbrot((120, 90), (-3, -2.5, 2, 2.5), 40).convert(mode)


def with_words() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "тайное")
    return saved(plan(), "PNG", pnginfo=words)


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "тайное"
    return saved(plan(), "JPEG", exif=exif, comment=b"\xd1\x82\xd0\xb0\xd0\xb9")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (saved(plan(), "PNG"), "image/png"),
        (saved(plan("L"), "PNG"), "image/png"),
        (saved(plan(), "JPEG", progressive=True), "image/jpeg"),
        (saved(plan("RGBA"), "PNG"), "image/png"),
        (with_words(), "image/png"),
        (turned(), "image/jpeg"),
        (saved(plan(), "PNG") + b"<script>", "image/png"),
        (saved(plan(), "JPEG") + b"<script>", "image/jpeg"),
        (saved(plan(), "WEBP"), "image/jpeg"),
        (saved(plan(), "GIF"), "image/jpeg"),
    ],
)
def test_what_comes_out_goes_in_again_unchanged(content: bytes, kind: str) -> None:
    made = make(content)
    assert made is not None
    assert content_type(made) == kind
    assert make(made) == made
    for word in ("тайное".encode(), b"tEXt", b"Exif", b"<script>", b"\xd1\x82\xd0\xb0\xd0\xb9"):
        assert word not in made


def test_a_bare_picture_stays_as_it_is() -> None:
    for content in (saved(plan(), "PNG"), saved(plan(), "JPEG"), saved(plan("P"), "PNG")):
        assert make(content) == content
    upright = make(turned())
    assert upright is not None
    with Image.open(io.BytesIO(upright)) as image:
        assert image.size == (90, 120)


def test_a_heavy_picture_becomes_light() -> None:
    noise = Image.frombytes("RGB", (900, 900), os.urandom(900 * 900 * 3))
    made = make(saved(noise, "PNG"))
    assert made is not None
    assert content_type(made) == "image/jpeg"
    assert len(made) <= HEAVIEST
    large = make(saved(plan().resize((2400, 1200)), "PNG"))
    assert large is not None
    with Image.open(io.BytesIO(large)) as image:
        assert image.size == (1600, 800)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\x89PNG\r\n\x1a\nbroken", saved(plan(), "PNG")[:200]]
)
def test_no_picture(content: bytes) -> None:
    assert make(content) is None
