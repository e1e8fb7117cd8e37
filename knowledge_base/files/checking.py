"""What may become a file of an article: told by its bytes, whatever it is called."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from knowledge_base.errors import FileRefused
from media import publishing
from media.content import content_type
from nlu.translit import to_latin

LARGEST: Final = 5 * 2**20
_ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_READ: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
# A name that promises a picture.
_SAYS_PICTURE: Final = re.compile(r"\.(png|jpe?g|webp|gif|svg|bmp|heic|tiff?)$", re.I)
_SLUG: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG: Final = 40


@dataclass(frozen=True, slots=True)
class Checked:
    """``content``: as it is kept; ``source``: SHA-256 of the bytes that came."""

    content: bytes
    content_type: str
    source: str

    @property
    def ending(self) -> str:
        return _ENDINGS[self.content_type]


def check(content: bytes, name: str) -> Checked:
    """Pictures come out as nothing but pictures: unfolding one takes time and memory, so among
    ``media.pictures.HANDS``. ``name``: as it was called, for the words of a refusal. Raises
    FileRefused."""
    if not content:
        raise FileRefused("Файл пустой")
    if len(content) > LARGEST:
        raise FileRefused(f"Файл больше {LARGEST // 2**20} МБ: уменьшите его")
    kind = content_type(content)
    source = hashlib.sha256(content).hexdigest()
    if kind in _READ:
        picture = publishing.make(content)
        if picture is None:
            raise FileRefused("Картинка не читается: сохраните её заново как PNG или JPEG")
        return Checked(picture, content_type(picture), source)
    if kind not in _ENDINGS:
        if _SAYS_PICTURE.search(name):
            raise FileRefused("Это не картинка, хотя так называется: подойдут PNG и JPEG")
        raise FileRefused("Такие файлы не принимаем: подойдут PNG, JPEG, PDF, DOCX, XLSX, ODT, ODS")
    return Checked(content, kind, source)


def named(name: str, ending: str, again: int = 0) -> str:
    """«План дома.PNG» is «plan_doma.png», the next of that name «plan_doma_2.png»."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name.replace("\\", "/").rpartition("/")[2])
    slug = _SLUG.sub("_", to_latin(stem.lower())).strip("_")[:_LONGEST_SLUG].strip("_")
    number = f"_{again + 1}" if again else ""
    return f"{slug or 'file'}{number}.{ending}"
