"""What a full base costs: the mix, the inbox's lists, its searches, the statistics.

    python -m benchmarks.growth [--full] [--only sqlite] [--folder FOLDER]

A twentieth by default: 50,000 accounts, 50,000 conversations and 1,000,000 messages of five months;
``--full`` makes 1,000,000, 1,000,000 and 20,000,000. Half of the customers who write are known.
"""

# ruff: noqa: S608 (the statements are made of this file's own words)

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from statistics import mean
from zoneinfo import ZoneInfo

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks import lists, pipeline
from benchmarks.mix import Account, Written, accounts_of, phrases, written
from benchmarks.subjects import ROOT, Installation, machine
from conversations.service import bot_account_id
from handoff.board.now import Period, Reports
from handoff.working_time.calendar import HoursInForce
from okno import profile, understanding
from okno.retention import Forgetting
from storage.database import Database

FULL = 1_000_000
A_CONVERSATION = 20
PART = 200_000
MINUTES = 150 * 24 * 60
ROUNDS, PACED = 2, 300
A_ROUND = 2 * PACED + 100  # a crowd, a stream, and what comes before them
PER_SECOND = 20.0
ZONE = ZoneInfo("Europe/Moscow")

# Numbers from :first to :last as a table n(i).
_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS "
    "(SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)",
    "postgresql": "WITH n AS (SELECT generate_series(cast(:first as bigint), :last) AS i)",
}
_AGO = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', 'now', '-' || ({minutes}) || ' minutes')",
    "postgresql": "(now() - ({minutes}) * interval '1 minute')",
}


