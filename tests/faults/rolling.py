"""Two builds side by side: an earlier one is replaced, process by process, while customers write.

    python -m tests.faults.rolling --old <commit>           # from a git checkout, 3 minutes
    python -m tests.faults.rolling --old <commit> --back    # and put back again

The earlier build prepares a PostgreSQL of its own and serves it; this build brings the schema up;
then each process is replaced. Reckoned as in all trials of this folder (docs/reliability.md).
"""

import argparse
import asyncio
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import asyncpg
import httpx

from storage import migrate
from storage.database import Database
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.faults.crowd import (
    Member,
    TelegramSide,
    forget_readings,
    gather_crowd,
    reckon,
    settled,
    unknown_outcomes,
    writes,
)
from tests.faults.door import Door
from tests.faults.postgres import OwnPostgres, own_postgres
from tests.running import PASSWORD, ROOT, RunningOkno

ROLES = ("jobs", "worker", "sender", "web")
ACCOUNTS = 3500
CUSTOMERS = 1000
# Customers a second who begin to write; each writes four times, the next when he has his answer.
ARRIVALS = 2.0
# How long both builds' processes of a role work at the same time.
TOGETHER_SECONDS = 5.0
PATIENCE = 300.0

# Run by the earlier build, in its own words; only what every build has had.
PREPARE = f"""
import asyncio
from rich.console import Console
from okno import profile
from okno.assemble import assemble
from okno.demo import fill_company
from okno.settings import Settings
from staff.models import Role
from storage import migrate

async def prepare():
    settings = Settings(_env_file=None)
    services = assemble(settings, profile.load("demo"))
    await migrate.upgrade(services.database)
    await fill_company(services, Console(quiet=True), accounts={ACCOUNTS})
    await services.staff.add(
        login="olga", display_name="Ольга", role=Role.OPERATOR, password="{PASSWORD}"
    )
    await services.close()

asyncio.run(prepare())
"""


class Build:
    """One release's processes, a role each."""

    def __init__(self, name: str, code: Path, folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.processes = {
            role: RunningOkno(
                folder, environment["OKNO_DATABASE_URL"], environment, roles=role,
                name=f"{name}-{role}", build=code,
            )
            for role in ROLES
        }  # fmt: skip
        self._any = self.processes["web"]

    async def run(self, *command: str) -> float:
        """A command of this build, for seconds."""
        began = time.monotonic()
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, *command],
            cwd=self._any.folder, env=self._any.settings(), capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{self.name}: {command}: {done.stdout}{done.stderr}"
        for line in done.stdout.splitlines():
            if "gives_way" in line:
                print(f"         {line}")
        return time.monotonic() - began

    def logs(self) -> list[Path]:
        return [one.log_file for one in self.processes.values() if one.log_file.exists()]


