"""SIGKILL in the middle of two hundred conversations: nothing is lost, twice or out of order."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from nlu.embedded import EmbeddedEngine
from storage.database import Database
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.faults.conftest import Note
from tests.faults.crowd import (
    TelegramSide,
    answered,
    everybody_writes,
    forget_readings,
    gather_crowd,
    reckon,
    settled,
    unknown_outcomes,
)
from tests.faults.figures import Row
from tests.faults.installation import Stopwatch, highest_memory
from tests.faults.soak import rounds
from tests.running import RunningOkno, prepare

CUSTOMERS = 200
ENDINGS = ("kill", "stop", "kill")


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


async def test_killed_in_the_middle_of_two_hundred_conversations(
    telegram: FakeTelegram, database_url: str, tmp_path: Path, engine: EmbeddedEngine, note: Note
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
    try:
        await okno.start()
        for seed, random in rounds():
            await forget_readings(database)
            note(await _round(okno, telegram, database, random, seed))
        assert await okno.stop() == 0
    finally:
        okno.end()
        await database.close()


async def _round(
    okno: RunningOkno, telegram: FakeTelegram, database: Database, random: Random, number: int
) -> Row:
    """One crowd, and the process ended at different stages of its conversations."""
    await until(lambda: bool(telegram.webhook), "the webhook is registered", seconds=240)
    crowd = await gather_crowd(database, TelegramSide(telegram), CUSTOMERS, number)
    events = everybody_writes(crowd)
    total = len(events)
    before = unknown_outcomes(okno.log_file)
    longest = memory = 0.0
    for place, ending in enumerate(ENDINGS):
        enough = int(total * (place + random.random()) / (len(ENDINGS) + 1))
        await until(
            lambda enough=enough: answered(crowd) >= enough,  # type: ignore[misc]
            f"{enough} answers before ending {place + 1}: {okno.log()}",
            seconds=180,
        )
        memory = max(memory, highest_memory(okno))
        watch = Stopwatch()
        if ending == "kill":
            okno.kill()
        else:
            assert await okno.stop() == 0
        so_far = answered(crowd)
        await okno.start()
        await until(
            lambda: answered(crowd) > so_far or answered(crowd) >= total,  # noqa: B023
            f"an answer after ending {place + 1}: {okno.log()}",
            seconds=180,
        )
        longest = max(longest, watch.seconds())

    async def done() -> bool:
        return telegram.unconfirmed == 0 and answered(crowd) >= total and await settled(database)

    await until(done, "everything is answered", seconds=180)
    unknown = unknown_outcomes(okno.log_file) - before
    found = await reckon(database, crowd, events, unknown=unknown)
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    memory = max(memory, highest_memory(okno))
    return Row.of(f"the one process ended three times, {kind}", longest, found, memory)
