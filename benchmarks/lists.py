"""What the server spends on the inbox's lists, its search and a long conversation.

    python -m benchmarks.lists [--open 10000] [--url postgresql://…]

The same for ten open conversations and for ``--open`` of them, with twice as many closed ones and
three messages in each. A database of its own, in a folder that is thrown away, unless ``--url``
names an empty one.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text

import okno.tables  # noqa: F401 (the whole schema)
from conversations.models import BotAccount, Contact, Conversation, Message
from handoff.inbox import queue
from handoff.inbox.names import folded
from handoff.inbox.queue import Tab
from handoff.inbox.thread import Thread
from handoff.models import Handoff
from staff.models import GroupMember, Person, StaffGroup
from storage import migrate
from storage.database import Database

ROUNDS = 30
ME = 1
LONG = 5_000
FIRST = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Инна", "Кирилл")
LAST = ("Алексеевы", "Борисовы", "Васильевы", "Громовы", "Дмитриевы", "Ежовы", "Жуковы")
SAID = ("сколько я должен за октябрь", "счётчик показывает неправильно", "не пришла квитанция")


async def fill(database: Database, open_now: int) -> None:
    """A third waits, a third is owed an answer, a third is answered; twice as many are closed."""
    async with database.write() as tx:
        now = tx.now
        for number, name in ((ME, "Ольга"), (2, "Иван")):
            tx.session.add(
                Person(
                    id=number, login=f"p{number}", display_name=name, password_hash="-",
                    role="operator", created_at=now,
                )
            )  # fmt: skip
        tx.session.add(StaffGroup(id=1, name="Счётчики", topics=[], is_default=False))
        tx.session.add(BotAccount(id=1, channel="telegram", name="main"))
        await tx.session.flush()
        tx.session.add(GroupMember(group_id=1, person_id=ME))
        count = open_now * 3
        numbers = range(1, count + 1)
        names = {n: f"{FIRST[n % 10]} {LAST[n % 7]} {n}" for n in numbers}
        conversation = {"bot_account_id": 1, "channel": "telegram", "state": {}, "last_seq": 0,
                        "last_message_at": now, "created_at": now, "turn": "assistant",
                        "attempts": 0}  # fmt: skip
        await tx.connection.execute(
            insert(Contact),
            [{"id": n, "created_at": now, "phone": f"+7900{n:07}"} for n in numbers],
        )
        await tx.connection.execute(
            insert(Conversation),
            [conversation | {"id": n, "contact_id": n, "chat_id": str(n), "display_name": names[n]}
             for n in numbers],
        )  # fmt: skip
        said = [_message(n, SAID[(n + part) % 3]) for n in numbers for part in range(3)]
        said += [_message(1, f"{SAID[part % 3]} {part}") for part in range(LONG)]
        for first in range(0, len(said), 5_000):
            rows = [
                row | {"sent_at": now, "created_at": now} for row in said[first : first + 5_000]
            ]
            await tx.connection.execute(insert(Message), rows)
        stays = [
            {"id": n, "conversation_id": n, "reason": "asked", "summary": {}, "urgency": 1,
             "name_folded": folded(names[n]), "requested_at": now, "first_due_at": now,
             "subject": "", "group_id": 1 if n % 50 == 0 else None}
            | _standing(n, open_now, now + timedelta(seconds=n))
            for n in numbers
        ]  # fmt: skip
        await tx.connection.execute(insert(Handoff), stays)


def _message(conversation: int, words: str) -> dict[str, object]:
    return {"conversation_id": conversation, "bot_account_id": 1, "author": "customer",
            "kind": "text", "text": words, "data": {}}  # fmt: skip


def _standing(number: int, open_now: int, at: object) -> dict[str, object]:
    standing: dict[str, object] = {
        "state": "waiting", "operator_id": None, "rank_at": at, "next_due_at": at,
        "closed_at": None,
    }  # fmt: skip
    if number > open_now:
        return standing | {"state": "closed", "closed_at": at, "rank_at": None, "next_due_at": None}
    if number % 3:
        standing |= {"state": "taken", "operator_id": ME if number % 100 == 1 else 2}
    if number % 3 == 2:
        standing |= {"rank_at": None, "next_due_at": None}
    return standing


async def spent(work: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds, the median of ROUNDS."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


async def measure(database: Database) -> dict[str, float]:
    thread = Thread(ZoneInfo("Europe/Moscow"), lambda name: name)

    def page(tab: Tab, **more: object) -> Callable[[], Awaitable[object]]:
        async def work() -> object:
            async with database.read() as session:
                return await queue.page(session, tab, ME, **more)  # type: ignore[arg-type]

        return work

    async def deep() -> str:
        """The place after a thousand lines, or as many as there are."""
        after = ""
        async with database.read() as session:
            for _ in range(5):
                found = await queue.page(session, Tab.ALL, ME, limit=200, after=after)
                after = found.next or after
        return after

    async def counts() -> object:
        async with database.read() as session:
            return await queue.counts(session, ME, database.clock.now())

    async def conversation() -> object:
        async with database.read() as session:
            return await thread.page(session, 1, before=2_000)

    after = await deep()
    return {
        "waiting": await spent(page(Tab.WAITING)),
        "waiting, of one's groups": await spent(page(Tab.WAITING, groups=[1])),
        "mine": await spent(page(Tab.MINE)),
        "all": await spent(page(Tab.ALL)),
        "all, after a thousand": await spent(page(Tab.ALL, after=after)),
        "closed": await spent(page(Tab.CLOSED)),
        "counts": await spent(counts),
        "search: a name": await spent(page(Tab.ALL, search="анна гром")),
        "search: words of a message": await spent(page(Tab.ALL, search="счетчики показывали")),
        "search: an end of a phone": await spent(page(Tab.ALL, search="0000123")),
        "older messages of a conversation of 5,000": await spent(conversation),
    }


async def run(open_now: int, url: str | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url or f"sqlite:///{Path(folder)}/okno.db")
        await migrate.upgrade(database)
        await fill(database, open_now)
        found = await measure(database)
        if url:
            async with database.engine.begin() as connection:
                await connection.execute(text("DROP SCHEMA public CASCADE"))
                await connection.execute(text("CREATE SCHEMA public"))
        await database.close()
    return found


async def main(open_now: int, url: str | None) -> None:
    few, many = await run(10, url), await run(open_now, url)
    print(f"| ms of the server | 10 open | {open_now} open |\n|---|---|---|")
    for name, value in few.items():
        print(f"| {name} | {value:.1f} | {many[name]:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--url", default=None, help="an empty database instead of SQLite")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.open, chosen.url))
