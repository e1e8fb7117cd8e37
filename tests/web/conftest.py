"""The shell in a small application with one page for operators, as a room would add it."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response

from conversations.events import Events
from staff.models import Role
from staff.passwords import Passwords
from staff.service import StaffService
from storage.database import Database
from storage.signals import Signals
from tests.conftest import FakeClock
from web.app_parts import install
from web.guard import require
from web.hub import EventHub
from web.respond import notify, page
from web.shell import Shell, make_shell

PASSWORD = "зимний-счётчик-1"


@pytest.fixture
async def signals(database: Database) -> AsyncIterator[Signals]:
    signals = Signals(database)
    await signals.start()
    yield signals
    await signals.close()


@pytest.fixture
def events(signals: Signals) -> Events:
    return Events(signals)


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def hub(database: Database, signals: Signals, stop: asyncio.Event) -> AsyncIterator[EventHub]:
    hub = EventHub(database, signals, stop, heartbeat=0.01)
    await hub.start()
    yield hub
    await hub.close()


@pytest.fixture
async def staff(database: Database) -> AsyncIterator[StaffService]:
    service = StaffService(database, Passwords(PasswordHasher(1, 8, 1)))
    for login, name, role in (
        ("olga", "Ольга", Role.OPERATOR),
        ("boris", "Борис", Role.OPERATOR),
        ("petr", "Пётр <i>", Role.EDITOR),
        ("anna", "Анна", Role.ADMINISTRATOR),
    ):
        await service.add(login=login, display_name=name, role=role, password=PASSWORD)
    yield service
    service.close()


@pytest.fixture
def public_url() -> str | None:
    return None


@pytest.fixture
def shell(
    staff: StaffService,
    hub: EventHub,
    clock: FakeClock,
    public_url: str | None,
) -> Shell:
    return make_shell(
        staff=staff,
        hub=hub,
        clock=clock,
        company="Энергосбыт Тест",
        zone=ZoneInfo("Europe/Moscow"),
        public_url=public_url,
        rooms={"rooms": Path(__file__).parent},
    )


@pytest.fixture
def app(shell: Shell) -> FastAPI:
    app = FastAPI(openapi_url=None)
    install(app, shell)
    inbox = APIRouter(
        prefix="/inbox", dependencies=[Depends(require(Role.OPERATOR, Role.SUPERVISOR))]
    )

    @inbox.get("")
    async def read(request: Request) -> Response:
        return page(request, "rooms/inbox.html")

    @inbox.post("")
    async def write(text: Annotated[str, Form()] = "") -> Response:
        return notify(Response(status_code=204), f"Записано: {text}")

    @inbox.api_route("/any-method", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def change() -> Response:
        return Response(status_code=204)

    @inbox.get("/broken")
    async def broken() -> Response:
        raise RuntimeError("секрет")

    app.include_router(inbox)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.7", 1234))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://okno.test", headers={"accept": "text/html"}
    ) as client:
        yield client


async def log_in(
    client: httpx.AsyncClient, login: str = "olga", *, password: str = PASSWORD, next: str = ""
) -> httpx.Response:
    form = {"login": login, "password": password, "next": next}
    return await client.post("/login", data=form)


def csrf_of(html: str) -> str:
    found = re.search(r'name="_csrf" value="([^"]+)"', html)
    assert found is not None
    return found[1]


class Running:
    """A real server in the test's own event loop."""

    class _Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # the process's signals belong to pytest

    def __init__(self, app: FastAPI, port: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = self._Server(
            uvicorn.Config(app, log_level="warning", ws="none", lifespan="off")
        )
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))

    async def stop(self, *, at_once: bool = False) -> None:
        """As on SIGTERM: wait for what is open; ``at_once``: break it, as a lost line does."""
        self._server.should_exit = True
        self._server.force_exit = at_once
        if at_once:
            self._break_off()
        await self._task
        self._socket.close()
        # A request that is still answered holds a connection, which would outlive its database.
        async with asyncio.timeout(30):
            while answering := list(self._server.server_state.tasks):
                if at_once:  # what came while the server was stopping
                    self._break_off()
                await asyncio.wait(answering, timeout=0.1)

    def _break_off(self) -> None:
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[Running]:
    server = Running(app)
    yield server
    await server.stop(at_once=True)
