"""What every fake platform has: an HTTP server in a thread of its own, and its five powers'
common part: calls are recorded, and fail as they are told."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

from tests.fakes.telegram_failures import Failure, Storm

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """A request as it came; ``accepted``: the platform did what it asks, whatever it answered."""

    method: str
    params: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: bool = False


class FakePlatform:
    """``with FakeVk() as vk:``; ``vk.url`` is the base for clients."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self._failures: list[Failure] = []
        self.storm: Storm | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        # What customers have sent, by the last part of its address: see ``file``.
        self.files: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None

    def routes(self, app: web.Application) -> None:
        """The platform's own addresses."""
        raise NotImplementedError

    # --- the test's side, from any thread ------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        self.wait(self._start())
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def fail(self, *failures: Failure) -> None:
        """The next matching calls fail, one failure each, in the given order."""
        self.do(lambda: self._failures.extend(failures))

    def file(self, name: str, content: bytes) -> str:
        """The address at which a customer's file can be fetched."""
        self.files[name] = content
        return f"{self.url}/customers-files/{name}"

    def called(self, method: str) -> list[Call]:
        return [call for call in list(self.calls) if call.method == method]

    def do(self, action: Callable[[], T]) -> T:
        async def run() -> T:
            return action()

        return self.wait(run())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=20)

    # --- the server's side ---------------------------------------------------------------------

    def next_failure(self, method: str, params: Mapping[str, Any]) -> Failure | None:
        failure = next((f for f in self._failures if f.concerns(method, params)), None)
        if failure is not None:
            self._failures.remove(failure)
        return failure

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """An event by webhook: the status and the body of the answer; 0 for no answer."""
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        try:
            async with self._client.post(url, data=body, headers=dict(headers)) as response:
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    async def _start(self) -> None:
        app = web.Application(client_max_size=50 * 2**20)
        app.router.add_get("/customers-files/{name}", self._file)
        self.routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["name"])
        return web.Response(body=content, status=404 if content is None else 200)

    async def _stop(self) -> None:
        if self._client is not None:
            await self._client.close()
        assert self._runner is not None
        await self._runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
