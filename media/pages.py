"""``GET /media/<token>/<name>``: a kept file for whoever has a signed link to it."""

from urllib.parse import quote

from fastapi import APIRouter, Response
from starlette.responses import PlainTextResponse, StreamingResponse

from media.content import SHOWN_INLINE
from media.errors import BadLink, FileGone
from media.links import Links
from media.store import Kept, MediaStore

_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=3600",
    # A file is no page: whatever it holds, it loads and runs nothing.
    "content-security-policy": "default-src 'none'; sandbox",
    "referrer-policy": "no-referrer",
}
_GONE = "Ссылка на файл больше не действует. Вернитесь в чат и обновите его."


def router(store: MediaStore, links: Links) -> APIRouter:
    routes = APIRouter(prefix="/media", include_in_schema=False)

    @routes.get("/{token}/{name}")
    async def file(token: str, name: str) -> Response:
        """Shown in the page only when it is a picture by its own bytes."""
        try:
            target = links.open(token)
            kept = await store.find(target.digest)
        except (BadLink, FileGone):
            return PlainTextResponse(_GONE, 410, {"cache-control": "no-store"})
        return served(kept, target.name, inline=not target.saved)

    return routes


def served(kept: Kept, name: str, *, inline: bool) -> Response:
    """``inline``: may be shown in the page, when its bytes are of a picture; else it is saved."""
    inline = inline and kept.content_type in SHOWN_INLINE
    return StreamingResponse(
        kept.pieces(),
        media_type=kept.content_type,
        headers={
            **_HEADERS,
            "content-length": str(kept.size),
            "content-disposition": _disposition("inline" if inline else "attachment", name),
        },
    )


def _disposition(how: str, name: str) -> str:
    """RFC 6266, 4.3: a name that is not plain goes in UTF-8 (RFC 8187)."""
    coded = quote(name, safe="")
    return f'{how}; filename="{name}"' if coded == name else f"{how}; filename*=UTF-8''{coded}"
