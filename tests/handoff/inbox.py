"""The inbox in an application of its own, over a test house."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI

import handoff
from billing.customers.claiming import Claims
from bots.undelivered import pages as undelivered
from bots.undelivered.deliveries import Undeliverables
from bots.undelivered.restoring import restored_router
from handoff.board.pages import board_router
from handoff.customer.accounts import ConfirmedAccount, MeterLine
from handoff.inbox import pages
from handoff.inbox.files import files
from handoff.inbox.tools import CompanyFacts
from handoff.inbox.uploads import Uploads
from knowledge_base.answers import Answer
from knowledge_base.search import Document, Hit, SearchIndex
from media.store import MediaStore
from replies import File
from staff.models import Role
from staff.passwords import Passwords
from staff.service import StaffService
from tests.handoff.conftest import House
from web.app_parts import install
from web.hub import EventHub
from web.shell import make_shell

PASSWORD = "зимний-счётчик-1"
ROOM = Path(handoff.__file__).parent
TITLES = {"faq/penalty": "Пени", "submit_reading": "Передать показания"}
ACCOUNT = ConfirmedAccount(
    number="440012345678",
    holder="Ковалёва Мария Игоревна",
    address="г. Примерск, ул. Мира, д. 12",
    balance="Долг 1 234,56 ₽",
    owes=True,
    proof="ботом: номер счёта и владелец",
    meters=[MeterLine("0112", "4 512 от 20.10.2026")],
)


class OneArticle:
    """One article, with ``files`` that stand in its text."""

    def __init__(self, *files: File) -> None:
        self._files = files

    def answer(self, topic: str) -> Answer | None:
        if topic != "faq/penalty":
            return None
        text = "Пени **не** начисляют 30 дней."
        return Answer(topic, "Пени за просрочку", text, "", (), 1, files=self._files)

    def search(
        self, query: str, hints: Mapping[str, float] | None = None, *, limit: int = 10
    ) -> list[Hit]:
        index = SearchIndex([Document("faq/penalty", "Пени за просрочку")])
        return index.search(query, hints, limit=limit)


async def staff_of(house: House) -> StaffService:
    """Ольга and Иван are operators, Пётр is an editor, Ирина a supervisor."""
    staff = StaffService(house.database, Passwords(PasswordHasher(1, 8, 1)))
    for login, name, role in (
        ("olga", "Ольга", Role.OPERATOR),
        ("ivan", "Иван", Role.OPERATOR),
        ("petr", "Пётр", Role.EDITOR),
        ("irina", "Ирина", Role.SUPERVISOR),
    ):
        await staff.add(login=login, display_name=name, role=role, password=PASSWORD)
    return staff


def inbox_app(
    house: House,
    staff: StaffService,
    hub: EventHub,
    confirmed: set[int] | None = None,
    *,
    article: OneArticle | None = None,
) -> FastAPI:
    """``confirmed``: contacts whose account is shown."""
    shell = make_shell(
        staff=staff, hub=hub, clock=house.clock, company="Энергосбыт Тест",
        zone=ZoneInfo("Europe/Moscow"),
        rooms={"handoff": ROOM, undelivered.ROOM: undelivered.FOLDER},
    )  # fmt: skip

    async def accounts(contact_id: int) -> Sequence[ConfirmedAccount]:
        return [ACCOUNT] if contact_id in (confirmed or ()) else []

    app = FastAPI(openapi_url=None)
    install(app, shell)
    undeliverables = Undeliverables(house.database, house.events, house.signals)
    app.include_router(restored_router(house.database))
    app.include_router(undelivered.router(undeliverables, str.upper))
    routes = pages.router(
        house.service,
        accounts=accounts,
        claims=Claims(house.database, house.outbox, house.events),
        articles=article or OneArticle(),
        facts=CompanyFacts("Энергосбыт Тест", lambda: "ул. Светлая, 1, пн–пт 8:00–18:00", TITLES),
        intent_title=lambda name: TITLES.get(name, ""),
        signals=house.signals,
        uploads=uploads_of(house),
    )
    app.include_router(routes)
    app.include_router(
        board_router(
            house.service,
            sure=0.5,
            intent_title=lambda name: TITLES.get(name, ""),
            subjects=TITLES,
        )
    )
    return app


def files_of(house: House, store: MediaStore, article: OneArticle | None = None) -> APIRouter:
    return files(
        house.database, house.events, house.signals, store, uploads_of(house),
        article or OneArticle(),
    )  # fmt: skip


def uploads_of(house: House) -> Uploads:
    return Uploads(b"a key of the tests, long enough to be one", house.clock)


def hub_of(house: House) -> EventHub:
    return EventHub(house.database, house.signals, asyncio.Event(), heartbeat=0.01)
