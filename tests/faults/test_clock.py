"""The machine's clock is set forward and back by an hour under an assembled application."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bots.telegram.incoming import parse_update, read_object
from conversations.clock_back import pull_back
from conversations.models import Author, Conversation, Delivery, DeliveryState, Message
from nlu.embedded import EmbeddedEngine
from okno import profile as profiles
from okno.assemble import assemble
from okno.channels import Channel, open_channels
from okno.services import Services
from okno.settings import Settings
from storage import jobs, leases
from storage.database import Database
from tests.conftest import FakeClock
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until

HOUR = timedelta(hours=1)
QUESTION, EXPECTED = "какой тариф на электроэнергию", "5,47"


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


class Running:
    """Worker, sender and due work of one process; what customers write is stored by ``write``."""

    def __init__(self, services: Services, channel: Channel, fake: FakeTelegram) -> None:
        self.services, self.channel, self.fake = services, channel, fake

    async def write(self, chat: int, text: str = QUESTION) -> None:
        update_ = self.fake.customer(chat).text(text)
        clock = self.services.database.clock
        update_["message"]["date"] = int(clock.now().timestamp())
        incoming = parse_update(read_object(update_), self.channel.account_id, clock.now())
        assert incoming is not None
        assert await self.services.intake.accept(incoming)

    @asynccontextmanager
    async def at_work(self, engine: EmbeddedEngine) -> AsyncIterator[None]:
        services, stop = self.services, asyncio.Event()
        loops = [
            services.worker(services.assistant(engine)).run(stop),
            self.channel.delivery(services).run(stop),
        ]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(30):
                await asyncio.gather(*tasks)

    async def answered(self, chat: int) -> None:
        await until(lambda: bool(self.fake.customer(chat).reads), f"{chat} is answered", seconds=60)
        (answer,) = self.fake.customer(chat).reads
        assert EXPECTED in answer


@pytest.fixture
async def running(
    company_url: str, tmp_path: Path, clock: FakeClock, telegram: FakeTelegram
) -> AsyncIterator[Running]:
    settings = Settings(
        database_url=company_url, secret_key="x" * 40, media_dir=tmp_path / "media",
        telegram_token=TOKEN, telegram_api_url=telegram.url, _env_file=None,
    )  # fmt: skip
    services = assemble(settings, profiles.load("demo"), clock=clock)
    await services.knowledge_base.load()
    channels = await open_channels(services)
    (channel,) = [one for one in channels if one.name == "telegram"]
    yield Running(services, channel, telegram)
    for one in channels:
        await one.close()
    await services.close()


async def test_what_waits_does_not_wait_an_hour_longer(
    running: Running, clock: FakeClock, engine: EmbeddedEngine
) -> None:
    """Stored and queued by a clock that was an hour fast; then it is set right."""
    database, events = running.services.database, running.services.events
    async with running.at_work(engine):
        await running.write(1)
        await running.answered(1)
    await running.write(2)
    async with database.write() as tx:  # a claim of the former time, and a retry that waits
        await tx.session.execute(
            update(Conversation)
            .where(Conversation.chat_id == "2")
            .values(claim_token="gone", claimed_until=tx.now + timedelta(seconds=12))
        )
        await tx.session.execute(
            update(Delivery).values(
                state=DeliveryState.QUEUED, attempts=3, not_before=tx.now + timedelta(seconds=8)
            )
        )
    running.fake.chats.clear()
    clock.advance(hours=-1)
    async with running.at_work(engine):
        assert await pull_back(database, events)
        assert not await pull_back(database, events)
        await running.answered(1)
        await running.answered(2)
        await running.write(3)
        await running.answered(3)
    await _each_answered_once(database, 3)


async def test_a_jump_forward_repeats_nothing_and_a_lease_of_the_future_is_none(
    running: Running, clock: FakeClock, engine: EmbeddedEngine
) -> None:
    database = running.services.database
    async with database.write() as tx:
        await jobs.schedule(tx, "once", "a", tx.now + timedelta(minutes=50))
    ran: list[str] = []

    async def handle(_tx: object, _payload: object) -> None:
        ran.append("once")

    runner = jobs.JobRunner(database, {"once": handle}, holder="a", period=1)
    async with running.at_work(engine):
        for chat in range(1, 6):
            await running.write(chat)
            if chat == 3:
                clock.value += HOUR
        for chat in range(1, 6):
            await running.answered(chat)
        await runner.run_due()
        await runner.run_due()
    assert ran == ["once"]
    await _each_answered_once(database, 5)
    # Taken by a clock that was fast, by a process that has died since.
    assert await leases.acquire(database, "jobs", "dead") is not None
    future = max(datetime.now(UTC), clock.now()) + HOUR  # by whichever clock leases are timed
    async with database.write() as tx:
        await tx.session.execute(update(leases.Lease).values(expires_at=future))
    assert await leases.acquire(database, "jobs", "alive") is not None


async def _each_answered_once(database: Database, customers: int) -> None:
    async with database.read() as session:
        unhandled = select(func.count()).where(Message.handled_at.is_(None))
        assert await session.scalar(unhandled) == 0
        answers = select(func.count()).where(Message.author == Author.ASSISTANT)
        assert await session.scalar(answers) == customers
