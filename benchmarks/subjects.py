"""What is measured, each with processes of its own: bare echo bots, Rasa, Okno in several shapes.

Everything is durable: SQLite ``synchronous=FULL``, PostgreSQL with ``fsync`` and
``synchronous_commit``.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks import rasa_bot
from benchmarks.mix import Account, Written
from tests.running import RunningOkno, free_port

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "123456:benchmark-token-0123456789-0123456789"
SECRET = "benchmark-secret"
BILLING_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """Of each message: seconds to its confirmation and to its reply (infinite without one)."""

    seconds: float
    confirmed: Sequence[float]
    replied: Sequence[float]


class World:
    """The process of ``world.py``: customers, Telegram, a billing system."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "benchmarks" / "world.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def serve(self, *ports: int, path: str = "/webhooks/telegram") -> str:
        """The address of the Bot API; customers write to the bot's ``ports`` in turn."""
        told = self._do(do="serve", webhook_ports=ports, secret=SECRET, path=path)
        return f"http://127.0.0.1:{told['port']}"

    def bill(self, answers: Mapping[str, str]) -> str:
        """The address of a billing system that answers after ``BILLING_SECONDS``."""
        told = self._do(do="bill", answers=dict(answers), seconds=BILLING_SECONDS)
        return f"http://127.0.0.1:{told['port']}/v1"

    def write(self, messages: Sequence[Written], **how: Any) -> Seen:
        """``at_once=64`` for a crowd, ``per_second=60`` for an even stream."""
        kind = "crowd" if "at_once" in how else "paced"
        return Seen(**self._do(do=kind, messages=[(w.chat, w.text) for w in messages], **how))

    def _do(self, **run: Any) -> dict[str, Any]:
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
    """``processes``: by name; ``server``: the database's. A slow one gets a part of the messages
    and fewer of them a second."""

    world: World
    processes: Mapping[str, psutil.Process]
    server: psutil.Process | None = None
    share: float = 1.0
    per_second: float = 60.0

    def cpu(self) -> tuple[float, float]:
        """Seconds of its processes and of the database's."""
        own = sum(_seconds(one) for one in self.processes.values())
        return own, _family_seconds(self.server) if self.server else 0.0

    def memory(self) -> dict[str, float]:
        """Megabytes of each process."""
        return {name: one.memory_info().rss / 2**20 for name, one in self.processes.items()}


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _family_seconds(process: psutil.Process) -> float:
    """Of a server and all its present and past children."""
    times = process.cpu_times()
    ended = times.children_user + times.children_system
    return _seconds(process) + ended + sum(_seconds(child) for child in process.children())


@contextmanager
def echo(model: Path | None = None) -> Iterator[Subject]:
    """A bare aiogram bot; with a ``model`` it understands each text before it sends it back."""
    port = free_port()
    world = World()
    command = [sys.executable, str(ROOT / "benchmarks" / "echo_bot.py"), str(port),
               world.serve(port), TOKEN, SECRET]  # fmt: skip
    bot = subprocess.Popen([*command, str(model)] if model else command)
    try:
        _wait_for_port(port)
        yield Subject(world, {"bot": psutil.Process(bot.pid)})
    finally:
        bot.terminate()
        bot.wait()
        world.end()


@contextmanager
def rasa(*, durable: bool = False) -> Iterator[Subject]:
    """``durable``: its conversations are stored, as ours are. Raises NoRasa."""
    with rasa_bot.serving(durable=durable) as (port, process):
        world = World()
        try:
            world.serve(port, path="/webhooks/rest/webhook")
            yield Subject(world, {"server": process}, share=0.1, per_second=10)
        finally:
            world.end()


