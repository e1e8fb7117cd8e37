"""One process, SQLite, two messengers: platforms in a storm, a full disk, thousands at once.

The scenes follow each other on the same running installation, as the faults of a bad day do.
"""

import asyncio
import resource
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import select

from conversations.models import Author, Message
from nlu.embedded import EmbeddedEngine
from storage.database import Database
from tests.fakes import telegram_failures as ways
from tests.fakes import vk
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.vk import FakeVk
from tests.fakes.vk_events import GROUP_ID
from tests.fakes.waiting import until
from tests.faults.conftest import Note
from tests.faults.crowd import (
    Reckoning,
    TelegramSide,
    VkSide,
    answered,
    everybody_writes,
    forget_readings,
    gather_crowd,
    reckon,
    settled,
    writes,
)
from tests.faults.figures import MOST_OF_A_FLOOD_MB, Row
from tests.faults.installation import Stopwatch, events_in, highest_memory
from tests.faults.soak import FLOOD, rounds
from tests.running import RunningOkno, prepare

CUSTOMERS = 40
PATIENCE = 240.0
QUESTION, EXPECTED = "какой тариф на электроэнергию", "5,47"
# So much the log may still grow while the database's files may not.
ROOM_FOR_THE_LOG = 2**20
LATE = 2 * 3600.0

STORM_OF_TELEGRAM = (
    lambda method: ways.too_many(method, 1),
    lambda method: ways.refused(method, 500, "Internal Server Error"),
    ways.html_page,
    ways.reset_before_accept,
    ways.reset_after_accept,
    ways.cut_short,
    ways.page_after_accept,
    lambda method: ways.trickling(method, 0.5),
)
STORM_OF_VK = (
    lambda method: vk.refused(method, 6),
    lambda method: vk.refused(method, 10),
    ways.html_page,
    ways.reset_before_accept,
    ways.reset_after_accept,
    ways.cut_short,
    ways.page_after_accept,
    lambda method: ways.trickling(method, 0.5),
)


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture
def vkontakte() -> Iterator[FakeVk]:
    with FakeVk() as fake:
        yield fake


async def test_platforms_disk_and_crowds(
    telegram: FakeTelegram,
    vkontakte: FakeVk,
    sqlite_url: str,
    tmp_path: Path,
    engine: EmbeddedEngine,
    note: Note,
) -> None:
    await prepare(tmp_path, sqlite_url, engine, accounts=600)
    scene = Scene(tmp_path, sqlite_url, telegram, vkontakte, note)
    try:
        await scene.begin()
        for seed, random in rounds():
            await scene.storm(seed, random)
            await scene.late_updates(seed)
            await scene.full_disk(seed, random)
            await scene.flood(seed)
        assert await scene.okno.stop() == 0
    finally:
        scene.okno.end()
        await scene.database.close()


