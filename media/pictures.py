"""A picture made anew from a customer's one: the only form in which a page shows it.

Whatever else the bytes held (a place, another file, something for a browser's bug) is gone.
"""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image, ImageOps

SIDE = 1600
# A small file can unfold to gigabytes: more pixels than cameras of telephones make are not read.
MOST_PIXELS = 60_000_000
_QUALITY = 85
# Unfolding takes time and memory: two at once.
HANDS = ThreadPoolExecutor(2, thread_name_prefix="pictures")


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of ``width`` × ``height`` pixels."""

    content: bytes
    width: int
    height: int


async def made_anew(content: bytes) -> Picture | None:
    """None for what is no picture, or none that can be read."""
    return await asyncio.get_running_loop().run_in_executor(HANDS, _made, content)


def _made(content: bytes) -> Picture | None:
    flat = opened_flat(content)
    if flat is None:
        return None
    stream = io.BytesIO()
    flat.save(stream, "JPEG", quality=_QUALITY)
    return Picture(stream.getvalue(), flat.width, flat.height)


def opened_flat(content: bytes) -> Image.Image | None:
    """The picture upright on white, of at most ``SIDE`` a side, and nothing that came with it."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (SIDE, SIDE))
            turned = ImageOps.exif_transpose(opened)
            turned.thumbnail((SIDE, SIDE))
            flat = _on_white(turned)
    # Pillow's readers of broken files raise about anything.
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError,
            Image.DecompressionBombError, Image.DecompressionBombWarning):  # fmt: skip
        return None
    # What stood beside the picture (a comment, a profile) would be written out again.
    flat.info = {}
    return flat


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    page = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(page, seen).convert("RGB")
