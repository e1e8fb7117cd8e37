"""How much of a request's body is read: a form library reads whatever comes, onto the disk, too.

What takes less says so itself, webhooks and the chat do. Who is not logged in sends a login.
"""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A customer's largest file with what stands around it; as in ``deploy/nginx.conf``.
MOST = 25 * 2**20
MOST_OF_A_LOGIN = 64 * 2**10


class Bounded:
    """ASGI middleware: 413 to whoever reads on past the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MOST_OF_A_LOGIN if scope["path"].startswith("/login") else MOST
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
