"""Calls of platforms that are spoken to in plain HTTP and JSON."""

import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bots.outcome import Outcome, TryAgain, Unknown

REQUEST_SECONDS = 20.0
UPLOAD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Way:
    """How a bot's platform is reached: through a ``proxy`` (http://[user:password@]host:port), and
    with whose certificate its own is signed, where the system does not know that one."""

    proxy: str | None = None
    ca_file: Path | None = None

    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        return context

    def client(self, **rest: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(proxy=self.proxy, verify=self.trust(), **rest)


DIRECT = Way()


class NotUnderstood(Exception):
    """The answer is no JSON object: a page of a gateway in between."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status} without JSON")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: httpx.Headers = field(default_factory=httpx.Headers)


def answer_of(response: httpx.Response) -> Answer:
    """Raises NotUnderstood."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(response.status_code) from error
    if not isinstance(body, dict):
        raise NotUnderstood(response.status_code)
    return Answer(response.status_code, body, response.headers)


def broken_off(error: httpx.HTTPError | NotUnderstood) -> Outcome:
    """Without a connection nothing was sent; past it nobody knows."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return TryAgain("no connection")
    return Unknown(type(error).__name__)
