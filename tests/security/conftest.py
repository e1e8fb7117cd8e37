"""The whole application as it is served: every messenger configured, one person of each role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import insert, select

from knowledge_base.learning.live import LiveEngine
from nlu.embedded import EmbeddedEngine
from okno import profile as profiles
from okno.app import create_app
from okno.assemble import assemble
from okno.channels import open_channels
from okno.services import Services
from okno.settings import Settings
from staff import sessions
from staff.models import Person, Role, StaffSession
from staff.passwords import Passwords
from tests.conftest import FakeClock

URL = "https://okno.example"
COOKIE = "__Host-okno_staff"
ANYBODY = "anybody"
VISITORS = (ANYBODY, *Role)

# Shaped as the platforms' own are, so that whatever looks at the shape is satisfied.
SECRETS = {
    "telegram_token": "123456789:" + "A" * 35,
    "telegram_webhook_secret": "telegram-secret-0123456789",
    "vk_token": "vk1.a." + "b" * 40,
    "vk_secret": "vk-secret-0123456789",
    "vk_confirmation": "f00d",
    "viber_token": "viber-token-0123456789",
    "max_token": "max-token-0123456789",
    "max_secret": "max-secret-0123456789",
    "ok_token": "tkn" + "c" * 40,
    "ok_path_secret": "ok-secret-0123456789",
    "billing_secret": "b" * 40,
    "secret_key": "x" * 40,
}
VK_GROUP = 7


@dataclass(frozen=True, slots=True)
class House:
    """``clients``: a browser for each visitor, those with a role logged in."""

    app: FastAPI
    engine: EmbeddedEngine
    services: Services
    clock: FakeClock
    clients: dict[str, httpx.AsyncClient]
    csrf: dict[str, str]


@pytest.fixture
async def house(
    sqlite_company_url: str, tmp_path: Path, clock: FakeClock, engine: EmbeddedEngine
) -> AsyncIterator[House]:
    async with _opened(sqlite_company_url, tmp_path, clock, engine) as made:
        yield made


@pytest.fixture
async def each_house(
    company_url: str, tmp_path: Path, clock: FakeClock, engine: EmbeddedEngine
) -> AsyncIterator[House]:
    """On SQLite and on PostgreSQL, which does not take everything."""
    async with _opened(company_url, tmp_path, clock, engine) as made:
        yield made


@asynccontextmanager
async def _opened(
    url: str, tmp_path: Path, clock: FakeClock, engine: EmbeddedEngine
) -> AsyncIterator[House]:
    settings = Settings(
        database_url=url, media_dir=tmp_path / "media", public_url=URL,
        vk_group_id=VK_GROUP, _env_file=None, **SECRETS,
    )  # fmt: skip
    services = assemble(settings, profiles.load("demo"), clock=clock)
    services.staff._passwords = Passwords(PasswordHasher(1, 8, 1))
    await services.values.begin()
    await services.knowledge_base.load()
    channels = await open_channels(services)
    app = create_app(services, channels, {}, LiveEngine(services.database, engine))
    clients = {visitor: browser(app) for visitor in VISITORS}
    csrf = {}
    for role in Role:
        token, csrf[role] = await _log_in(services, role)
        clients[role].cookies.set(COOKIE, token, domain="okno.example")
    yield House(app, engine, services, clock, clients, csrf)
    for client in clients.values():
        await client.aclose()
    for channel in channels:
        await channel.close()
    services.staff.close()
    await services.close()


def browser(app: FastAPI) -> httpx.AsyncClient:
    """One that nobody is logged in with."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("9.9.9.9", 4321))
    return httpx.AsyncClient(transport=transport, base_url=URL, headers={"accept": "text/html"})


async def _log_in(services: Services, role: Role) -> tuple[str, str]:
    """As after a login, without the password's work."""
    async with services.database.write() as tx:
        made = await tx.session.execute(
            insert(Person)
            .values(
                login=f"a-{role}", display_name="Пробный", password_hash="-", role=role,
                created_at=tx.now,
            )
            .returning(Person.id)
        )  # fmt: skip
        token = await sessions.open_session(tx, made.scalar_one())
        await tx.session.flush()
        csrf = await tx.session.scalar(
            select(StaffSession.csrf).where(StaffSession.token_hash == sessions.hash_token(token))
        )
    return token, csrf or ""


@pytest.fixture
def root() -> Path:
    return Path(__file__).resolve().parents[2]