class Scene:
    def __init__(
        self, folder: Path, url: str, telegram: FakeTelegram, vkontakte: FakeVk, note: Note
    ) -> None:
        self.telegram, self.vk = TelegramSide(telegram), VkSide(vkontakte)
        self.database = Database(url)
        self.okno = RunningOkno(
            folder,
            url,
            {
                "OKNO_TELEGRAM_TOKEN": TOKEN,
                "OKNO_TELEGRAM_API_URL": telegram.url,
                "OKNO_TELEGRAM_WEBHOOK_SECRET": "secret-of-the-webhook",
                "OKNO_VK_TOKEN": vk.TOKEN,
                "OKNO_VK_GROUP_ID": str(GROUP_ID),
                "OKNO_VK_SECRET": vk.SECRET,
                "OKNO_VK_CONFIRMATION": vk.CONFIRMATION,
                "OKNO_VK_API_URL": vkontakte.url,
            },
        )
        self.okno.environment = {**self.okno.environment, "OKNO_PUBLIC_URL": self.okno.url}
        vkontakte.callback = f"{self.okno.url}/webhooks/vk"
        self._note = note
        self._further = 500_000

    async def begin(self) -> None:
        await self.okno.start()
        await until(
            lambda: bool(self.telegram.fake.webhook), "the webhook is registered", seconds=240
        )

    # --- the platforms -------------------------------------------------------------------------

    async def storm(self, seed: int, random: Random) -> None:
        """Every fourth call goes wrong, each in its way; updates come twice and overtake each
        other; one call is never answered at all."""
        await forget_readings(self.database)
        crowds = [
            await gather_crowd(self.database, self.telegram, CUSTOMERS, seed),
            await gather_crowd(self.database, self.vk, CUSTOMERS, seed, skip=CUSTOMERS),
        ]
        before = await self._unknown("telegram")
        released = threading.Event()
        silent = ways.slow("sendMessage", released, chat_id=crowds[0][0].number)
        self.telegram.fake.fail(silent)
        storms = [
            ways.Storm(random, ["sendMessage"], STORM_OF_TELEGRAM),
            ways.Storm(random, ["messages.send", "execute"], STORM_OF_VK),
        ]
        self.telegram.fake.storm, self.vk.fake.storm = storms
        events = [everybody_writes(crowd, times=2, shuffled=random) for crowd in crowds]
        half = sum(map(len, events)) // 2
        await self._until(lambda: sum(map(answered, crowds)) >= half, "half of the answers")
        self.telegram.fake.storm = self.vk.fake.storm = None
        watch = Stopwatch()
        await self._until(
            lambda: all(answered(c) >= len(e) for c, e in zip(crowds, events, strict=True)),
            "all answers",
        )
        released.set()
        await self._settled()
        unknown = await self._unknown("telegram") - before
        seconds = watch.seconds()
        for crowd, keys, known in zip(crowds, events, (unknown, 0), strict=True):
            found = await reckon(self.database, crowd, keys, unknown=known, any_order=True)
            side = crowd[0].side.channel
            self._note(Row.of(f"storm of {side}'s API", seconds, found, self._memory()))
        assert all(storm.struck for storm in storms)

    async def late_updates(self, seed: int) -> None:
        """What was written hours ago is answered once, however often it comes."""
        watch = Stopwatch()
        numbers = range(self._further, self._further + 20)
        self._further += 100
        keys = []
        for side in (self.telegram, self.vk):
            for number in numbers:
                key, event = side.make(number, QUESTION, ago=LATE)
                side.push(event, times=3)
                keys.append(key)
        everyone = [(side, number) for side in (self.telegram, self.vk) for number in numbers]
        await self._until(
            lambda: all(side.reads(number) for side, number in everyone), "late ones are answered"
        )
        await self._settled()
        for side, number in everyone:
            (answer,) = side.reads(number)
            assert EXPECTED in answer
        assert await self._stored(keys) == set(keys)
        found = Reckoning(len(keys), 0, 0)
        self._note(Row.of("updates late, three times each", watch.seconds(), found))

    # --- the disk ------------------------------------------------------------------------------

    async def full_disk(self, seed: int, random: Random) -> None:
        """Files may not grow; then they may again."""
        await forget_readings(self.database)
        crowd = await gather_crowd(self.database, self.telegram, CUSTOMERS, 100_000 + seed)
        before = await self._unknown("telegram")
        self._limit(self.okno.log_file.stat().st_size + ROOM_FOR_THE_LOG)
        events = everybody_writes(crowd)
        refused = len(self.telegram.fake.refusals)
        async with httpx.AsyncClient(base_url=self.okno.url) as client:
            # Until the last free place of the journal is used up, too.
            while len(self.telegram.fake.refusals) == refused:
                self._further += 1
                events.append(writes(self.telegram, self._further, QUESTION))
                await asyncio.sleep(0.01)
            await self._until(
                lambda: (
                    bool(events_in(self.okno.log_file, "storage.refused"))
                    and self.telegram.fake.refusals[-1][1] == 503
                ),
                "the log tells of it",
            )

            async def not_ready() -> bool:
                ready = await client.get("/readyz")
                return ready.status_code == 503 and "disk" in ready.text

            # A small write may still find its place in the journal between two refusals.
            await self._until(not_ready, "readiness tells of it")
            assert (await client.get("/healthz")).status_code == 200
        confirmed = {str(number) for number in self.telegram.fake.confirmed} & set(events)
        assert confirmed <= await self._stored(events)
        assert "disk" in str(events_in(self.okno.log_file, "storage.refused")[-1]["reason"])
        self._limit(resource.RLIM_INFINITY)
        watch = Stopwatch()
        await self._until(
            lambda: (
                answered(crowd) >= len(crowd) * len(crowd[0].script)
                and self.telegram.fake.unconfirmed == 0
            ),
            "all answers after the disk",
        )
        seconds = watch.seconds()
        await self._settled()
        assert await self._stored(events) == set(events)
        unknown = await self._unknown("telegram") - before
        own = events[: len(crowd) * len(crowd[0].script)]
        found = await reckon(self.database, crowd, own, unknown=unknown)
        assert (await self._ready()) == 200
        self._note(Row.of("disk full", seconds, found, self._memory()))

    def _limit(self, size: int) -> None:
        """Of the files that the running process writes: what is beyond is refused (EFBIG)."""
        assert self.okno.process is not None
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(self.okno.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    # --- a flood -------------------------------------------------------------------------------

    async def flood(self, seed: int) -> None:
        """Thousands wrote while we were away; who writes after our return does not stand behind
        them all."""
        assert await self.okno.stop() == 0
        first = self._further = self._further + 1_000
        self._further += FLOOD + 1_000
        gathered = [
            self.telegram.make(number, QUESTION, ago=LATE)[1]
            for number in range(first, first + FLOOD)
        ]
        await self.okno.start()
        before = self._memory()
        watch = Stopwatch()
        for event in gathered:
            self.telegram.push(event)
        fake = self.telegram.fake
        await self._until(lambda: fake.unconfirmed == 0, "all are stored")
        stored = watch.seconds()

        def left() -> int:
            sends = [call for call in list(fake.calls) if call.method == "sendMessage"]
            told = {call.params["chat_id"] for call in sends if call.accepted}
            return FLOOD - sum(str(number) in told for number in range(first, first + FLOOD))

        live = range(first + FLOOD, first + FLOOD + 5)
        meanwhile, waiting, begun = Stopwatch(), left(), len(fake.calls)
        for number in live:
            writes(self.telegram, number, QUESTION)
        await self._until(
            lambda: all(self.telegram.reads(number) for number in live), "who writes now"
        )
        waited = meanwhile.seconds()
        # Counting ten thousand is work, too.
        await until(lambda: left() == 0, "the flood is answered", PATIENCE + FLOOD, every=0.2)
        seconds = watch.seconds()
        await self._settled()
        sent = [
            int(call.params["chat_id"])
            for call in fake.calls[begun:]
            if call.accepted and call.method == "sendMessage"
        ]
        last = max(sent.index(number) for number in live)
        # Half of the places are theirs: they are answered amid the flood, not after it.
        assert waiting < 200 or len(sent) - last > waiting // 4, (waiting, len(sent), last)
        for number in range(first, first + FLOOD):
            (answer,) = self.telegram.reads(number)
            assert EXPECTED in answer
        assert self._memory() - before <= MOST_OF_A_FLOOD_MB
        found = Reckoning(FLOOD, 0, 0)
        self._note(Row.of(f"{FLOOD} at once, all stored", stored, found, before))
        self._note(Row.of(f"{FLOOD} at once, all answered", seconds, found, self._memory()))
        self._note(Row.of(f"{FLOOD} at once, who writes meanwhile", waited, found))

    # --- helpers -------------------------------------------------------------------------------

    async def _until(self, holds: object, what: str, seconds: float = 0) -> None:
        await until(holds, f"{what}: {self.okno.log()}", seconds=max(PATIENCE, seconds))  # type: ignore[arg-type]

    async def _settled(self) -> None:
        await self._until(lambda: settled(self.database), "nothing is left to do")

    def _memory(self) -> float:
        return highest_memory(self.okno)

    async def _ready(self) -> int:
        async with httpx.AsyncClient(base_url=self.okno.url) as client:
            return (await client.get("/readyz")).status_code

    async def _stored(self, keys: list[str]) -> set[str]:
        async with self.database.read() as session:
            found = await session.scalars(
                select(Message.external_id).where(Message.author == Author.CUSTOMER)
            )
            return {str(key) for key in found} & set(keys)

    async def _unknown(self, channel: str) -> int:
        """How many outcomes the running process has not known."""
        async with httpx.AsyncClient(base_url=self.okno.url) as client:
            text = (await client.get("/metrics")).text
        name = f'okno_delivery_unknown_total{{channel="{channel}"}} '
        return sum(
            int(float(line.removeprefix(name)))
            for line in text.splitlines()
            if line.startswith(name)
        )
