"""Back-up, restore and the move between databases: everything arrives, nothing is sent twice."""

import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, null, select

from conversations import restored
from conversations.models import (
    BotAccount,
    Contact,
    Conversation,
    Delivery,
    Message,
    Quarantine,
)
from media.shelf import FolderShelf
from media.whole import Whole
from storage import archive
from storage.base import Base
from storage.database import Database
from storage.errors import WrongArchive
from tests.conftest import FakeClock
from tests.storage import one_of_each

NOON = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
def other_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """A second, empty database: of the other kind than the first."""
    name = "postgres_url" if database_url.startswith("sqlite") else "sqlite_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def target(other_url: str, clock: FakeClock) -> AsyncIterator[Database]:
    database = Database(other_url, clock)
    yield database
    await database.close()


async def fill(database: Database, messages: int = 3) -> None:
    """A conversation with an unanswered line and a reply that is not sent yet."""
    async with database.write() as tx:
        session = tx.session
        await session.execute(insert(BotAccount).values(id=7, channel="telegram", name="main"))
        await session.execute(insert(Contact).values(id=3, created_at=NOON))
        await session.execute(
            insert(Conversation).values(
                id=5, contact_id=3, bot_account_id=7, channel="telegram", chat_id="42",
                display_name="Анна 🙂", state={"flow": None, "слоты": [1, 2]}, last_seq=1,
                last_message_at=NOON, handle_at=NOON, created_at=NOON,
            )
        )  # fmt: skip
        for number in range(messages):
            await session.execute(
                insert(Message).values(
                    conversation_id=5, bot_account_id=7, author="customer", kind="text",
                    text=f"сколько я должен? {number}", data={}, external_id=f"u{number}",
                    platform_no=number, sent_at=NOON, created_at=NOON, handle_after=NOON,
                    **({"understanding": {"intent": "balance"}} if number else {}),
                )
            )  # fmt: skip
        await session.execute(
            insert(Delivery).values(
                conversation_id=5, bot_account_id=7, seq=1, kind="message",
                payload={"text": "Ваш долг"}, random_id=11, not_before=NOON, created_at=NOON,
            )
        )  # fmt: skip
        await session.execute(
            insert(Quarantine).values(
                bot_account_id=7, external_id="q", body=b"\x00\xff{", error="?", created_at=NOON
            )
        )


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    found = {}
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = await session.execute(select(table).order_by(*table.primary_key.columns))
            found[table.name] = [dict(row) for row in rows.mappings()]
    return found


