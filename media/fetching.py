"""Fetching a file by a link that came from outside.

The host's name is resolved once, every address is checked, and the connection goes to the address
that was checked (a name may lead elsewhere a moment later); the certificate is still checked
against the name. The same for every redirect.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import httpx

from media.addresses import Rules, check, is_loopback, is_public
from media.errors import NotAllowed, NotReached
from media.models import Problem

MOST_REDIRECTS = 3
SECONDS = 60.0
CONNECT_SECONDS = 10.0

# From host and port to addresses, raising OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# What the platform may give us another time; any other refusal is its last word.
_PASSING = {408, 425, 429}


async def resolved(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


class Fetcher:
    """``trust``: the certificates that are believed, the system's by default."""

    def __init__(
        self,
        rules: Rules,
        *,
        trust: ssl.SSLContext | None = None,
        resolve: Resolve = resolved,
        seconds: float = SECONDS,
    ) -> None:
        self._rules = rules
        self._trust = trust
        self._resolve = resolve
        self._seconds = seconds

    async def fetch(self, link: str, most: int) -> bytes:
        """The file behind ``link``, ``most`` bytes at most. Raises NotAllowed, NotReached."""
        # As needed: the system's certificates take a while to read.
        self._trust = self._trust or await asyncio.to_thread(ssl.create_default_context)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._followed(link, most)
        except TimeoutError as error:
            raise NotReached(Problem.SLOW) from error

    async def _followed(self, link: str, most: int) -> bytes:
        try:
            url = httpx.URL(link)
        except (httpx.InvalidURL, TypeError) as error:
            raise NotAllowed(Problem.SCHEME) from error
        for _ in range(1 + MOST_REDIRECTS):
            found = await self._get(url, most)
            if isinstance(found, bytes):
                return found
            url = found
        raise NotAllowed(Problem.REDIRECTS)

    async def _get(self, url: httpx.URL, most: int) -> bytes | httpx.URL:
        """The content, or where else it is."""
        here = check(url, self._rules)
        addresses = await self._checked(url, here)
        pinned = _Pinned(addresses, httpx.AsyncHTTPTransport(verify=self._trust or True))
        # Neither cookies nor proxies of the environment: they would make the connection theirs.
        async with httpx.AsyncClient(
            transport=pinned, trust_env=False, timeout=httpx.Timeout(None, connect=CONNECT_SECONDS)
        ) as client:
            try:
                # Packed content could unfold to any size.
                headers = {"accept-encoding": "identity"}
                async with client.stream("GET", url, headers=headers) as response:
                    if response.next_request is not None:
                        return response.next_request.url
                    return await _content(response, most)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise NotAllowed(Problem.SCHEME) from error
            except httpx.HTTPError as error:
                raise NotReached(Problem.UNREACHABLE, url.host) from error

    async def _checked(self, url: httpx.URL, here: bool) -> Sequence[str]:
        try:
            addresses = await self._resolve(url.host, url.port or 443)
        except (OSError, UnicodeError) as error:
            raise NotReached(Problem.UNREACHABLE, url.host) from error
        if not addresses or not all(
            is_public(address) or (here and is_loopback(address)) for address in addresses
        ):
            raise NotAllowed(Problem.ADDRESS, url.host)
        return addresses


class _Pinned(httpx.AsyncBaseTransport):
    """Connects to the first of the addresses that can be reached, whatever the host's name says
    now."""

    def __init__(self, addresses: Sequence[str], inner: httpx.AsyncHTTPTransport) -> None:
        self._addresses = addresses
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for address in self._addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_to(self._addresses[-1], request))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _to(address: str, request: httpx.Request) -> httpx.Request:
    """The header «Host» and what the certificate is checked against stay the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


async def _content(response: httpx.Response, most: int) -> bytes:
    if response.status_code >= 500 or response.status_code in _PASSING:
        raise NotReached(Problem.UNREACHABLE, response.url.host)
    if response.status_code != httpx.codes.OK:
        raise NotAllowed(Problem.GONE)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NotAllowed(Problem.TYPE)
    told = response.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise NotAllowed(Problem.TOO_LARGE)
    content = bytearray()
    async for piece in response.aiter_raw():
        content += piece
        if len(content) > most:
            raise NotAllowed(Problem.TOO_LARGE)
    return bytes(content)
