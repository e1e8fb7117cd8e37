"""Any process of a larger installation is killed, its PostgreSQL restarted, refused, silent."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import select

from nlu.embedded import EmbeddedEngine
from storage.database import Database
from storage.leases import Lease
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.faults.conftest import Note
from tests.faults.crowd import (
    Member,
    TelegramSide,
    answered,
    everybody_writes,
    forget_readings,
    gather_crowd,
    reckon,
    settled,
    unknown_outcomes,
    writes,
)
from tests.faults.figures import Row
from tests.faults.installation import Installation, Stopwatch
from tests.faults.postgres import OwnPostgres, own_postgres
from tests.faults.soak import SOAKING, rounds
from tests.running import prepare

CUSTOMERS = 60
OUTAGE_SECONDS = 60.0 if SOAKING else 3.0
PATIENCE = 240.0
SECRET = "secret-of-the-webhook"
# A customer who writes when it happens, outside the crowd.
PROBE = "какой тариф на электроэнергию"


@pytest.mark.timeout(1200)  # nine starts of a process, on a busy machine half a minute each
async def test_processes_die_and_the_database_goes_away(
    tmp_path: Path, engine: EmbeddedEngine, note: Note
) -> None:
    with own_postgres() as postgres, FakeTelegram() as telegram:
        await prepare(tmp_path, postgres.direct, engine, accounts=400)
        scene = Scene(tmp_path, postgres, telegram, note)
        try:
            await scene.begin()
            for seed, random in rounds():
                await scene.of_processes(seed, random)
                await scene.of_the_database(seed, random)
            await scene.installation.stop()
        finally:
            scene.installation.end()
            await scene.database.close()


class Scene:
    def __init__(
        self, folder: Path, postgres: OwnPostgres, telegram: FakeTelegram, note: Note
    ) -> None:
        self.postgres = postgres
        self.side = TelegramSide(telegram)
        self.database = Database(postgres.direct)
        self.installation = Installation(
            folder,
            postgres.url,
            {
                "OKNO_TELEGRAM_TOKEN": TOKEN,
                "OKNO_TELEGRAM_API_URL": telegram.url,
                "OKNO_TELEGRAM_WEBHOOK_SECRET": SECRET,
                "OKNO_TELEGRAM_PER_SECOND": "1000",
            },
        )
        self._note = note
        self._probes = 900_000

    async def begin(self) -> None:
        await self.installation.start()
        await until(lambda: bool(self.side.fake.webhook), "the webhook is registered", seconds=240)

    async def of_processes(self, seed: int, random: Random) -> None:
        """Whoever has the work in hand is killed at a random moment, and started again."""
        deaths = ["web", "worker", "sender", "jobs"]
        random.shuffle(deaths)
        await self._crowd(
            2 * seed, random, {f"SIGKILL of {one}": self._death(one) for one in deaths}
        )

    async def of_the_database(self, seed: int, random: Random) -> None:
        seconds = f"{OUTAGE_SECONDS:g} s"
        await self._crowd(
            2 * seed + 1,
            random,
            {
                "PostgreSQL restarted": self._restart,
                f"PostgreSQL refuses for {seconds}": self._refusal,
                f"PostgreSQL silent for {seconds}": self._silence,
            },
        )

    async def _crowd(
        self, number: int, random: Random, faults: dict[str, Callable[[], Awaitable[float]]]
    ) -> None:
        """One crowd that writes all the time, and the faults in turn in the midst of it."""
        await forget_readings(self.database)
        crowd = await gather_crowd(self.database, self.side, CUSTOMERS, number)
        events = everybody_writes(crowd)
        before = unknown_outcomes(*self.installation.logs())
        suffered: dict[str, float] = {}
        for place, (fault, strike) in enumerate(faults.items()):
            enough = int(len(events) * (place + random.random()) / (len(faults) + 1))
            await self._until_answered(crowd, enough)
            suffered[fault] = await strike()
        await self._until_answered(crowd, len(events))
        await until(lambda: settled(self.database), "nothing is left to do", seconds=PATIENCE)
        unknown = unknown_outcomes(*self.installation.logs()) - before
        found = await reckon(self.database, crowd, events, unknown=unknown)
        self.installation.measure()
        for fault, seconds in suffered.items():
            self._note(Row(fault, seconds))
        kind = "all of PostgreSQL's" if number % 2 else "all of the processes'"
        longest = max(suffered.values())
        self._note(Row.of(kind, longest, found, self.installation.highest_mb))

    async def _until_answered(self, crowd: list[Member], enough: int) -> None:
        await until(
            lambda: answered(crowd) >= enough,
            f"{enough} answers, {self.installation.log()}",
            seconds=PATIENCE,
        )

    async def _answered_anew(self) -> float:
        """Seconds until a customer who writes now has his answer; and he has just one."""
        self._probes += 1
        watch = Stopwatch()
        writes(self.side, self._probes, PROBE)
        await until(
            lambda: bool(self.side.reads(self._probes)),
            f"an answer after the fault: {self.installation.log()}",
            seconds=PATIENCE,
        )
        return watch.seconds()

    # --- faults --------------------------------------------------------------------------------

    def _death(self, role: str) -> Callable[[], Awaitable[float]]:
        async def die() -> float:
            name = role
            lease = {"jobs": "jobs", "sender": "sender:%"}.get(role)
            if lease is not None:
                name = await self._holder(lease) or role
            held = await self._lease(lease) if lease is not None else None
            self.installation.kill(name)
            restarting = asyncio.create_task(self.installation.start(name))
            if role == "jobs":
                watch = Stopwatch()
                await until(
                    lambda: self._moved("jobs", held), "due work goes on elsewhere", seconds=60
                )
                seconds = watch.seconds()
            else:
                seconds = await self._answered_anew()
            await restarting
            return seconds

        return die

    async def _lease(self, lease: str) -> str | None:
        async with self.database.read() as session:
            found: str | None = await session.scalar(
                select(Lease.holder).where(Lease.name.like(lease)).order_by(Lease.name.desc())
            )
        return found

    async def _holder(self, lease: str) -> str | None:
        """Which of our processes holds it."""
        found = await self._lease(lease)
        for name, process in self.installation.processes.items():
            if process.process is not None and f":{process.process.pid}:" in f":{found}:":
                return name
        return None

    async def _moved(self, lease: str, former: str | None) -> bool:
        """Another process has it, be it the dead one's successor of the same name."""
        return await self._lease(lease) != former

    async def _restart(self) -> float:
        await asyncio.to_thread(self.postgres.restart)
        return await self._after_an_outage()

    async def _refusal(self) -> float:
        self.postgres.door.refuse()
        await self._outage()
        self.postgres.door.open()
        return await self._after_an_outage()

    async def _silence(self) -> float:
        self.postgres.door.fall_silent()
        await self._outage()
        self.postgres.door.open()
        return await self._after_an_outage()

    async def _outage(self) -> None:
        """What can't be stored is not confirmed, and who asks is told that it can't be."""
        update = self.side.fake.customer(800_000).text(PROBE)
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with httpx.AsyncClient(base_url=self.installation.url, timeout=60) as client:
            began = Stopwatch()
            refused = await client.post("/webhooks/telegram", json=update, headers=headers)
            assert refused.status_code == 503
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/healthz")).status_code == 200
        await asyncio.sleep(max(0.0, OUTAGE_SECONDS - began.seconds()))

    async def _after_an_outage(self) -> float:
        seconds = await self._answered_anew()
        assert self.installation.alive(), self.installation.log()
        return seconds
