"""Billing and Rasa go away under a running process, and come back."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from billing.demo import filling
from billing.embedded import EmbeddedGateway
from billing.models import Reading
from billing.readings.delivery_models import DeliveryOfReading, ReadingDelivery
from dialogs import phrases
from nlu.embedded import EmbeddedEngine
from storage import migrate
from storage.clock import SystemClock
from storage.database import Database
from tests.fakes.billing_system import SECRET, BillingSystem
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.faults.conftest import Note
from tests.faults.crowd import (
    Member,
    Reckoning,
    TelegramSide,
    forget_readings,
    gather_crowd,
    settled,
    writes,
)
from tests.faults.door import Door
from tests.faults.figures import Row
from tests.faults.installation import Stopwatch, highest_memory
from tests.faults.soak import rounds
from tests.running import RunningOkno, prepare

CUSTOMERS = 20
PATIENCE = 180.0
DEBT, TARIFF = "сколько я должен", "какой тариф на электроэнергию"


class Rasa(ThreadingHTTPServer):
    """Reads as the embedded engine does, in Rasa's words."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self.asked = 0
        rasa = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                rasa.asked += 1
                text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
                found = engine.parse(text, now=datetime.now(UTC))
                ranking = [
                    {"name": one.intent, "confidence": one.confidence} for one in found.ranking
                ]
                entities = [
                    {"entity": one.entity, "value": one.value, "start": one.start, "end": one.end,
                     "role": one.role}
                    for one in found.entities
                ]  # fmt: skip
                answer = {"text": text, "intent": ranking[0], "intent_ranking": ranking,
                          "entities": entities, "model_id": "a Rasa"}  # fmt: skip
                content = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Not on the terminal."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


@contextlib.contextmanager
def door_to(port: int) -> Iterator[Door]:
    door = Door(lambda: asyncio.open_connection("127.0.0.1", port))
    try:
        yield door
    finally:
        door.close()


async def test_billing_and_rasa_go_away_and_come_back(
    sqlite_url: str, tmp_path: Path, engine: EmbeddedEngine, note: Note
) -> None:
    far = Database(f"sqlite:///{tmp_path / 'far.db'}")
    await migrate.upgrade(far)
    zone = ZoneInfo("Europe/Moscow")
    await filling.fill(far, today=datetime.now(zone).date(), accounts=300)
    await prepare(tmp_path, sqlite_url, engine, accounts=0)
    system = BillingSystem(EmbeddedGateway(far, zone), SystemClock())
    with FakeTelegram() as telegram, contextlib.closing(Rasa(engine)) as rasa:
        async with system.running():
            port = int(system.url.split(":")[2].split("/")[0])
            with door_to(port) as to_billing, door_to(rasa.server_port) as to_rasa:
                okno = RunningOkno(
                    tmp_path,
                    sqlite_url,
                    {
                        "OKNO_TELEGRAM_TOKEN": TOKEN,
                        "OKNO_TELEGRAM_API_URL": telegram.url,
                        "OKNO_TELEGRAM_PER_SECOND": "1000",
                        "OKNO_BILLING_URL": f"http://127.0.0.1:{to_billing.port}/v1",
                        "OKNO_BILLING_SECRET": SECRET.decode(),
                        "OKNO_NLU_ENGINE": "rasa",
                        "OKNO_RASA_URL": f"http://127.0.0.1:{to_rasa.port}",
                    },
                )
                scene = Scene(okno, Database(sqlite_url), far, TelegramSide(telegram))
                try:
                    await okno.start()
                    for seed, _ in rounds():
                        await scene.outage(seed, system, rasa, to_billing, to_rasa, note)
                    assert await okno.stop() == 0
                finally:
                    okno.end()
                    await scene.database.close()
    await far.close()


class Scene:
    def __init__(
        self, okno: RunningOkno, database: Database, far: Database, side: TelegramSide
    ) -> None:
        self.okno, self.database, self.far, self.side = okno, database, far, side

    async def outage(
        self, seed: int, system: BillingSystem, rasa: Rasa, to_billing: Door, to_rasa: Door,
        note: Note,
    ) -> None:  # fmt: skip
        await forget_readings(self.database)
        before = set(system.readings)
        crowd = await gather_crowd(self.far, self.side, CUSTOMERS, seed)
        for member in crowd:
            writes(self.side, member.number, f"привяжи счёт {member.account} {member.surname}")
        await self._told(crowd, 1, "")
        asked = rasa.asked
        assert asked > 0
        to_billing.refuse()
        to_rasa.fall_silent()
        for text, place, expected in (
            (DEBT, 2, phrases.BILLING_DOWN),
            ("показания {value}", 3, "Показания приняты"),
            (TARIFF, 4, "5,47"),
        ):
            for member in crowd:
                writes(self.side, member.number, text.format(value=member.value // 1000))
            await self._told(crowd, place, expected)
        await self._ten_minutes_later()
        await until(self._was_tried, f"the courier has tried: {self.okno.log()}", seconds=PATIENCE)
        assert set(system.readings) == before
        # Taken, but the answer is lost: the same are handed over again, and are taken once.
        system.fail(1, after=True)
        to_billing.open()
        to_rasa.open()
        watch = Stopwatch()
        await until(
            self._all_handed_over,
            f"all readings are with billing: {self.okno.log()}",
            seconds=PATIENCE,
        )
        seconds = watch.seconds()
        taken = [
            (one["account"], one["values"])
            for key, one in system.readings.items()
            if key not in before
        ]
        assert sorted(taken) == sorted((member.account, [member.value]) for member in crowd)
        for member in crowd:
            writes(self.side, member.number, DEBT)
        await self._told(crowd, 5, "₽")
        await until(lambda: settled(self.database), "nothing is left to do", seconds=PATIENCE)
        found = Reckoning(5 * len(crowd), 0, 0)
        note(Row.of("billing and Rasa away", seconds, found, highest_memory(self.okno)))

    async def _told(self, crowd: list[Member], count: int, expected: str) -> None:
        """Everybody has read so many answers, the last one with these words."""
        await until(
            lambda: all(len(member.reads()) >= count for member in crowd),
            f"{count} answers each: {self.okno.log()}",
            seconds=PATIENCE,
        )
        for member in crowd:
            texts = member.reads()
            assert len(texts) == count, texts
            assert expected in texts[-1], texts

    async def _ten_minutes_later(self) -> None:
        """Past the time in which a customer may take his reading back."""
        async with self.database.write() as tx:
            rows = await tx.session.execute(select(Reading.id, Reading.received_at))
            for reading_id, received_at in rows.all():
                earlier = received_at - timedelta(minutes=11)
                await tx.session.execute(
                    update(Reading).where(Reading.id == reading_id).values(received_at=earlier)
                )

    async def _all_handed_over(self) -> bool:
        """And Okno knows it."""
        async with self.database.read() as session:
            waiting = select(func.count()).where(ReadingDelivery.state == DeliveryOfReading.WAITING)
            return not await session.scalar(waiting)

    async def _was_tried(self) -> bool:
        async with self.database.read() as session:
            tried = select(func.count()).where(
                ReadingDelivery.attempts > 0, ReadingDelivery.state == DeliveryOfReading.WAITING
            )
            return await session.scalar(tried) == CUSTOMERS
