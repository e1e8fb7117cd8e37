"""What Telegram refuses of uploads. Source: Bot API, «Sending files», sendPhoto, sendDocument.

Pure. A file comes as a multipart field that the parameter names: ``attach://<field>``.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from tests.fakes.telegram_limits import bad_request, parsed

CAPTION_UNITS = 1024
PHOTO_BYTES = 10 * 2**20
PHOTO_SIDES = 10_000  # width and height together
PHOTO_RATIO = 20
DOCUMENT_BYTES = 50 * 2**20


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content: bytes


def caption(params: Mapping[str, str]) -> dict[str, str]:
    shown = parsed(params.get("caption", ""), params)
    if len(shown.encode("utf-16-le")) // 2 > CAPTION_UNITS:
        raise bad_request("message caption is too long")
    return {"caption": shown} if shown else {}


def checked_photo(params: Mapping[str, str], uploads: Mapping[str, Upload]) -> list[dict[str, Any]]:
    upload = _upload("photo", params, uploads)
    if len(upload.content) > PHOTO_BYTES:
        raise bad_request("file is too big")
    try:
        width, height = Image.open(io.BytesIO(upload.content)).size
    except UnidentifiedImageError:
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    if width + height > PHOTO_SIDES or max(width, height) > PHOTO_RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return [{**_file(upload), "width": width, "height": height}]


def checked_document(params: Mapping[str, str], uploads: Mapping[str, Upload]) -> dict[str, Any]:
    upload = _upload("document", params, uploads)
    if len(upload.content) > DOCUMENT_BYTES:
        raise bad_request("file is too big")
    return {**_file(upload), "file_name": upload.name}


def _upload(what: str, params: Mapping[str, str], uploads: Mapping[str, Upload]) -> Upload:
    kind, _, field = params.get(what, "").partition("://")
    if kind != "attach" or field not in uploads:
        raise bad_request(f"there is no {what} in the request")
    if not uploads[field].content:
        raise bad_request("file must be non-empty")
    return uploads[field]


def _file(upload: Upload) -> dict[str, Any]:
    number = f"file{abs(hash(upload.content))}"
    return {"file_id": number, "file_unique_id": number, "file_size": len(upload.content)}
