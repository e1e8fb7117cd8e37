"""A file is fetched from the address that was checked, and no more of it than allowed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import httpx
import pytest
from aiohttp import web

from media.addresses import Rules
from media.errors import NotAllowed, NotReached
from media.fetching import Fetcher

MOST = 1000


class Site:
    """A server on this machine; ``hosts``: whom the requests were meant for."""

    def __init__(self) -> None:
        self.url = ""
        self.hosts: list[str] = []
        self.released = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.hosts.append(request.host)
        match request.path:
            case "/fits":
                return web.Response(body=b"x" * MOST)
            case "/too-long":
                return web.Response(body=b"x" * (MOST + 1))
            case "/endless":
                response = web.StreamResponse()
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b"x" * 500)
                return response
            case "/never":
                await self.released.wait()
            case "/packed":
                return web.Response(body=b"x", headers={"content-encoding": "gzip"})
            case "/out":
                raise web.HTTPFound("https://internal.example/secret")
            case "/round":
                raise web.HTTPFound("/round")
            case "/on":
                raise web.HTTPFound("/fits")
            case "/busy":
                return web.Response(status=503)
        return web.Response(status=404)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    site.released.set()
    await runner.cleanup()


def at(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


async def test_the_content_up_to_its_limit_and_over_a_redirect(site: Site) -> None:
    fetcher = Fetcher(Rules((), site.url))
    assert await fetcher.fetch(f"{site.url}/fits", MOST) == b"x" * MOST
    assert await fetcher.fetch(f"{site.url}/on", MOST) == b"x" * MOST


@pytest.mark.parametrize(
    ("path", "problem"),
    [("too-long", "too_large"), ("endless", "too_large"), ("packed", "type"), ("gone", "gone"),
     ("out", "host"), ("round", "redirects")],
)  # fmt: skip
async def test_what_is_refused_for_good(site: Site, path: str, problem: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        await Fetcher(Rules((), site.url)).fetch(f"{site.url}/{path}", MOST)
    assert refused.value.problem == problem


async def test_what_may_work_another_time(site: Site) -> None:
    with pytest.raises(NotReached) as busy:
        await Fetcher(Rules((), site.url)).fetch(f"{site.url}/busy", MOST)
    with pytest.raises(NotReached) as slow:
        await Fetcher(Rules((), site.url), seconds=0.05).fetch(f"{site.url}/never", MOST)
    with pytest.raises(NotReached) as nobody:
        await Fetcher(Rules((), "http://127.0.0.1:1")).fetch("http://127.0.0.1:1/a", MOST)
    assert [error.value.problem for error in (busy, slow, nobody)] == [
        "unreachable", "slow", "unreachable",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "addresses",
    [("10.0.0.1",), ("127.0.0.1",), ("93.184.216.34", "169.254.169.254"), ("::ffff:10.0.0.1",), ()],
)
async def test_a_name_that_leads_inside_is_not_followed(addresses: tuple[str, ...]) -> None:
    fetcher = Fetcher(Rules(("files.example",)), resolve=at(*addresses))
    with pytest.raises(NotAllowed) as refused:
        await fetcher.fetch("https://files.example/a.jpg", MOST)
    assert (refused.value.problem, refused.value.host) == ("address", "files.example")


async def test_the_connection_goes_to_the_checked_address_under_the_name(site: Site) -> None:
    """«localhost» is asked for once; the first of its addresses does not answer."""
    port = site.url.rsplit(":", 1)[1]
    own = f"http://localhost:{port}"
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.9", "127.0.0.1"]

    await Fetcher(Rules((), own), resolve=resolve).fetch(f"{own}/fits", MOST)
    assert asked == ["localhost"]
    assert site.hosts == [f"localhost:{port}"]


async def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not to the name, which may lead inside a moment later; that it is asked for, and the
    certificate is of it, stays."""
    asked = []

    class Recorder(httpx.AsyncBaseTransport):
        def __init__(self, **_: object) -> None: ...

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(
                (request.url.host, request.headers["host"], request.extensions["sni_hostname"])
            )
            if len(asked) == 1:
                raise httpx.ConnectError("away")
            return httpx.Response(200, stream=httpx.ByteStream(b"a photo"))

    async def public(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "93.184.215.15"]

    monkeypatch.setattr("media.fetching.httpx.AsyncHTTPTransport", Recorder)
    fetcher = Fetcher(Rules(hosts=("i.example.ru",)), resolve=public)
    assert await fetcher.fetch("https://i.example.ru/a.jpg", 100) == b"a photo"
    name = "i.example.ru"
    assert asked == [("93.184.215.14", name, name), ("93.184.215.15", name, name)]
