"""SIGKILL in the middle of two hundred conversations: nothing is lost, twice or out of order.

``OKNO_SOAK_MINUTES``: go on in rounds, half of the time on each database, ending at other moments.
``OKNO_SOAK_SEED`` repeats the moments of a failed run.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from nlu.embedded import EmbeddedEngine
from storage.database import Database
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.faults.crowd import (
    answered,
    everybody_writes,
    forget_readings,
    gather_crowd,
    reckon,
    settled,
)
from tests.running import RunningOkno, prepare

CUSTOMERS = 200
ENDINGS = ("kill", "stop", "kill")
SOAK_MINUTES = float(os.environ.get("OKNO_SOAK_MINUTES", "0"))


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


async def test_killed_in_the_middle_of_two_hundred_conversations(
    telegram: FakeTelegram, database_url: str, tmp_path: Path, engine: EmbeddedEngine
) -> None:
    await prepare(tmp_path, database_url, engine, accounts=1000)
    database = Database(database_url)
    okno = RunningOkno(
        tmp_path,
        database_url,
        {
            "OKNO_TELEGRAM_TOKEN": TOKEN,
            "OKNO_TELEGRAM_API_URL": telegram.url,
            "OKNO_TELEGRAM_WEBHOOK_SECRET": "secret-of-the-webhook",
            "OKNO_TELEGRAM_PER_SECOND": "1000",
        },
    )
    okno.environment = {**okno.environment, "OKNO_PUBLIC_URL": okno.url}
    seed = int(os.environ.get("OKNO_SOAK_SEED", "1"))
    ends = time.monotonic() + SOAK_MINUTES / 2 * 60
    try:
        await okno.start()
        await _round(okno, telegram, database, Random(seed), 0)
        while time.monotonic() < ends:
            seed += 1
            print(f"OKNO_SOAK_SEED={seed}")
            await forget_readings(database)
            await _round(okno, telegram, database, Random(seed), seed)
        assert await okno.stop() == 0
    finally:
        okno.end()
        await database.close()


async def _round(
    okno: RunningOkno, telegram: FakeTelegram, database: Database, random: Random, number: int
) -> None:
    """One crowd, and the process ended at different stages of its conversations."""
    await until(lambda: bool(telegram.webhook), "the webhook is registered")
    crowd = await gather_crowd(database, telegram, CUSTOMERS, number)
    updates = everybody_writes(crowd)
    total = len(updates)
    for place, ending in enumerate(ENDINGS):
        enough = int(total * (place + random.random()) / (len(ENDINGS) + 1))
        await until(
            lambda enough=enough: answered(crowd) >= enough,  # type: ignore[misc]
            f"{enough} answers before ending {place + 1}: {okno.log()}",
            seconds=180,
        )
        if ending == "kill":
            okno.kill()
        else:
            assert await okno.stop() == 0
        await okno.start()

    async def done() -> bool:
        return telegram.unconfirmed == 0 and answered(crowd) >= total and await settled(database)

    await until(done, "everything is answered", seconds=180)
    await reckon(database, crowd, updates, okno.folder / "okno.log")
