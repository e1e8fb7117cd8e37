"""A customer's side of the conversation: real understanding, billing, articles and queue."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from bots.incoming import Incoming
from conversations.models import Author, Conversation, Message, MessageKind
from conversations.service import bot_account_id
from dialogs.worker import Worker
from nlu.embedded import EmbeddedEngine
from okno import profile as profiles
from okno.assemble import assemble
from okno.profile import Thresholds
from okno.services import Services
from okno.settings import Settings
from tests.conftest import FakeClock


@dataclass(frozen=True, slots=True)
class Said:
    """What the assistant answered: texts, and the buttons under the last one."""

    texts: list[str]
    buttons: dict[str, str]

    @property
    def text(self) -> str:
        return "\n\n".join(self.texts)


async def handle_to_the_end(services: Services, worker: Worker) -> None:
    """All that is due, and what waits for more when its time has come."""
    await worker.handle_all()
    clock = services.database.clock
    assert isinstance(clock, FakeClock)
    async with services.database.read() as session:
        later = await session.scalar(
            select(func.max(Conversation.handle_at)).where(Conversation.handle_at > clock.now())
        )
    if later is not None:
        clock.value = later
        await worker.handle_all()


class Customer:
    """Writes and presses; sees what the assistant queued for him."""

    def __init__(self, services: Services, worker: Worker, account_id: int, chat: str) -> None:
        self._services = services
        self._worker = worker
        self._account_id = account_id
        self._chat = chat
        self._numbers = itertools.count(1)
        self._seen = 0
        self._buttons: dict[str, str] = {}

    async def writes(self, text: str) -> Said:
        return await self._sends(MessageKind.TEXT, text)

    async def presses(self, label: str) -> Said:
        return await self._sends(MessageKind.PRESS, label, action=self._buttons[label])

    async def presses_action(self, action: str) -> Said:
        return await self._sends(MessageKind.PRESS, "", action=action)

    async def sends(self, kind: MessageKind, text: str = "", **data: Any) -> Said:
        return await self._sends(kind, text, **data)

    async def hurries(self, text: str, number: int | None = None) -> Said:
        """Writes, and writes on before the assistant has waited for more.

        ``number``: the platform's, where messages overtake each other.
        """
        return await self._sends(MessageKind.TEXT, text, hurried=True, number=number)

    async def writes_in_vain(self, text: str) -> None:
        """Writes while no worker runs."""
        await self._accept(MessageKind.TEXT, text, next(self._numbers), {})

    async def _sends(
        self,
        kind: MessageKind,
        text: str,
        *,
        hurried: bool = False,
        number: int | None = None,
        **data: Any,
    ) -> Said:
        await self._accept(kind, text, number or next(self._numbers), data)
        if hurried:
            await self._worker.handle_all()
        else:
            await handle_to_the_end(self._services, self._worker)
        return await self.hears()

    async def _accept(
        self, kind: MessageKind, text: str, number: int, data: dict[str, Any]
    ) -> None:
        await self._services.intake.accept(
            Incoming(
                bot_account_id=self._account_id,
                channel="telegram",
                chat_id=self._chat,
                external_id=f"{self._chat}:{number}",
                kind=kind,
                sent_at=self._services.database.clock.now(),
                text=text,
                data=data,
                platform_no=number,
                order_no=number,
            )
        )

    async def hears(self) -> Said:
        async with self._services.database.read() as session:
            messages = (
                await session.execute(
                    select(Message)
                    .join(Conversation, Conversation.id == Message.conversation_id)
                    .where(
                        Conversation.chat_id == self._chat,
                        Message.author == Author.ASSISTANT,
                        Message.id > self._seen,
                    )
                    .order_by(Message.id)
                )
            ).scalars().all()  # fmt: skip
        if messages:
            self._seen = messages[-1].id
            self._buttons = {
                b["label"]: b["action"] for b in messages[-1].data["buttons"] if b["action"]
            }
        return Said([message.text for message in messages], dict(self._buttons))

    async def conversation(self) -> Conversation:
        async with self._services.database.read() as session:
            return (
                await session.execute(
                    select(Conversation).where(Conversation.chat_id == self._chat)
                )
            ).scalar_one()


@dataclass(frozen=True, slots=True)
class House:
    """The assistant with the demo company, over one of the databases."""

    services: Services
    worker: Worker
    engine: EmbeddedEngine
    account_id: int

    def customer(self, chat: str = "77") -> Customer:
        return Customer(self.services, self.worker, self.account_id, chat)


BuildHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def build_house(
    company_url: str, clock: FakeClock, engine: EmbeddedEngine
) -> AsyncIterator[BuildHouse]:
    """``await build_house(closed=True)`` for a company with office hours."""
    opened: list[Services] = []

    async def build(
        *,
        closed: bool = False,
        thresholds: Thresholds | None = None,
        rasa_url: str | None = None,
    ) -> House:
        settings = Settings(
            database_url=company_url,
            secret_key="x" * 40,
            nlu_engine="rasa" if rasa_url else "embedded",
            rasa_url=rasa_url,
            _env_file=None,
        )
        profile = profiles.load("demo")
        if thresholds is not None:
            profile = profile.model_copy(update={"understanding": thresholds})
        services = assemble(settings, profile, closed=closed, clock=clock)
        opened.append(services)
        await services.knowledge_base.load()
        worker = services.worker(services.assistant(engine))
        account_id = await bot_account_id(services.database, "telegram")
        return House(services, worker, engine, account_id)

    yield build
    for services in opened:
        await services.close()


@pytest.fixture
async def house(build_house: BuildHouse) -> House:
    return await build_house()
