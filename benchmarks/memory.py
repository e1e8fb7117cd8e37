"""Memory of a serving process, on SQLite: without a messenger, and with all of them.

    python -m benchmarks.memory

After the start, and after customers have written 320 messages of the mix in the site chat.
"""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil

from benchmarks import pipeline
from benchmarks.mix import Written, accounts_of, written
from benchmarks.subjects import ROOT, Installation, World, all_messengers, machine
from bots.web_chat.chat import OWN_HEADER
from okno import understanding
from tests.running import RunningOkno

VISITORS, MESSAGES = 20, 320
# A visitor may write a message in three seconds, eight at the beginning.
PAUSE_SECONDS = 3.2


async def measure(
    installation: Installation, environment: Mapping[str, str], messages: Sequence[Written]
) -> tuple[float, float]:
    """Megabytes after the start and at the end."""
    proxy = {"OKNO_TRUSTED_PROXIES": "127.0.0.1"}
    okno = RunningOkno(installation.folder, installation.url, {**environment, **proxy})
    try:
        await okno.start()
        assert okno.process is not None
        process = psutil.Process(okno.process.pid)
        begun = _megabytes(process)
        await asyncio.gather(
            *(_visitor(okno.url, one, messages[one::VISITORS]) for one in range(VISITORS))
        )
        return begun, _megabytes(process)
    finally:
        okno.end()


async def _visitor(url: str, number: int, messages: Sequence[Written]) -> None:
    """From an address of his own (RFC 5737): many from one are held back."""
    headers = {OWN_HEADER: "1", "x-forwarded-for": f"198.51.100.{number + 1}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
        (await http.post("/chat/visitor", json={})).raise_for_status()
        for number, one in enumerate(messages):
            if number >= 6:
                await asyncio.sleep(PAUSE_SECONDS)
            said = {"key": str(uuid.uuid4()), "text": one.text}
            (await http.post("/chat/messages", json=said)).raise_for_status()
        await asyncio.sleep(PAUSE_SECONDS)


def _megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 2**20)


def main() -> None:
    pipeline.console.print(machine())
    engine = understanding.prepare(pipeline.console, ROOT / ".pytest_cache" / "model.okno")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="okno-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        databases = pipeline.Databases(folder, engine, 400, stack)
        messages = written(MESSAGES, accounts_of(str(databases.sqlite())))
        world = World()
        stack.callback(world.end)
        # Nobody answers at the public address: registrations are tried, and that is all.
        everything = all_messengers("http://127.0.0.1:9", world.serve(9))
        pipeline.console.print("| MB | after the start | after 320 messages |\n|---|---|---|")
        for name, environment in (("no messenger", {}), ("all five", everything)):
            installation = databases.copy_sqlite("memory")
            begun, ended = asyncio.run(measure(installation, environment, messages))
            pipeline.console.print(f"| {name} | {begun:.0f} | {ended:.0f} |")


if __name__ == "__main__":
    main()
