"""A way to a neighbour that can be shut, or fall silent."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tests.running import free_port

T = TypeVar("T")
CHUNK = 65_536
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Door:
    """A TCP proxy in a thread of its own. Open at first."""

    def __init__(self, connect: Connect) -> None:
        """``connect`` to what lies behind."""
        self.port = free_port()
        self._connect = connect
        self._listening: socket.socket | None = None
        self._passing = asyncio.Event()
        self._passing.set()
        self._links: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._listen())

    def refuse(self) -> None:
        """Nobody is there: connections are broken, new ones refused."""
        self._do(self._shut())

    def fall_silent(self) -> None:
        """Connections stand and new ones are taken, but nothing comes through any more."""
        self._loop.call_soon_threadsafe(self._passing.clear)

    def open(self) -> None:
        """What stood silent breaks off, as after another machine has taken over."""
        self._do(self._open())

    def close(self) -> None:
        self._do(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        """By hand: what asyncio's server is just taking while it is closed stays open for ever."""
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self._listening.setblocking(False)
        self._loop.add_reader(self._listening, self._take, self._listening)

    def _take(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            taken, _ = listening.accept()
            taken.setblocking(False)
            link = self._loop.create_task(self._serve(taken))
            self._links.add(link)
            link.add_done_callback(self._links.discard)
            link.add_done_callback(lambda _: taken.close())

    async def _shut(self) -> None:
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        await self._break()

    async def _open(self) -> None:
        if not self._passing.is_set():
            await self._break()
            self._passing.set()
        if self._listening is None:
            await self._listen()

    async def _break(self) -> None:
        while self._links:
            links = list(self._links)
            for link in links:
                link.cancel()
            await asyncio.gather(*links, return_exceptions=True)

    async def _serve(self, taken: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=taken)
        there: asyncio.StreamWriter | None = None
        try:
            await self._passing.wait()
            answers, there = await self._connect()
            ways = [
                asyncio.ensure_future(self._carry(reader, there)),
                asyncio.ensure_future(self._carry(answers, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()
            await asyncio.sleep(0)  # a transport closes in the loop's next turn

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(CHUNK):
            await self._passing.wait()
            sink.write(chunk)
            await sink.drain()