class Grower:
    """Fills the tables by statements that make their rows inside the database. Numbers of rows
    begin above those that are there."""

    def __init__(self, connection: AsyncConnection, bot: int, size: int) -> None:
        self._connection = connection
        self._bot = bot
        self._size = size
        self._dialect = connection.dialect.name
        self._base: dict[str, int] = {}

    async def grow(self, progress: Progress) -> None:
        for table in ("account", "meter", "reading", "contact", "conversation", "message",
                      "delivery", "handoff", "answer_clock"):  # fmt: skip
            found = await self._connection.scalar(text(f"SELECT max(id) FROM {table}"))
            self._base[table] = int(found or 0)
        await self._phrases()
        size, messages = self._size, self._size * A_CONVERSATION
        said = self._ago(f"{MINUTES} - i * {MINUTES} / {messages}")
        begun = self._ago("20 + i % 10000")
        understood = (
            f"CASE WHEN ((i - 1) / {size}) % 2 = 0 "
            """THEN '{"intent": "balance", "confidence": 0.93}' END"""
        )
        await self._rows(progress, "account", size, """
            INSERT INTO account (id, number, category, surname, name, locality, street, house, flat)
            @n SELECT :account + i, cast(770000000000 + i as text), 'household',
                'Фамильев' || i % 5000, 'Анна', 'г. Демоград', 'ул. Садовая-' || i % 900,
                cast(i % 200 as text), cast(i % 90 as text) FROM n""")  # fmt: skip
        await self._rows(progress, "meter", size, f"""
            INSERT INTO meter (id, account_id, number, zones, digits, decimals, ratio, remote,
                verification_due)
            @n SELECT :meter + i, :account + i, 'M' || i, 1, 6, 0, 1, false,
                {self._date("2035-01-01")} FROM n""")  # fmt: skip
        await self._rows(progress, "reading", size, f"""
            INSERT INTO reading (id, meter_id, t1, taken_on, period, received_at, channel, status,
                verified, marks)
            @n SELECT :reading + i, :meter + i, 1000000, {self._date(_month_ago())},
                {self._date(_month_ago().replace(day=1))}, {self._ago("40000")}, 'office',
                'accepted', true, {self._json("'[]'")} FROM n""")  # fmt: skip
        await self._rows(progress, "contact", size, f"""
            INSERT INTO contact (id, phone, created_at)
            @n SELECT :contact + i, '+7900' || (1000000 + i), {self._ago(str(MINUTES))}
                FROM n""")  # fmt: skip
        await self._rows(progress, "conversation", size, f"""
            INSERT INTO conversation (id, contact_id, bot_account_id, channel, chat_id,
                display_name, turn, state, last_seq, last_message_at, attempts, created_at)
            @n SELECT :conversation + i, :contact + i, :bot, 'telegram', cast(i as text),
                'Клиент ' || i, 'assistant', {self._json("'{}'")}, {A_CONVERSATION // 2},
                {self._ago(f"(i % {size}) * {MINUTES // A_CONVERSATION} / {size}")}, 0,
                {self._ago(str(MINUTES))} FROM n""")  # fmt: skip
        held = await self._without_indexes("message", "delivery")
        await self._rows(progress, "message", messages, f"""
            INSERT INTO message (id, conversation_id, bot_account_id, author, kind, text,
                text_folded, data, external_id, platform_no, edit_version, order_no, sent_at,
                created_at, handled_at, understanding)
            @n SELECT :message + i, :conversation + 1 + (i - 1) % {size}, :bot,
                CASE WHEN ((i - 1) / {size}) % 2 = 0 THEN 'customer' ELSE 'assistant' END, 'text',
                p.said || ' ' || i, p.folded || ' ' || i, {self._json("'{}'")},
                CASE WHEN ((i - 1) / {size}) % 2 = 0 THEN 'grown-' || i END,
                CASE WHEN ((i - 1) / {size}) % 2 = 0 THEN (i - 1) / {size} + 1 END, 0,
                (i - 1) / {size} + 1, {said}, {said}, {said}, {self._json(understood)}
                FROM n JOIN grown_phrase p ON p.id = i * 7919 % :phrases
            """)  # fmt: skip
        await self._rows(progress, "delivery", messages // 2, f"""
            INSERT INTO delivery (id, conversation_id, bot_account_id, message_id, seq, kind,
                payload, random_id, notice, state, attempts, not_before, platform_id, created_at,
                finished_at)
            @n SELECT :delivery + i, :conversation + 1 + (i - 1) % {size}, :bot,
                :message + ((i - 1) / {size} * 2 + 1) * {size} + (i - 1) % {size} + 1,
                (i - 1) / {size} + 1, 'message', {self._json("'{}'")}, i, false, 'sent', 1,
                {begun}, cast(i as text), {begun}, {begun} FROM n""")  # fmt: skip
        await self._with_indexes(held, progress)
        await self._rows(progress, "handoff", size // 10, f"""
            INSERT INTO handoff (id, conversation_id, reason, summary, state, urgency, name_folded,
                requested_at, first_due_at, operator_id, taken_at, first_answered_at, closed_at,
                close_reason, subject)
            @n SELECT :handoff + i, :conversation + i * 10, 'asked', {self._json("'{}'")}, 'closed',
                1, 'клиент ' || i * 10, {self._asked(30)}, {self._asked(15)}, 1, {self._asked(25)},
                {self._asked(20)}, {self._asked(5)}, 'operator', '' FROM n""")  # fmt: skip
        await self._rows(progress, "answer_clock", size // 10, f"""
            INSERT INTO answer_clock (id, conversation_id, handoff_id, kind, started_at, due_at,
                ended_at, outcome, promised, calendar)
            @n SELECT :answer_clock + i, :conversation + i * 10, :handoff + i, 'first_answer',
                {self._asked(30)}, {self._asked(15)}, {self._asked(20)}, 'met', false, '1'
                FROM n""")  # fmt: skip
        await self._connection.execute(text("DROP TABLE grown_phrase"))
        await self._counters()
        await self._connection.execute(text("ANALYZE"))
        await self._connection.commit()

    def _ago(self, minutes: str) -> str:
        return _AGO[self._dialect].format(minutes=minutes)

    def _asked(self, before: int) -> str:
        return self._ago(f"i * {MINUTES} / {self._size // 10} + {before}")

    def _json(self, value: str) -> str:
        return value if self._dialect == "sqlite" else f"cast({value} as json)"

    def _date(self, day: object) -> str:
        return f"'{day}'" if self._dialect == "sqlite" else f"cast('{day}' as date)"

    async def _rows(self, progress: Progress, table: str, size: int, statement: str) -> None:
        """In parts: a transaction of 20,000,000 rows would need as much room again."""
        task = progress.add_task(table, total=size)
        made = text(statement.replace("@n", _NUMBERS[self._dialect]))
        known = {name: first for name, first in self._base.items() if f":{name} " in made.text}
        if ":phrases" in made.text:
            known["phrases"] = int(
                await self._connection.scalar(text("SELECT count(*) FROM grown_phrase")) or 0
            )
        if ":bot" in made.text:
            known["bot"] = self._bot
        for first in range(1, size + 1, PART):
            last = min(first + PART - 1, size)
            await self._connection.execute(made, {**known, "first": first, "last": last})
            await self._connection.commit()
            progress.update(task, completed=last)

    async def _phrases(self) -> None:
        """What customers and the assistant have said."""
        await self._connection.execute(
            text("CREATE TABLE grown_phrase (id bigint PRIMARY KEY, said text, folded text)")
        )
        said = phrases()
        await self._connection.execute(
            text("INSERT INTO grown_phrase VALUES (:id, :said, :folded)"),
            [
                {"id": number, "said": one, "folded": one.lower().replace("ё", "е")}
                for number, one in enumerate(said)
            ],
        )

    async def _without_indexes(self, *tables: str) -> list[str]:
        """Drop what is cheaper to make at the end; the statements that make it again."""
        names = ", ".join(f"'{table}'" for table in tables)
        if self._dialect == "sqlite":
            rows = await self._connection.execute(text(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND "
                f"type IN ('index', 'trigger') AND tbl_name IN ({names})"
            ))  # fmt: skip
            found = [tuple(row) for row in rows]
        else:
            rows = await self._connection.execute(text(
                "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE tablename IN "
                f"({names}) AND indexdef NOT LIKE 'CREATE UNIQUE%'"
            ))  # fmt: skip
            found = [tuple(row) for row in rows]
        for kind, name, _ in found:
            await self._connection.execute(text(f"DROP {kind} {name}"))
        again = [sql for _, _, sql in found]
        if self._dialect == "sqlite":
            again.append("INSERT INTO fts_message (fts_message) VALUES ('rebuild')")
        await self._connection.commit()
        return again

    async def _with_indexes(self, statements: Sequence[str], progress: Progress) -> None:
        task = progress.add_task("indexes", total=len(statements))
        for statement in statements:
            await self._connection.exec_driver_sql(statement)
            await self._connection.commit()
            progress.advance(task)

    async def _counters(self) -> None:
        """PostgreSQL's sequences know nothing of numbers that were given."""
        if self._dialect == "sqlite":
            return
        for table in self._base:
            await self._connection.execute(text(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            ))  # fmt: skip


def _month_ago() -> object:
    return datetime.now(UTC).date() - timedelta(days=31)


async def grow(url: str, size: int) -> None:
    database = Database(url)
    bot = await bot_account_id(database, "telegram")
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=pipeline.console) as progress:
        async with database.engine.connect() as connection:
            await Grower(connection, bot, size).grow(progress)
    await database.close()
    os.sync()  # or the commits that are measured wait for what was filled


