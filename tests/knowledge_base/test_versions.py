"""Two editors, one article."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from conversations import events as live
from conversations.events import Events
from knowledge_base import versions
from knowledge_base.differences import Change, changed_lines, folded
from knowledge_base.errors import EditConflict
from knowledge_base.models import ArticleVersion, State
from storage.database import Database
from storage.signals import Signals
from tests.knowledge_base.samples import published, text


async def article_of(database: Database, version_id: int) -> int:
    async with database.read() as session:
        version = await session.get_one(ArticleVersion, version_id)
        return version.article_id


async def states(database: Database) -> list[tuple[int, str]]:
    async with database.read() as session:
        rows = await session.execute(
            select(ArticleVersion.number, ArticleVersion.state).order_by(ArticleVersion.number)
        )
        return [(number, state) for number, state in rows]


async def test_of_two_editors_the_second_is_told(database: Database) -> None:
    article_id = await article_of(database, await published(database))

    async def save(body: str) -> int:
        async with database.write() as tx:
            return await versions.save(
                tx, article_id, text(body=body), author_id=None, base_number=1
            )

    results = await asyncio.gather(*(save(f"{n}") for n in range(8)), return_exceptions=True)
    saved = [one for one in results if isinstance(one, int)]
    refused = [one for one in results if isinstance(one, EditConflict)]
    assert (len(saved), len(refused)) == (1, 7)
    assert {conflict.latest for conflict in refused} == {saved[0]}
    assert await states(database) == [(1, State.PUBLISHED), (2, State.DRAFT)]


async def test_a_new_draft_takes_the_place_of_the_one_before(database: Database) -> None:
    article_id = await article_of(database, await published(database))
    for base in (1, 2):
        async with database.write() as tx:
            await versions.save(tx, article_id, text(), author_id=None, base_number=base)
    assert await states(database) == [
        (1, State.PUBLISHED),
        (2, State.ARCHIVED),
        (3, State.DRAFT),
    ]


async def test_publishing_replaces_and_tells(database: Database) -> None:
    article_id = await article_of(database, await published(database))
    async with database.write() as tx:
        version_id = await versions.save(tx, article_id, text(), author_id=None, base_number=1)
        await versions.publish(tx, Events(Signals(database)), article_id, version_id, base_number=2)
    assert await states(database) == [(1, State.ARCHIVED), (2, State.PUBLISHED)]
    async with database.read() as session:
        changes = await live.since(session, 0)
    assert [(change.kind, change.ids) for change in changes] == [
        ("kb.published", {"article_id": article_id, "version_id": version_id})
    ]


async def test_the_database_keeps_two_published_versions_out(database: Database) -> None:
    version_id = await published(database)
    async with database.read() as session:
        first = await session.get_one(ArticleVersion, version_id)
    columns = [column.key for column in ArticleVersion.__table__.columns if column.key != "id"]
    again = ArticleVersion(**{key: getattr(first, key) for key in columns} | {"number": 2})

    async def add() -> None:
        async with database.write() as tx:
            tx.session.add(again)

    with pytest.raises(IntegrityError):
        await add()


def test_of_many_lines_that_are_the_same_only_the_nearest_are_shown() -> None:
    same = [f"вариант {number}" for number in range(10)]
    lines = folded(changed_lines(["старый", *same, "в"], ["новый", *same, "б"]))
    assert [line for kind, line in lines if kind is Change.SAME] == [*same[:2], *same[-2:]]
    assert (Change.FOLDED, "6") in lines
    assert folded(changed_lines([*same, "в"], same))[0] == (Change.FOLDED, "8")
    short = changed_lines(["старый", *same[:5], "в"], [*same[:5]])
    assert folded(short) == short
