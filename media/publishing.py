"""A picture of the company's own, as customers get it: nothing but the picture, and not too heavy.

What is that already stays byte for byte, so that a folder of articles can go out and come in again.
PNG: ISO/IEC 15948, 5.3 and 11; JPEG: ITU-T T.81, annex B.
"""

import io
from collections.abc import Iterator
from typing import Final

from PIL import Image

from media.pictures import SIDE, opened_flat

# Viber takes no heavier ones (REST Bot API, «Picture message»).
HEAVIEST: Final = 1_000_000
_QUALITY: Final = 85
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_PARTS: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
# Frame headers, tables, restart interval, the scan; of the applications' own only JFIF's.
_JPEG_PARTS: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xDA, 0xE0})
_JFIF: Final = 16


def make(content: bytes) -> bytes | None:
    """A PNG or a JPEG of at most ``SIDE`` pixels a side; None for what can't be read as one. It
    takes time and memory: among ``HANDS``, not on the event loop."""
    flat = opened_flat(content)
    if flat is None:
        return None
    if len(content) <= HEAVIEST and _is_small(content) and _is_bare(content):
        return content
    if content.startswith(_PNG):
        # Drawings and screens stay sharp; a photograph kept so would be too heavy.
        drawn = _saved(flat, "PNG", optimize=True)
        if len(drawn) <= HEAVIEST:
            return drawn
    return _saved(flat, "JPEG", quality=_QUALITY)


def _saved(image: Image.Image, kind: str, **how: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


def _is_small(content: bytes) -> bool:
    with Image.open(io.BytesIO(content)) as image:
        return max(image.size) <= SIDE and not image.has_transparency_data


def _is_bare(content: bytes) -> bool:
    """Whether there is nothing in the file that the picture is not made of."""
    if content.startswith(_PNG):
        return all(part in _PNG_PARTS for part in _png_parts(content))
    if content.startswith(b"\xff\xd8"):
        return all(part in _JPEG_PARTS for part in _jpeg_parts(content))
    return False


def _png_parts(content: bytes) -> Iterator[bytes]:
    """The types of the chunks; b"" for what follows the last one."""
    at = len(_PNG)
    while at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        kind = content[at + 4 : at + 8]
        yield kind
        at += length + 12
        if kind == b"IEND":
            break
    if at != len(content):
        yield b""


def _jpeg_parts(content: bytes) -> Iterator[int]:
    """The markers of the segments; 0 for what is none, and for what follows the end."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if marker == 0xD9:
            break
        yield 0 if marker == 0xE0 and length != _JFIF else marker
        at += 2 + length
        if marker == 0xDA:
            at = _after_scan(content, at)
    if content[at:] != b"\xff\xd9":
        yield 0


def _after_scan(content: bytes, at: int) -> int:
    """Where the next marker stands: in a scan FF is followed by 00 or by a restart."""
    while (at := content.find(b"\xff", at)) >= 0:
        if at + 1 < len(content) and not (content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7):
            return at
        at += 2
    return len(content)
