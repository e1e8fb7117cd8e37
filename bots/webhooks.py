"""What every webhook needs: a body of bounded size."""

from fastapi import Request

MAX_BODY = 1_000_000


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes | None:
    """None when it is larger than any event of a platform."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return body
