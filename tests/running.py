"""A real Okno process for tests: prepared, started, killed, started again."""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console

from nlu.embedded import EmbeddedEngine
from okno import profile as profiles
from okno.assemble import assemble
from okno.demo import fill_company
from okno.settings import Settings
from staff.models import Role
from storage import migrate

ROOT = Path(__file__).resolve().parent.parent
SECRET_KEY = "a-key-for-tests-a-key-for-tests-a-key"
PASSWORD = "correct-horse-7"
# Patience, no measure: five may start at once on a busy machine.
START_SECONDS = 180
STOP_SECONDS = 10


# Below the ports that the system gives out by itself, each test process from a range of its own:
# nobody else takes a port between its choice and its use.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.count(12_000 + 2_000 * _WORKER + os.getpid() % 1_000)


def free_port() -> int:
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports are counted without an end")


async def prepare(
    folder: Path, database_url: str, engine: EmbeddedEngine, *, accounts: int = 20
) -> None:
    """The demo company, a trained model and four people in ``folder``."""
    settings = Settings(database_url=database_url, secret_key=SECRET_KEY, _env_file=None)
    services = assemble(settings, profiles.load("demo"))
    await migrate.upgrade(services.database)
    await fill_company(services, Console(quiet=True), accounts=accounts)
    for login, name, role in (
        ("olga", "Ольга", Role.OPERATOR),
        ("pavel", "Павел", Role.OPERATOR),
        ("irina", "Ирина", Role.SUPERVISOR),
        ("elena", "Елена", Role.EDITOR),
    ):
        await services.staff.add(login=login, display_name=name, role=role, password=PASSWORD)
    await services.close()
    model = folder / "var" / "model.okno"
    model.parent.mkdir(parents=True, exist_ok=True)
    engine.model.save(model)


@dataclass(slots=True)
class RunningOkno:
    """``okno serve`` in a process of its own; its log goes to ``folder/<name>.log``."""

    folder: Path
    database_url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    roles: str = "web,worker,sender,jobs"
    name: str = "okno"
    build: Path = ROOT  # whose code runs

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.folder / f"{self.name}.log"

    def launch(self) -> None:
        serve = ["serve", "--port", str(self.port), "--roles", self.roles]
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "okno", *serve],
                cwd=self.folder, env=self.settings(), stdout=output, stderr=output,
            )  # fmt: skip

    def settings(self) -> dict[str, str]:
        """The environment of a command of this installation."""
        env = {key: value for key, value in os.environ.items() if not key.startswith("OKNO_")}
        # However it is set here: twenty starts need not compile the same modules.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        return env | {
            "PYTHONPATH": str(self.build),
            "OKNO_DATABASE_URL": self.database_url,
            "OKNO_SECRET_KEY": SECRET_KEY,
            "OKNO_LOG_FORMAT": "json",
            **self.environment,
        }

    async def start(self) -> None:
        """Launch and wait until it is ready."""
        written = self.log_file.stat().st_size if self.log_file.exists() else 0
        self.launch()
        async with httpx.AsyncClient() as client:
            try:
                async with asyncio.timeout(START_SECONDS):
                    while True:
                        assert self.process is not None
                        assert self.process.poll() is None, self.log()
                        if "web" not in self.roles:
                            if "okno.serving" in self.log_since(written):
                                return
                            await asyncio.sleep(0.05)
                            continue
                        try:
                            if (await client.get(f"{self.url}/readyz")).status_code == 200:
                                return
                        except httpx.TransportError:
                            pass
                        await asyncio.sleep(0.05)
            except TimeoutError:
                raise AssertionError(f"not ready: {self.log()}") from None

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code. Fails when it takes longer than promised."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, STOP_SECONDS)

    def log(self) -> str:
        return self.log_since(0)[-4000:]

    def log_since(self, place: int) -> str:
        """What was written after the first ``place`` bytes."""
        with self.log_file.open("rb") as file:
            file.seek(place)
            return file.read().decode(errors="replace")

    def end(self) -> None:
        """For teardown: whatever happened before, nothing keeps running."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
