"""Connections over a network are watched by the kernel."""

import asyncio
import socket
from types import SimpleNamespace

import uvloop

from storage import lost_peers


def test_the_kernel_watches_a_connection() -> None:
    async def connect() -> tuple[int, int]:
        async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        lost_peers.notice(SimpleNamespace(_transport=writer.transport))
        watched = writer.get_extra_info("socket")
        found = (
            watched.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            watched.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        )
        writer.close()
        server.close()
        return found

    # As in production: its sockets are not Python's own.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(connect()) == (1, lost_peers.IDLE_SECONDS)