async def test_everything_arrives_in_the_other_kind_of_database(
    database: Database, target: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PAGE", 2)  # several pages of a few rows
    await fill(database, messages=5)
    async with database.write() as tx:
        await one_of_each.put(tx)
    photo = "ab" + "0" * 62
    media = FolderShelf(tmp_path / "media")
    await media.put(photo, b"\x89PNG")
    moved = await archive.write(database, tmp_path / "okno.zip", Whole(media))
    assert (tmp_path / "okno.zip").stat().st_mode & 0o077 == 0, "nobody else may read it"
    whole = await everything(database)
    assert [name for name, rows in whole.items() if not rows] == [], "every table has a row"
    rows = sum(len(table) for table in whole.values())
    assert moved == archive.Moved(rows=rows, files=1)
    assert rows == 10 + len(whole)
    new = FolderShelf(tmp_path / "new")
    assert await archive.read(target, tmp_path / "okno.zip", Whole(new)) == moved
    assert await everything(target) == whole
    assert await new.read(photo) == b"\x89PNG"
    async with target.read() as session:
        unread = await session.execute(select(Message.id).where(Message.understanding.is_(null())))
        # A NULL has not become a JSON null.
        assert unread.scalars().all() != []


async def test_keys_go_on_after_the_last_one_ever_given(
    database: Database, target: Database, tmp_path: Path
) -> None:
    await fill(database)
    async with database.write() as tx:
        newest = (await tx.session.execute(select(Message.id).order_by(-Message.id))).scalars()
        last = newest.first() or 0
        await tx.session.execute(delete(Message).where(Message.id == last))
    await archive.write(database, tmp_path / "okno.zip")
    await archive.read(target, tmp_path / "okno.zip", gap=500)
    async with target.write() as tx:
        new = await tx.session.execute(
            insert(Message)
            .values(conversation_id=5, bot_account_id=7, author="customer", kind="text",
                    sent_at=NOON, created_at=NOON)
            .returning(Message.id)
        )  # fmt: skip
        assert new.scalar_one() == last + 501, "those between the back-up and the loss are left"


async def test_what_was_waiting_waits_for_a_word_after_a_restore(
    database: Database, target: Database, tmp_path: Path
) -> None:
    await fill(database)
    await archive.write(database, tmp_path / "okno.zip")
    await archive.read(target, tmp_path / "okno.zip", then=restored.hold)
    async with target.read() as session:
        assert await restored.held(session) == (1, 1)
    async with target.write() as tx:
        await restored.release(tx)
    async with target.read() as session:
        assert await restored.held(session) == (0, 0)
        assert (await session.execute(select(Delivery.state))).scalars().all() == ["queued"]
        assert (await session.execute(select(Conversation.handle_at))).scalar_one() is not None


async def test_what_was_sent_before_the_loss_can_be_left(
    database: Database, target: Database, tmp_path: Path
) -> None:
    await fill(database)
    await archive.write(database, tmp_path / "okno.zip")
    await archive.read(target, tmp_path / "okno.zip", then=restored.hold)
    async with target.write() as tx:
        await restored.discard(tx)
    async with target.read() as session:
        assert await restored.held(session) == (0, 0)
        assert (await session.execute(select(Delivery.state))).scalars().all() == ["expired"]
        unhandled = await session.execute(select(Message.id).where(Message.handled_at.is_(None)))
        assert unhandled.scalars().all() == []


async def test_a_database_with_data_is_not_written_over(
    database: Database, target: Database, tmp_path: Path
) -> None:
    await fill(database)
    await fill(target)
    await archive.write(database, tmp_path / "okno.zip")
    with pytest.raises(WrongArchive, match="not empty"):
        await archive.read(target, tmp_path / "okno.zip")


async def test_a_backup_that_breaks_off_leaves_the_database_empty(
    database: Database, target: Database, tmp_path: Path
) -> None:
    await fill(database)
    await archive.write(database, tmp_path / "okno.zip")
    with (
        zipfile.ZipFile(tmp_path / "okno.zip") as whole,
        zipfile.ZipFile(tmp_path / "short.zip", "w") as short,
    ):
        for name in whole.namelist():
            lines = whole.read(name).splitlines(keepends=True)
            short.writestr(name, b"".join(lines[:1] if "message.jsonl" in name else lines))
    with pytest.raises(WrongArchive, match="not complete"):
        await archive.read(target, tmp_path / "short.zip")
    assert not any((await everything(target)).values())


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(WrongArchive, match="not a backup"):
        archive.check(tmp_path / "x.zip")


def test_a_backup_of_another_schema_says_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("manifest.json", json.dumps({"format": 1, "revision": "0000", "tables": {}}))
    with pytest.raises(WrongArchive, match="has schema 0000"):
        archive.check(tmp_path / "x.zip")


async def test_a_file_outside_the_media_folder_is_refused(
    database: Database, target: Database, tmp_path: Path
) -> None:
    await archive.write(database, tmp_path / "okno.zip")
    with zipfile.ZipFile(tmp_path / "okno.zip", "a") as file:
        file.writestr("media/../../evil", b"x")
    with pytest.raises(WrongArchive, match="outside its folder"):
        await archive.read(target, tmp_path / "okno.zip", Whole(FolderShelf(tmp_path / "media")))
    assert not (tmp_path.parent / "evil").exists()
    assert not any((await everything(target)).values())