class Stream:
    """Customers who come one after the other for as long as it is open; how long each waited."""

    def __init__(self, crowd: list[Member]) -> None:
        self.waits: list[tuple[float, float]] = []
        self.events: list[str] = []
        self.came: list[Member] = []
        self._crowd = crowd
        self._open = True
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Nobody new comes; who has begun ends."""
        self._open = False
        await self._task

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for member in self._crowd:
                if not self._open:
                    return
                self.came.append(member)
                group.create_task(self._converse(member))
                await asyncio.sleep(1 / ARRIVALS)
        assert not self._open, "the crowd is too small for so long a change"

    async def _converse(self, member: Member) -> None:
        for number, (text, _) in enumerate(member.script, start=1):
            began = time.monotonic()
            self.events.append(writes(member.side, member.number, text))
            await until(
                lambda number=number: len(member.reads()) >= number,  # type: ignore[misc]
                f"an answer to «{text}»",
                seconds=PATIENCE,
                every=0.05,
            )
            self.waits.append((began, time.monotonic() - began))


class Operator:
    """Has the inbox open through the front door; logged in once."""

    def __init__(self, url: str) -> None:
        self.refused: list[str] = []
        self.looks = 0
        self._client = httpx.AsyncClient(base_url=url, timeout=30)
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        done = await self._client.post("/login", data={"login": "olga", "password": PASSWORD})
        assert done.status_code == 303, (done.status_code, done.text[:500])
        self._task = asyncio.create_task(self._look())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
        await self._client.aclose()

    async def _look(self) -> None:
        while True:
            self.looks += 1
            try:
                page = await self._client.get("/inbox")
                if page.status_code != 200:
                    self.refused.append(str(page.status_code))
            except httpx.TransportError as error:
                self.refused.append(type(error).__name__)
            await asyncio.sleep(1)


class Trial:
    def __init__(self, postgres: OwnPostgres, telegram: FakeTelegram, folder: Path, old: Path):
        self._postgres = postgres
        self._side = TelegramSide(telegram)
        self._door = Door(self._somebody)
        environment = {
            "OKNO_DATABASE_URL": postgres.direct,
            "OKNO_TELEGRAM_TOKEN": TOKEN,
            "OKNO_TELEGRAM_API_URL": telegram.url,
            "OKNO_TELEGRAM_WEBHOOK_SECRET": "secret-of-the-webhook",
            "OKNO_TELEGRAM_PER_SECOND": "1000",
            "OKNO_PUBLIC_URL": f"http://127.0.0.1:{self._door.port}",
        }
        self.old = Build("old", old, folder, environment)
        self.new = Build("new", ROOT, folder, environment)
        self.database = Database(postgres.direct)
        self.operator = Operator(f"http://127.0.0.1:{self._door.port}")
        self._marks: list[tuple[float, str]] = []

    async def _somebody(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Whoever of the two takes the connection, as a proxy before them finds out."""
        builds = [self.new, self.old] if time.monotonic_ns() % 2 else [self.old, self.new]
        for build in builds:
            web = build.processes["web"]
            if web.process is None or web.process.poll() is not None:
                continue
            try:
                return await asyncio.open_connection("127.0.0.1", web.port)
            except OSError:
                continue
        raise ConnectionRefusedError

    def say(self, what: str) -> None:
        self._marks.append((time.monotonic(), what))
        print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)

    async def prepare(self) -> list[Member]:
        await self.old.run("-c", PREPARE)
        await self.old.run("-m", "okno", "nlu", "train")
        # The crowd is read by this build's models, which may not know the earlier schema: from a
        # copy that has been upgraded.
        connection = await asyncpg.connect(self._postgres.direct)
        await connection.execute("CREATE DATABASE copied TEMPLATE postgres")
        await connection.close()
        copied = Database(self._postgres.direct.replace("/postgres?", "/copied?"))
        await migrate.upgrade(copied)
        crowd = await gather_crowd(copied, self._side, CUSTOMERS)
        await copied.close()
        return crowd

    async def go(self, *, back: bool) -> None:
        crowd = await self.prepare()
        self.say("the old build starts")
        for one in self.old.processes.values():
            await one.start()
        await until(
            lambda: bool(self._side.fake.webhook), "the webhook is registered", seconds=PATIENCE
        )
        await self.operator.begin()
        await self._change(crowd[: CUSTOMERS // 2], self.old, self.new, schema=True)
        if back:
            await forget_readings(self.database)
            await self._change(crowd[CUSTOMERS // 2 :], self.new, self.old, schema=False)

    async def _change(
        self, crowd: list[Member], before: Build, after: Build, *, schema: bool
    ) -> None:
        unknown = self._unknown()
        first = len(self._marks)
        refused, looks = len(self.operator.refused), self.operator.looks
        self.say(f"{before.name} alone")
        stream = Stream(crowd)
        await asyncio.sleep(10)
        if schema:
            self.say("the schema is brought up to date")
            seconds = await self.new.run("-m", "okno", "db", "upgrade")
            self.say(f"{before.name} alone on the new schema (upgrade took {seconds:.1f} s)")
            seconds = await self.new.run("-m", "okno", "nlu", "train")
            self.say(f"training took {seconds:.1f} s")
        for role in ROLES:
            self.say(f"{after.name} {role} is started")
            await after.processes[role].start()
            self.say(f"{role} of both")
            await asyncio.sleep(TOGETHER_SECONDS)
            self.say(f"{before.name} {role} is stopped")
            code = await before.processes[role].stop()
            assert code == 0, (role, code, before.processes[role].log())
        self.say(f"{after.name} alone")
        await asyncio.sleep(10)
        await stream.close()
        await until(lambda: settled(self.database), "nothing is left to do", seconds=PATIENCE)
        self.say("reckoned")
        unknown = self._unknown() - unknown
        found = await reckon(self.database, stream.came, stream.events, unknown=unknown)
        for line in self._report(stream, self._marks[first:]):
            print(line)
        print(
            f"{before.name} to {after.name}: {found.messages} messages of {len(stream.came)} "
            f"customers, 0 lost, read twice {found.repeated}, of unknown outcome {found.unknown}; "
            f"the operator's page: {self.operator.looks - looks} looks, "
            f"refused {self.operator.refused[refused:]}"
        )
        for log in [*self.old.logs(), *self.new.logs()]:
            for line in _complaints(log):
                print(f"  {log.name}: {line}")

    def _unknown(self) -> int:
        return unknown_outcomes(*self.old.logs(), *self.new.logs())

    @staticmethod
    def _report(stream: Stream, marks: list[tuple[float, str]]) -> Iterator[str]:
        ends = [at for at, _ in marks[1:]] + [float("inf")]
        for (begins, what), ends_at in zip(marks, ends, strict=True):
            waits = [wait for at, wait in stream.waits if begins <= at < ends_at]
            if waits:
                yield f"| {what} | {len(waits)} | {median(waits):.1f} | {max(waits):.1f} |"

    async def end(self) -> None:
        await self.operator.end()
        for build in (self.old, self.new):
            for one in build.processes.values():
                one.end()
        await self.database.close()
        self._door.close()


def _complaints(log: Path) -> Iterator[str]:
    """Warnings and errors, each kind once with its number."""
    found: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if not line.startswith("{"):
            found[line[:160]] += 1
            continue
        entry = json.loads(line)
        if entry.get("level") in ("warning", "error", "critical"):
            found[f"{entry['event']} {entry.get('kind', '')} {entry.get('error', '')}"] += 1
    for what, count in found.most_common():
        yield f"{count} times {what}"


def _unpack(commit: str, folder: Path) -> Path:
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


async def _main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--old", required=True, help="a commit or tag of the earlier build")
    arguments.add_argument("--back", action="store_true", help="and back again")
    given = arguments.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="okno-rolling-")))
        old = _unpack(given.old, folder / "code")
        data = folder / "data"
        data.mkdir()
        postgres = stack.enter_context(own_postgres())
        telegram = stack.enter_context(FakeTelegram())
        trial = Trial(postgres, telegram, data, old)
        try:
            await trial.go(back=given.back)
        finally:
            await trial.end()


if __name__ == "__main__":
    asyncio.run(_main())
