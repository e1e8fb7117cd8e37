"""How soon an operator's page hears of a message: many open pages, a steady rate of messages.

    python -m benchmarks.inbox --pages 200 --rate 50 --seconds 20 [--open 10000]

Pages are streams of live events over HTTP, as browsers hold them; messages come through the
intake. Also times the list of the inbox with ``--open`` conversations in the queue.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

import okno.tables  # noqa: F401 (the whole schema)
from bots.incoming import Incoming
from bots.intake import Intake
from conversations.events import Events
from conversations.models import MessageKind, Turn
from conversations.service import Outbox, bot_account_id, lock
from handoff.inbox import queue
from handoff.inbox.queue import Tab
from handoff.service import HandoffService
from handoff.working_time.calendar import WorkingHours
from staff.models import Role
from staff.passwords import Passwords
from staff.service import StaffService
from storage import migrate
from storage.database import Database
from storage.signals import Signals
from web.app_parts import install
from web.hub import EventHub
from web.shell import make_shell

PASSWORD = "correct-horse-7"
ZONE = ZoneInfo("Europe/Moscow")
MARK = '"kind": "message.received"'


class Bench:
    """A house with its stream, over SQLite in a folder that is thrown away."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder}/okno.db")
        self.signals = Signals(self.database)
        self.events = Events(self.signals)
        self.intake = Intake(self.database, self.events, self.signals)
        self.staff = StaffService(self.database, Passwords(PasswordHasher(1, 8, 1)))
        self.hub = EventHub(self.database, self.signals, asyncio.Event())
        self.handoff = HandoffService(
            self.database,
            Outbox(self.events, self.signals),
            self.events,
            WorkingHours.from_profile({"around_the_clock": True}, ZONE),
            answer_within=timedelta(minutes=15),
            idle_close=timedelta(hours=4),
        )
        self.account = 0
        self.delays: list[float] = []
        self._sent: list[float] = []

    async def prepare(self) -> None:
        await migrate.upgrade(self.database)
        self.account = await bot_account_id(self.database, "telegram")
        await self.staff.add(
            login="olga", display_name="Ольга", role=Role.OPERATOR, password=PASSWORD
        )
        await self.hub.start()

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        shell = make_shell(
            staff=self.staff, hub=self.hub, clock=self.database.clock, company="Bench", zone=ZONE
        )
        install(app, shell)
        return app

    async def write(self, number: int) -> None:
        await self.intake.accept(
            Incoming(
                bot_account_id=self.account,
                channel="telegram",
                chat_id=str(number % 500),
                external_id=f"b{number}",
                kind=MessageKind.TEXT,
                sent_at=self.database.clock.now(),
                text="сколько я должен",
                platform_no=number + 1,
                order_no=number + 1,
            )
        )

    async def listen(self, client: httpx.AsyncClient, ready: asyncio.Semaphore) -> None:
        """One page: counts the messages it hears of; the n-th is the n-th that was sent."""
        heard = 0
        async with client.stream("GET", "/staff/events") as response:
            response.raise_for_status()
            ready.release()
            async for line in response.aiter_lines():
                now = time.perf_counter()
                for _ in range(line.count(MARK)):
                    self.delays.append(now - self._sent[heard])
                    heard += 1

    async def send(self, rate: float, seconds: float) -> int:
        """A message every 1/rate seconds, whether the one before is stored or not."""
        start = time.perf_counter()
        tasks = []
        for number in range(int(rate * seconds)):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._sent.append(time.perf_counter())
            tasks.append(asyncio.create_task(self.write(number)))
        await asyncio.gather(*tasks)
        return len(tasks)

    async def fill(self, count: int) -> None:
        """``count`` conversations that wait."""
        for first in range(0, count, 500):
            numbers = range(first, min(first + 500, count))
            await asyncio.gather(*(self._conversation(number) for number in numbers))
        async with self.database.write() as tx:
            ids = range(1, count + 1)
            for conversation in (await lock(tx, ids)).values():
                if conversation.turn == Turn.ASSISTANT:
                    await self.handoff.request(tx, conversation, reason="asked", summary={})

    async def _conversation(self, number: int) -> None:
        await self.intake.accept(
            Incoming(
                bot_account_id=self.account,
                channel="telegram",
                chat_id=f"q{number}",
                external_id=f"q{number}",
                kind=MessageKind.TEXT,
                sent_at=self.database.clock.now(),
                text="позовите человека",
                sender_name=f"Клиент {number}",
            )
        )

    async def time_list(self) -> float:
        """Seconds of the server for the first page of the queue with its counts, median of 20."""
        spent = []
        for _ in range(20):
            start = time.perf_counter()
            async with self.database.read() as session:
                await queue.page(session, Tab.WAITING, 1)
                await queue.counts(session, 1, self.database.clock.now())
            spent.append(time.perf_counter() - start)
        return statistics.median(spent)

    async def close(self) -> None:
        await self.hub.close()
        await self.intake.close()
        self.staff.close()
        await self.database.close()


async def main(pages: int, rate: float, seconds: float, waiting: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        await bench.prepare()
        if waiting:
            await bench.fill(waiting)
            print(f"list of {waiting} waiting: {await bench.time_list() * 1000:.1f} ms")
        server = uvicorn.Server(uvicorn.Config(bench.app(), port=0, log_level="error"))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits
        ) as client:
            await client.post("/login", data={"login": "olga", "password": PASSWORD})
            ready = asyncio.Semaphore(0)
            listening = [asyncio.create_task(bench.listen(client, ready)) for _ in range(pages)]
            for _ in range(pages):
                await ready.acquire()
            sent = await bench.send(rate, seconds)
            until = time.perf_counter() + 10
            while (  # noqa: ASYNC110 (counted by many tasks)
                len(bench.delays) < sent * pages and time.perf_counter() < until
            ):
                await asyncio.sleep(0.05)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
        _report(bench.delays, sent * pages)
        server.should_exit = True
        await bench.close()
        await serving


def _report(delays: list[float], expected: int) -> None:
    found = sorted(delays)
    if len(found) < 2:
        print(f"heard {len(found)} of {expected}")
        return
    cuts = statistics.quantiles(found, n=100)
    print(
        f"heard {len(found)} of {expected}; delay to the page: "
        f"p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, max {found[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--open", type=int, default=0, help="conversations that wait meanwhile")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.pages, chosen.rate, chosen.seconds, chosen.open))
