"""An installation of several processes over one database, each with a role, each mortal."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path

from tests.running import RunningOkno

# The standby takes over what a dead process had in hand.
ROLES = {
    "web": "web",
    "worker": "worker",
    "sender": "sender",
    "jobs": "jobs",
    "standby": "worker,sender,jobs",
}
# Patience, no measure: what a single process promises is tried out elsewhere.
STOP_SECONDS = 60


class Installation:
    def __init__(self, folder: Path, database_url: str, environment: Mapping[str, str]) -> None:
        self.processes = {
            name: RunningOkno(folder, database_url, dict(environment), roles=roles, name=name)
            for name, roles in ROLES.items()
        }
        public = {"OKNO_PUBLIC_URL": self.url}
        for process in self.processes.values():
            process.environment = {**process.environment, **public}
        self.highest_mb = 0.0

    @property
    def web(self) -> RunningOkno:
        return self.processes["web"]

    @property
    def url(self) -> str:
        return self.web.url

    async def start(self, *names: str) -> None:
        await asyncio.gather(*(self.processes[name].start() for name in names or ROLES))

    def kill(self, name: str) -> None:
        self.measure()
        self.processes[name].kill()

    def alive(self) -> bool:
        return all(
            one.process is not None and one.process.poll() is None
            for one in self.processes.values()
        )

    async def stop(self) -> None:
        """By SIGTERM, all together; none may complain."""
        self.measure()
        running = [one.process for one in self.processes.values() if one.process is not None]
        for process in running:
            process.terminate()
        codes = [await asyncio.to_thread(process.wait, STOP_SECONDS) for process in running]
        assert codes == [0] * len(ROLES), codes

    def end(self) -> None:
        for one in self.processes.values():
            one.end()

    def measure(self) -> None:
        self.highest_mb = max(
            [self.highest_mb, *(highest_memory(one) for one in self.processes.values())]
        )

    def logs(self) -> list[Path]:
        return [one.log_file for one in self.processes.values() if one.log_file.exists()]

    def log(self) -> str:
        return "\n".join(f"--- {one.name}\n{one.log()[-1500:]}" for one in self.processes.values())


def highest_memory(okno: RunningOkno) -> float:
    """The most that the living process has held so far, in MB (VmHWM of the kernel)."""
    if okno.process is None or okno.process.poll() is not None:
        return 0.0
    status = Path(f"/proc/{okno.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def events_in(log: Path, event: str) -> list[dict[str, object]]:
    """The entries of one name in a JSON log."""
    return [
        json.loads(line)
        for line in log.read_text(errors="replace").splitlines()
        if f'"{event}"' in line and line.startswith("{")
    ]


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def seconds(self) -> float:
        return round(time.monotonic() - self._since, 1)