async def read(url: str) -> dict[str, float]:
    """Milliseconds of the inbox's lists and searches, of the statistics and of the night."""
    database = Database(url)
    found = await lists.measure(database)
    hours = HoursInForce.from_profile(profile.load("demo").hours, ZONE)
    reports = Reports(hours, sure=0.75, title=str)
    today = datetime.now(ZONE).date()
    for name, days in (("statistics of a day", 1), ("statistics of a week", 7)):
        period = Period(today - timedelta(days=days), today - timedelta(days=1))
        begun = time.perf_counter()
        async with database.read() as session:
            await reports.figures(session, period)
        found[name] = (time.perf_counter() - begun) * 1000
    begun = time.perf_counter()
    await Forgetting(database, profile.load("demo").retention, ZONE).look({})
    found["the night's search for what is old"] = (time.perf_counter() - begun) * 1000
    await database.close()
    return found


def _mix(size: int, accounts: Sequence[Account]) -> list[Written]:
    """Of the customers one half is known to the full base, the other is new."""
    spread = ((number * 7919) % size + 1 for number in count())
    chats = chain.from_iterable(zip(spread, count(10 * FULL), strict=False))
    return written(ROUNDS * A_ROUND, accounts, chats=chats)


def _accounts(size: int) -> list[Account]:
    """Some of the grown ones, from all over the table."""
    numbers = dict.fromkeys((place * 7919) % size + 1 for place in range(min(size, 4_000)))
    return [
        Account(str(770_000_000_000 + one), f"Фамильев{one % 5000}", f"M{one}", 1000)
        for one in numbers
    ]


