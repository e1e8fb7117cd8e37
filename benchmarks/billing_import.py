"""How long an import of accounts takes, how much memory, and how fast lookups are afterwards.

python -m benchmarks.billing_import            # 50,000 rows into SQLite in a temporary folder
python -m benchmarks.billing_import 1000000
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from statistics import quantiles
from zoneinfo import ZoneInfo

import okno.tables  # noqa: F401 (the whole schema)
from billing import queries
from billing.importing.run import import_file
from storage import migrate
from storage.database import Database

ROWS = 50_000
LOOKUPS = 2_000
FIRST = 440_000_000_000
HEADER = "Лицевой счёт;Фамилия;Имя;Отчество;Населённый пункт;Улица;Дом;Квартира;Телефон\n"


def write(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for n in range(rows):
            file.write(
                f"{FIRST + n};Фамилия{n % 9973};Имя;Отчество;г. Демоград;ул. Светлая;"
                f"{n % 200 + 1};{n % 300 + 1};+7900{n % 10_000_000:07d}\n"
            )


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "accounts.csv"
        write(path, rows)
        database = Database(f"sqlite:///{folder}/okno.db")
        await migrate.upgrade(database)
        before = peak_mb()
        started = time.perf_counter()
        result = await import_file(database, path, ZoneInfo("Europe/Moscow"))
        seconds = time.perf_counter() - started
        assert (result.taken, result.rejected) == (rows, 0)
        print(f"rows              {rows:,}")
        print(f"seconds           {seconds:.1f} ({rows / seconds:,.0f} rows/s)")
        print(f"memory, MB        {before:.0f} before, {peak_mb():.0f} at its peak")
        started = time.perf_counter()
        await import_file(database, path, ZoneInfo("Europe/Moscow"))
        print(f"again, seconds    {time.perf_counter() - started:.1f}")
        times = await lookups(database, rows)
        percentiles = quantiles(times, n=100)
        print(f"lookup, ms        p50 {percentiles[49]:.2f}, p99 {percentiles[98]:.2f}")
        await database.close()


async def lookups(database: Database, rows: int) -> list[float]:
    random = Random(1)
    times = []
    for _ in range(LOOKUPS):
        number = str(FIRST + random.randrange(rows))
        started = time.perf_counter()
        async with database.read() as session:
            account = await queries.account_by_number(session, number)
        times.append((time.perf_counter() - started) * 1000)
        assert account is not None
    return times


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else ROWS))
