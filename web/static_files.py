"""Static files under addresses that change with their content, so browsers keep them for good."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

FOREVER = "public, max-age=31536000, immutable"
OWN = Path(__file__).parent / "static"


class Static:
    """The shell's own folder, and those of rooms below the rooms' names.

    ``url("okno.css")``, ``url("handoff/inbox.js")``.
    """

    def __init__(self, rooms: Mapping[str, Path] | None = None) -> None:
        self._rooms = dict(rooms or {})
        self._urls: dict[str, str] = {}

    def url(self, name: str) -> str:
        """Raises FileNotFoundError for a file that is not there."""
        if name not in self._urls:
            room, _, rest = name.partition("/")
            path = self._rooms[room] / rest if room in self._rooms else OWN / name
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            self._urls[name] = f"/static/{name}?v={digest}"
        return self._urls[name]

    def mount(self, app: FastAPI) -> None:
        for room, folder in self._rooms.items():
            app.mount(f"/static/{room}", _Files(directory=folder), name=f"static-{room}")
        app.mount("/static", _Files(directory=OWN), name="static")


class _Files(StaticFiles):
    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            # Without its version the file may have changed by the next time.
            versioned = scope["query_string"].startswith(b"v=")
            response.headers["cache-control"] = FOREVER if versioned else "no-cache"
        return response
