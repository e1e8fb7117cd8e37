"""The editors' pages in the real shell, with the assistant's answer to «Попробовать» invented."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from conversations.events import Events
from knowledge_base import pages
from knowledge_base.company.pages import Reference
from knowledge_base.company.values import CompanyValues
from knowledge_base.editing import Editor
from knowledge_base.files.service import ArticleFiles
from knowledge_base.learning.service import Learning
from knowledge_base.try_out import Draft, FoundEntity, Guess, TryResult
from media import pages as media_pages
from media.links import Links
from media.shelf import FolderShelf
from media.store import MediaStore
from replies import Button, Reply
from staff.models import Role
from staff.passwords import Passwords
from staff.service import StaffService
from storage.database import Database
from storage.signals import Signals
from tests.conftest import FakeClock
from tests.knowledge_base.samples import PROFILE, VALUES
from web.app_parts import install
from web.hub import EventHub
from web.shell import make_shell

PASSWORD = "зимний-счётчик-1"
ROOM = Path(pages.__file__).parent
ZONE = ZoneInfo("Europe/Moscow")


@pytest.fixture
async def staff(database: Database) -> AsyncIterator[StaffService]:
    service = StaffService(database, Passwords(PasswordHasher(1, 8, 1)))
    for login, name, role in (
        ("elena", "Елена", Role.EDITOR),
        ("petr", "Пётр", Role.EDITOR),
        ("admin", "Анна", Role.ADMINISTRATOR),
        ("olga", "Ольга", Role.OPERATOR),
        ("irina", "Ирина", Role.SUPERVISOR),
    ):
        await service.add(login=login, display_name=name, role=role, password=PASSWORD)
    yield service
    service.close()


async def try_it(text: str, draft: Draft | None) -> TryResult:
    said = f"Ответ на «{text}»" if draft is None else f"{draft.topic}: {draft.text.body}"
    return TryResult(
        intent="faq/penalty",
        confidence=0.874,
        runners_up=(Guess("faq/installment", 0.06), Guess("out_of_scope", 0.02)),
        entities=(FoundEntity("account_number", "440012345678"),),
        replies=(Reply(said, (Button("Мой долг", action="i:balance"),)),),
    )


async def read(texts: Sequence[str]) -> list[Guess]:
    """Everything about money is a question about debts."""
    return [Guess("balance" if "долг" in text else "faq/penalty", 0.91) for text in texts]


@pytest.fixture
def signals(database: Database) -> Signals:
    return Signals(database)


@pytest.fixture
def editor(database: Database, signals: Signals) -> Editor:
    events = Events(signals)
    return Editor(
        database,
        events,
        Learning(database, events, signals),
        lambda: VALUES,
        {"faq/installment": ("Мои пени",)},
    )


@pytest.fixture
async def hub(database: Database, signals: Signals) -> AsyncIterator[EventHub]:
    """Not started: only pages in a browser listen to it."""
    hub = EventHub(database, signals, asyncio.Event())
    yield hub
    await hub.close()


@pytest.fixture
def values(database: Database, editor: Editor) -> CompanyValues:
    """Of the demo's profile; nothing is stored yet."""
    return CompanyValues(database, editor.events, PROFILE, ZONE)


@pytest.fixture
def media(database: Database, tmp_path: Path) -> MediaStore:
    return MediaStore(database, FolderShelf(tmp_path / "media"))


@pytest.fixture
def files(database: Database, media: MediaStore, clock: FakeClock) -> ArticleFiles:
    return ArticleFiles(database, media, Links(b"k" * 40, clock))


@pytest.fixture
def app(
    clock: FakeClock,
    staff: StaffService,
    hub: EventHub,
    editor: Editor,
    values: CompanyValues,
    media: MediaStore,
    files: ArticleFiles,
) -> FastAPI:
    app = FastAPI(openapi_url=None)
    install(
        app,
        make_shell(
            staff=staff,
            hub=hub,
            clock=clock,
            company="Энергосбыт Тест",
            zone=ZONE,
            rooms={"knowledge_base": ROOM},
        ),
    )
    reference = Reference(
        editor.database,
        values,
        lambda known: {"Опасность": f"Звоните {known['grid']['phone']}"},
        {"readings": ("Передача показаний",)},
    )
    app.include_router(pages.router(editor, try_it, read, reference, files, zone=ZONE))
    app.include_router(media_pages.router(media, Links(b"k" * 40, clock)))
    return app


class Browser:
    """A person's browser: logged in, sends forms with the page's token."""

    def __init__(self, app: FastAPI) -> None:
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://okno.test",
            headers={"accept": "text/html"},
        )
        self._csrf = ""

    async def log_in(self, login: str) -> "Browser":
        form = {"login": login, "password": PASSWORD}
        assert (await self._client.post("/login", data=form)).status_code == 303
        found = re.search(r'name="_csrf" value="([^"]+)"', (await self.get("/profile")).text)
        assert found is not None
        self._csrf = found[1]
        return self

    async def get(self, path: str, *, htmx: bool = False) -> httpx.Response:
        return await self._client.get(path, headers={"hx-request": "true"} if htmx else {})

    async def post(
        self, path: str, form: dict[str, str | list[str]], *, htmx: bool = False
    ) -> httpx.Response:
        headers = {"hx-request": "true", "x-csrf-token": self._csrf} if htmx else {}
        return await self._client.post(path, data={"_csrf": self._csrf} | form, headers=headers)

    async def upload(self, path: str, name: str, content: bytes) -> httpx.Response:
        return await self._client.post(
            path, data={"_csrf": self._csrf}, files={"file": (name, content)}
        )

    async def sends(self, path: str, content: bytes) -> httpx.Response:
        """As a script of the page does."""
        return await self._client.post(path, content=content, headers={"x-csrf-token": self._csrf})

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
async def elena(app: FastAPI) -> AsyncIterator[Browser]:
    browser = await Browser(app).log_in("elena")
    yield browser
    await browser.close()


@pytest.fixture
async def petr(app: FastAPI) -> AsyncIterator[Browser]:
    browser = await Browser(app).log_in("petr")
    yield browser
    await browser.close()
