"""What is answered from the published articles, and when it changes."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from conversations.events import Events
from knowledge_base import versions
from knowledge_base.answers import ArticleButton
from knowledge_base.models import Article
from knowledge_base.service import KnowledgeBase
from storage.database import Database
from storage.signals import Signals
from tests.conftest import FakeClock
from tests.knowledge_base.samples import VALUES, published, text


def base(database: Database) -> KnowledgeBase:
    return KnowledgeBase(database, lambda: VALUES)


async def republish(database: Database, events: Events | None = None, **changes: str) -> None:
    async with database.write() as tx:
        article = (await tx.session.execute(select(Article))).scalar_one()
        number = article.last_number
        version_id = await versions.save(
            tx, article.id, text(**changes), author_id=None, base_number=number
        )
        await versions.publish(tx, events, article.id, version_id, base_number=number + 1)


async def test_an_answer_has_its_variables_filled(database: Database) -> None:
    version_id = await published(database)
    kb = base(database)
    await kb.load()
    answer = kb.answer("faq/penalty")
    assert answer is not None
    assert answer.text == "Первые **30 дней** пеней нет.\n\nТелефон: 8 800 555-01-23"
    assert answer.short == "Первые 30 дней пеней нет."
    assert answer.buttons == (
        ArticleButton("Мой долг", intent="balance"),
        ArticleButton("Сайт", url="https://example.org"),
    )
    assert answer.version_id == version_id
    assert kb.answer("faq/tariffs") is None


async def test_values_are_read_anew(database: Database) -> None:
    await published(database, body="До {{ readings.last_day }}-го числа")
    values = {"readings": {"last_day": 25}, "company": {"site": "https://example.org"}}
    kb = KnowledgeBase(database, lambda: values)
    await kb.load()
    values = values | {"readings": {"last_day": 26}}
    answer = kb.answer("faq/penalty")
    assert answer is not None
    assert answer.text == "До 26-го числа"


async def test_an_answer_with_a_hole_is_not_given(database: Database) -> None:
    """The editor checks variables, but the profile may lose one later."""
    await published(database, body="Звоните: {{ company.fax }}")
    await published(database, "faq/offices", body="Приходите")
    kb = base(database)
    await kb.load()
    assert kb.answer("faq/penalty") is None
    assert kb.answer("faq/offices") is not None


async def test_drafts_are_not_answered(database: Database) -> None:
    await published(database, body="Старое")
    async with database.write() as tx:
        article = (await tx.session.execute(select(Article))).scalar_one()
        await versions.save(tx, article.id, text(body="Новое"), author_id=None, base_number=1)
    kb = base(database)
    await kb.load()
    answer = kb.answer("faq/penalty")
    assert answer is not None
    assert answer.text == "Старое"


async def test_an_article_is_answered_within_its_dates_only(
    database: Database, clock: FakeClock
) -> None:
    now = clock.now()
    await published(
        database, valid_from=now + timedelta(hours=1), valid_until=now + timedelta(hours=2)
    )
    kb = base(database)
    await kb.load()
    assert kb.answer("faq/penalty") is None
    assert kb.answers() == []
    clock.advance(hours=1)
    assert kb.answer("faq/penalty") is not None
    assert [one.topic for one in kb.answers()] == ["faq/penalty"]
    clock.advance(hours=1)
    assert kb.answer("faq/penalty") is None


async def test_a_business_is_not_told_the_rules_for_homes(database: Database) -> None:
    await published(database, audience="household")
    await published(database, "faq/contract_business", audience="business")
    await published(database, "faq/offices", audience="all")
    kb = base(database)
    await kb.load()
    assert kb.answer("faq/penalty", audience="business") is None
    assert kb.answer("faq/penalty") is not None
    assert kb.answer("faq/offices", audience="business") is not None
    # Whoever asks about contracts of companies is one, whatever we took him for.
    assert kb.answer("faq/contract_business") is not None


async def test_training_phrases_come_from_intents_only(database: Database) -> None:
    await published(database)
    await published(database, "info/outage", questions=("нет света",))
    kb = base(database)
    await kb.load()
    assert kb.questions() == [("откуда пени", "faq/penalty"), ("что за пеня", "faq/penalty")]
    assert [one.topic for one in kb.answers()] == ["faq/penalty", "info/outage"]


async def test_refresh_reads_only_after_a_publication(database: Database) -> None:
    await published(database)
    kb = base(database)
    await kb.load()
    assert await kb.refresh() is False
    await republish(database, body="Новое")
    assert await kb.refresh() is True
    answer = kb.answer("faq/penalty")
    assert answer is not None
    assert answer.text == "Новое"
    assert await kb.refresh() is False


async def test_another_process_follows_a_publication(
    database: Database, database_url: str, clock: FakeClock
) -> None:
    """On PostgreSQL the wake-up crosses processes; on SQLite there is only one."""
    await published(database)
    other = database if database.is_sqlite else Database(database_url, clock)
    signals, other_signals = Signals(database), Signals(other)
    if database.is_sqlite:
        other_signals = signals
    await other_signals.start()
    kb = base(other)
    reloaded = asyncio.Event()
    load = kb.load

    async def load_and_tell() -> None:
        await load()
        if (answer := kb.answer("faq/penalty")) is not None and answer.text == "Новое":
            reloaded.set()

    kb.load = load_and_tell  # type: ignore[method-assign]
    await kb.load()
    stop = asyncio.Event()
    following = asyncio.create_task(kb.follow(other_signals, stop, step=0))
    try:
        async with asyncio.timeout(10):
            await republish(database, Events(signals), body="Новое")
            await reloaded.wait()
            stop.set()
            await following
    finally:
        following.cancel()
        await other_signals.close()
        if other is not database:
            await other.close()