def _measured(*pairs: tuple[Installation, Sequence[Written]]) -> list[pipeline.Figures]:
    """In turns, so that what else the machine does falls on all of them."""
    figures = [pipeline.Figures() for _ in pairs]
    with ExitStack() as stack:
        subjects = [stack.enter_context(installation.running()) for installation, _ in pairs]
        for part in range(ROUNDS):
            for subject, found, (_, messages) in zip(subjects, figures, pairs, strict=True):
                subject.per_second = PER_SECOND
                own = messages[part * A_ROUND : (part + 1) * A_ROUND]
                crowd, paced, warm_up = own[:PACED], own[PACED : 2 * PACED], own[2 * PACED :]
                pipeline.measure(subject, found, crowd, paced, warm_up)
    return figures


def report(name: str, found: dict[str, tuple[pipeline.Figures, dict[str, float]]]) -> None:
    table = Table(title=f"{name}; the mix at {PER_SECOND:g} a second, the rest in ms of the server")
    table.add_column("")
    for column in found:
        table.add_column(column, justify="right")
    mixes = [mix for mix, _ in found.values()]
    table.add_row("messages a second", *(f"{mean(one.throughput):.0f}" for one in mixes))
    table.add_row("CPU ms a message", *(f"{mean(one.cpu):.2f}" for one in mixes))
    for share in (0.5, 0.95, 0.99):
        row = [pipeline.quantile(one.paced, share) for one in mixes]
        table.add_row(f"reply, p{share * 100:g}, ms", *row)
    table.add_row("without a reply", *(str(one.silent) for one in mixes))
    for title in next(iter(found.values()))[1]:
        table.add_row(title, *(f"{times[title]:.1f}" for _, times in found.values()))
    pipeline.console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="20,000,000 messages")
    parser.add_argument("--size", type=int, help="so many accounts and conversations instead")
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--folder", type=Path, help="where the bases lie; 15 GB for --full")
    options = parser.parse_args()
    size = options.size or (FULL if options.full else FULL // 20)
    pipeline.console.print(machine())
    engine = understanding.prepare(pipeline.console, ROOT / ".pytest_cache" / "model.okno")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="okno-growth-", dir=options.folder))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        needed = int(ROUNDS * A_ROUND * pipeline.ACCOUNTS_A_MESSAGE) + 200
        databases = pipeline.Databases(folder, engine, needed, stack)
        own = accounts_of(str(databases.sqlite()))
        for name in ("sqlite", "postgres"):
            if options.only in {None, name}:
                empty, full = _installations(databases, name)
                asyncio.run(grow(full.url, size))
                few, many = _measured((empty, _mix(size, own)), (full, _mix(size, _accounts(size))))
                found = {
                    "empty": (few, asyncio.run(read(empty.url))),
                    f"{size * A_CONVERSATION:,} messages": (many, asyncio.run(read(full.url))),
                }
                report(name, found)


def _installations(databases: pipeline.Databases, name: str) -> tuple[Installation, Installation]:
    if name == "sqlite":
        return databases.copy_sqlite("empty"), databases.copy_sqlite("full")
    return databases.copy_postgres("empty"), databases.copy_postgres("full")


if __name__ == "__main__":
    main()
