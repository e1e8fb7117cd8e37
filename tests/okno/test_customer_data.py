"""What is kept of one customer: nothing of it is missed, nothing of anybody else's is touched."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

import okno.tables  # noqa: F401 (registers every room's tables)
from billing.models import Consent
from bots.incoming import Incoming
from conversations.models import Conversation, Message, MessageKind
from conversations.service import bot_account_id
from handoff.models import Handoff
from media.models import Attachment, AttachmentState, MediaFile
from okno import customer_data
from okno.assemble import assemble
from okno.errors import CustomerUnknown, StayOpen
from okno.services import Services
from storage.base import Base
from storage.database import Database, Transaction

NAME = "Пётр Забвенный"
SECRET = "мой адрес улица Тайная, дом 5"


async def says(services: Services, chat: str, text: str, number: int) -> None:
    account_id = await bot_account_id(services.database, "telegram")
    await services.intake.accept(
        Incoming(
            bot_account_id=account_id, channel="telegram", chat_id=chat,
            external_id=f"{chat}:{number}", kind=MessageKind.TEXT,
            sent_at=services.database.clock.now(), text=text, data={}, platform_no=number,
            order_no=number, sender_name=NAME if chat == "1" else "Вера Другая",
        )
    )  # fmt: skip


async def contact_of(database: Database, chat: str) -> int:
    async with database.read() as session:
        found = select(Conversation.contact_id).where(Conversation.chat_id == chat)
        return int((await session.execute(found)).scalar_one())


@pytest.fixture
async def services(database: Database, tmp_path: Path) -> Any:
    """Two customers; the first has sent a photo, agreed to something and was with an operator."""
    from okno import profile as profiles
    from okno.settings import Settings

    settings = Settings(
        database_url=database.url.render_as_string(hide_password=False), secret_key="x" * 40,
        media_dir=tmp_path / "media", _env_file=None,
    )  # fmt: skip
    services = assemble(settings, profiles.load("demo"), clock=database.clock)
    await says(services, "1", SECRET, 1)
    await says(services, "2", "а я никому не мешаю", 1)
    digest = await services.media.put(b"a photo of a meter")
    async with services.database.write() as tx:
        await _history(tx, digest)
    yield services
    await services.close()


async def _history(tx: Transaction, digest: str) -> None:
    row = (
        await tx.session.execute(select(Conversation).where(Conversation.chat_id == "1"))
    ).scalar_one()
    message = (
        await tx.session.execute(select(Message.id).where(Message.conversation_id == row.id))
    ).scalar_one()
    await tx.session.execute(
        insert(Attachment).values(
            message_id=message, position=0, kind="photo", name="счётчик.jpg", source={},
            state=AttachmentState.KEPT, digest=digest, content_type="image/jpeg", size=18,
            not_before=tx.now, created_at=tx.now,
        )
    )  # fmt: skip
    await tx.session.execute(
        insert(Consent).values(
            contact_id=row.contact_id, purpose="service", kind="consent", version="1",
            text="Согласен", at=tx.now,
        )
    )  # fmt: skip
    await tx.session.execute(
        insert(Handoff).values(
            conversation_id=row.id,
            reason="asked",
            summary={},
            state="waiting",
            name_folded=NAME.lower(),
            requested_at=tx.now,
            first_due_at=tx.now,
        )
    )


async def close_stays(services: Services) -> None:
    async with services.database.write() as tx:
        stay = (await tx.session.execute(select(Handoff))).scalar_one()
        stay.state, stay.closed_at = "closed", tx.now


async def test_he_is_found_and_gets_all_that_is_kept(services: Services, tmp_path: Path) -> None:
    async with services.database.read() as session:
        (found,) = await customer_data.find(session, "Забвенный")
        assert await customer_data.find(session, "никого такого нет") == []
        assert (await customer_data.find(session, "1"))[0].contact_id == found.contact_id
    assert (list(found.names), list(found.channels)) == ([NAME], ["telegram"])
    file = tmp_path / "customer.zip"
    assert await customer_data.export(services.database, services.media, found.contact_id, file)
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as archive:
        assert SECRET in archive.read("переписка.txt").decode()
        data = json.loads(archive.read("данные.json"))
        assert data["consent"][0]["text"] == "Согласен"
        assert "никому не мешаю" not in archive.read("данные.json").decode()
        (photo,) = [name for name in archive.namelist() if name.startswith("файлы/")]
        assert archive.read(photo) == b"a photo of a meter"
    with pytest.raises(CustomerUnknown):
        await customer_data.export(services.database, services.media, 999_999, file)


async def test_what_he_said_is_nowhere_afterwards(services: Services, tmp_path: Path) -> None:
    mine, other = await contact_of(services.database, "1"), await contact_of(services.database, "2")
    with pytest.raises(StayOpen):
        await customer_data.erase(services.database, mine)
    await close_stays(services)
    erased = await customer_data.erase(services.database, mine)
    assert erased.messages == 1
    assert "обращения: 1" in customer_data.answer(erased)
    async with services.database.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(table))).mappings().all()
            kept = repr([dict(row) for row in rows])
            assert "Тайная" not in kept, table.name
            assert "Забвенный" not in kept, table.name
            assert "забвенный" not in kept, table.name
        withdrawn = (await session.execute(select(Consent.withdrawn_at))).scalar_one()
        assert withdrawn is not None
        oldest = (await session.execute(select(MediaFile.created_at))).scalar_one()
        assert oldest.year == 1970
    # Nobody else's words were touched, and he may write again as somebody new.
    file = tmp_path / "other.zip"
    assert await customer_data.export(services.database, services.media, other, file) == 1
    await says(services, "1", "здравствуйте", 2)
    assert await contact_of(services.database, "1") != mine


async def test_a_file_that_another_customer_sent_too_stays(services: Services) -> None:
    async with services.database.write() as tx:
        of = select(Message.id).join(Conversation).where(Conversation.chat_id == "2")
        second = (await tx.session.execute(of)).scalar_one()
        first = (await tx.session.execute(select(Attachment))).scalar_one()
        tx.session.add(
            Attachment(
                message_id=second, position=0, kind="photo", name="тот же", source={},
                state=AttachmentState.KEPT, digest=first.digest, not_before=tx.now,
                created_at=tx.now,
            )
        )  # fmt: skip
    await close_stays(services)
    await customer_data.erase(services.database, await contact_of(services.database, "1"))
    async with services.database.read() as session:
        assert (await session.execute(select(MediaFile.created_at))).scalar_one().year > 1970


def test_no_table_of_a_customer_is_forgotten() -> None:
    """A new table that leads to a contact has to be named in one of the three."""
    reached = {"contact"}
    while True:
        more = {
            table.name
            for table in Base.metadata.sorted_tables
            if any(key.column.table.name in reached for key in table.foreign_keys)
        } - reached
        if not more:
            break
        reached |= more
    named = (*customer_data.KEPT, *customer_data.DELETED, *customer_data.BLANKED)
    assert sorted(model.__tablename__ for model in named) == sorted(reached)
