"""What every webhook does: a body of bounded size, an answer only after the event is stored."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import Request, Response

from bots.incoming import Malformed
from storage.outage import is_outage

log = structlog.get_logger(__name__)

# Larger than any event of a platform.
MAX_BODY = 1_000_000
# A database may be silent, too: then the event counts as not stored, whatever becomes of it, and a
# repeat is recognised. Platforms wait longer than this.
STORE_SECONDS = 8.0
# Set in a request's scope: what it got, it got without having shown a secret.
UNPROVEN = "okno.unproven"


async def answer(
    request: Request, channel: str, take: Callable[[bytes], Awaitable[Response | None]]
) -> Response:
    """``take`` stores the event in the body; what it returns is the answer, ``None`` a bare 200.

    413: too large. 400: ``take`` raised Malformed. 503: an outage of ours, send it again.
    """
    body = await _body(request)
    if body is None:
        return Response(status_code=413)
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await take(body) or Response(status_code=200)
    except Malformed:
        log.warning("bots.malformed_update", channel=channel)
        return Response(status_code=400)
    except Exception as error:
        if not is_outage(error):
            raise
        return Response(status_code=503)


def read_json(body: bytes) -> Any:
    """Raises Malformed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("no JSON") from error


async def _body(request: Request) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return body