@dataclass(frozen=True, slots=True)
class Installation:
    """A prepared database and what serves it. ``alike``: so many processes that do everything;
    ``workers``: so many beside one that does the rest; ``conversations``: that each of them handles
    at once, if not the default; ``accounts``: those of a slow billing system, else our own tables
    answer."""

    folder: Path
    url: str
    server: psutil.Process | None = None
    workers: int = 0
    accounts: Sequence[Account] = field(default=())
    conversations: int | None = None
    alike: int = 1

    @contextmanager
    def running(self) -> Iterator[Subject]:
        with ExitStack() as stack:
            world = World()
            stack.callback(world.end)
            common = "web,sender,jobs" if self.workers else "web,worker,sender,jobs"
            roles = [common] * self.alike + ["worker"] * self.workers
            processes = [
                RunningOkno(self.folder, self.url, roles=one, name=f"process-{number}")
                for number, one in enumerate(roles, start=1)
            ]
            asked = processes[: self.alike]
            environment = all_messengers(
                asked[0].url, world.serve(*(process.port for process in asked))
            )
            if self.accounts:
                environment |= {
                    "OKNO_BILLING_URL": world.bill(_billing(self.accounts)),
                    "OKNO_BILLING_SECRET": "a common secret of forty letters and more",
                }
            if self.conversations:
                environment["OKNO_WORKER_CONVERSATIONS"] = str(self.conversations)
            for one in processes:
                one.environment = environment
            for one in processes:
                stack.callback(one.end)
                asyncio.run(one.start())
            yield Subject(
                world,
                {one.name: psutil.Process(one.process.pid) for one in processes if one.process},
                self.server,
            )


def all_messengers(url: str, api_url: str) -> dict[str, str]:
    """All messengers are connected; customers write through Telegram."""
    return {
        "OKNO_PUBLIC_URL": url,
        "OKNO_TELEGRAM_TOKEN": TOKEN,
        "OKNO_TELEGRAM_API_URL": api_url,
        "OKNO_TELEGRAM_WEBHOOK_SECRET": SECRET,
        "OKNO_TELEGRAM_PER_SECOND": "100000",
        "OKNO_VK_TOKEN": "vk-token-of-a-benchmark", "OKNO_VK_API_URL": f"{api_url}/",
        "OKNO_VK_GROUP_ID": "1", "OKNO_VK_SECRET": SECRET, "OKNO_VK_CONFIRMATION": "abc",
        "OKNO_VIBER_TOKEN": "viber-token-of-a-benchmark", "OKNO_VIBER_API_URL": api_url,
        "OKNO_MAX_TOKEN": "max-token-of-a-benchmark", "OKNO_MAX_API_URL": api_url,
        "OKNO_MAX_SECRET": SECRET,
        "OKNO_OK_TOKEN": "ok-token-of-a-benchmark", "OKNO_OK_API_URL": api_url,
        "OKNO_OK_PATH_SECRET": "a-path-that-nobody-guesses-in-a-benchmark",
    }  # fmt: skip


def _billing(accounts: Sequence[Account]) -> dict[str, str]:
    """What the billing system says of each account: docs/billing-api.yaml."""
    today = datetime.now(UTC).date()
    told = {}
    for one in accounts:
        meter = {
            "number": one.meter, "values": [one.last * 1000],
            "taken_on": (today - timedelta(days=30)).isoformat(),
            "verification_due": (today + timedelta(days=1000)).isoformat(),
        }  # fmt: skip
        address = {"locality": "г. Демоград", "street": "Светлая", "house": "1", "flat": "1"}
        card = {
            "number": one.number, "surname": one.surname, "name": "Анна", "address": address,
            "meters": [meter],
        }  # fmt: skip
        balance = {"account": one.number, "as_of": today.isoformat(), "kopecks": 123_456}
        told[f"account {one.number}"] = json.dumps(card, ensure_ascii=False)
        told[f"balance {one.number}"] = json.dumps(balance)
    return told


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the echo bot did not start")


def machine() -> str:
    """The processor, the memory and how busy it is, in a line."""
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} CPUs, {psutil.virtual_memory().total / 2**30:.0f} GB, "
        f"Python {sys.version.split()[0]}, load average: {load}"
    )
