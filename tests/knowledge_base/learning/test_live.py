"""Every process goes over to the published model without losing a message."""

import asyncio
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import func, select

from bots.incoming import Incoming
from bots.intake import Intake
from conversations.models import Author, Message, MessageKind
from conversations.service import Outbox, bot_account_id
from dialogs.assistant import Assistant
from dialogs.effects import Effects
from dialogs.turn import Context, Response
from dialogs.worker import Worker
from knowledge_base.learning import store
from knowledge_base.learning.live import LiveEngine
from replies import Reply
from storage.database import Database
from tests.fakes.waiting import until
from tests.knowledge_base.learning.conftest import School
from tests.knowledge_base.learning.test_trainer import publishes
from tests.knowledge_base.samples import published

CHATS = 4
EACH = 15


class ReadingAssistant:
    """Reads each message with the live engine and answers with the intent."""

    def __init__(self, engine: LiveEngine) -> None:
        self.engine = engine

    async def respond(self, context: Context) -> Response:
        found = await asyncio.to_thread(
            self.engine.parse_many, context.text, datetime(2026, 11, 18, tzinfo=UTC)
        )
        return Response({}, (Reply(found[0].intent),), understanding=found[0])

    def give_up(self, context: Context) -> Response:
        raise AssertionError("a message failed")


async def test_two_workers_swap_models_under_load(school: School, database_url: str) -> None:
    """Publishing comes in the middle of sixty messages; each is answered once, the last ones by
    the new model in both workers."""
    await published(school.database)
    stop = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    engines: list[LiveEngine] = []
    others: list[Database] = []
    for _ in range(2):
        # On PostgreSQL two processes would have a connection pool each; so do we.
        database = school.database
        if not database.is_sqlite:
            database = Database(database_url, school.database.clock)
            others.append(database)
        engine = await school.engine()
        engines.append(engine)
        outbox = Outbox(school.events, school.signals)
        worker = Worker(
            database, school.signals, outbox, cast(Assistant, ReadingAssistant(engine)),
            cast(Effects, None), concurrency=2,
        )  # fmt: skip
        tasks.append(asyncio.create_task(worker.run(stop)))
        tasks.append(asyncio.create_task(engine.follow(school.signals, stop, step=0.01)))
    intake = Intake(school.database, school.events, school.signals)
    account = await bot_account_id(school.database, "telegram")

    async def write(number: int) -> None:
        chat = str(number % CHATS)
        await intake.accept(
            Incoming(
                bot_account_id=account, channel="telegram", chat_id=chat,
                external_id=f"{chat}-{number}", kind=MessageKind.TEXT,
                sent_at=school.database.clock.now(), text="сколько я должен",
                platform_no=number, order_no=number,
            )
        )  # fmt: skip

    old = engines[0].model_id
    for number in range(CHATS * EACH):
        await write(number)
        if number == CHATS * EACH // 3:
            await publishes(school, questions=("откуда пени", "зачем пеня"))
            assert await school.trainer.run_one()
    await until(lambda: all(one.model_id != old for one in engines), "both have the new model")
    await write(CHATS * EACH)

    async def answered() -> bool:
        return await _answers(school.database) == CHATS * EACH + 1

    await until(answered, "an answer to each message")
    stop.set()
    await asyncio.gather(*tasks)
    async with school.database.read() as session:
        models = await session.execute(
            select(Message.understanding, Message.id)
            .where(Message.author == Author.CUSTOMER)
            .order_by(Message.id)
        )
        used = [row.understanding["model"] for row in models]
    assert await _answers(school.database) == len(used) == CHATS * EACH + 1
    assert (used[0], used[-1]) == (old, engines[0].model_id)
    assert set(used) == {old, engines[0].model_id}
    for database in others:
        await database.close()


async def _answers(database: Database) -> int:
    async with database.read() as session:
        return (
            await session.execute(select(func.count()).where(Message.author == Author.ASSISTANT))
        ).scalar_one()


async def test_a_model_of_no_use_leaves_the_old_one(school: School) -> None:
    engine = await school.engine()
    old = engine.model_id
    async with school.database.write() as tx:
        row = await store.keep(
            tx, "broken", b"no zip", {"base_digest": "", "phrases_digest": "", "phrases": 0}
        )
        await store.make_active(tx, school.events, row)
    assert not await engine.refresh()
    assert not await engine.refresh()
    assert engine.model_id == old
    async with school.database.write() as tx:
        before = await store.active(tx.session)
        assert before is not None
        assert before.previous_id is not None
        await store.make_active(tx, school.events, before.previous_id)
    assert await engine.refresh()


async def test_old_models_lose_their_bytes(school: School) -> None:
    for number in range(store.KEPT + 3):
        async with school.database.write() as tx:
            await store.keep(
                tx, f"m{number}", b"x", {"base_digest": "", "phrases_digest": "", "phrases": 0}
            )
    async with school.database.read() as session:
        kept = [await store.content(session, number) for number in range(1, store.KEPT + 5)]
    assert kept[0] is not None  # the active one
    assert kept[1] is kept[2] is None
    assert kept[-1] == b"x"
