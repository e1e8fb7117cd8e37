"""A customer's word in every column that docs/security.md names: what the term forgets, what he is
given, what is erased at his word."""

import json
import zipfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import JSON, LargeBinary, Table, insert, null, select, update

from handoff.models import Handoff
from media.shelf import FolderShelf
from media.store import MediaStore
from okno import customer_data
from okno.profile import Retention
from okno.retention import Forgetting
from storage.base import Base
from storage.database import Database, Transaction
from tests.conftest import FakeClock
from tests.security.test_document import columns_of_persons, terms_of_tables
from tests.storage import one_of_each
from tests.storage.one_of_each import NOON, NUMBER

HIS = "личное"
TERMS = Retention(conversations_months=6)
# Rows that have reached what their term is counted from.
ENDED: dict[str, dict[str, Any]] = {
    "handoff": {"state": "closed", "closed_at": NOON, "operator_id": NUMBER},
    "delivery": {"state": "sent", "finished_at": NOON},
    "web_visitor": {"revoked_at": None},
}
# Says where an answer goes, for as long as the customer does not ask to be forgotten.
_ADDRESS = {"conversation.chat_id"}


@pytest.fixture
async def told(database: Database) -> Database:
    """Each word says where it stands; one more message has data and no text."""
    async with database.write() as tx:
        for table in Base.metadata.sorted_tables:
            row = _row(table) | ENDED.get(table.name, {})
            await tx.connection.execute(insert(table).values(row))
            if table.name == "message":
                wordless = {"id": NUMBER + 1, "external_id": "x", "platform_no": 0, "text": "",
                            "text_folded": "", "understanding": null()}  # fmt: skip
                await tx.connection.execute(insert(table).values(row | wordless))
    return database


def _row(table: Table) -> dict[str, Any]:
    row = one_of_each.row_of(table)
    for name in columns_of_persons().get(table.name, set()) - {*one_of_each.checked(table)}:
        column, where = table.columns[name], f"{HIS}:{table.name}.{name}"
        if isinstance(column.type, JSON):
            row[name] = {"phone": where}
        elif isinstance(column.type, LargeBinary):
            row[name] = where.encode()
        elif isinstance(row.get(name), str) and not column.foreign_keys and name != "digest":
            row[name] = where
    return row


async def _left(database: Database) -> set[str]:
    """Where words of his stand."""
    found = set()
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in (await session.execute(select(table))).mappings():
                for name, value in row.items():
                    read = value.decode(errors="replace") if isinstance(value, bytes) else value
                    if HIS in str(read):
                        found.add(f"{table.name}.{name}")
    return found


def _in(tables: set[str], places: set[str]) -> set[str]:
    return {place for place in places if place.partition(".")[0] in tables}


async def test_nothing_outlives_its_term(told: Database, clock: FakeClock) -> None:
    by_term: dict[str, set[str]] = {}
    for name, term in terms_of_tables().items():
        by_term.setdefault(term, set()).add(name)
    forgotten = by_term["conversations"] | by_term["technical"]
    before = _in(forgotten, await _left(told))
    assert len(before) > 25
    clock.advance(days=31 * 6 - 1)
    await _night(told)
    spoken = _in(by_term["conversations"], await _left(told))
    assert spoken == _in(by_term["conversations"], before), "no contact is forgotten too early"
    clock.advance(days=60)  # a browser is silent for long before it is forgotten
    await _night(told)
    assert _in(forgotten, await _left(told)) == _ADDRESS


async def test_he_is_given_all_of_it_and_nothing_of_it_stays(
    told: Database, tmp_path: Path
) -> None:
    erased = {model.__tablename__ for model in (*customer_data.DELETED, *customer_data.BLANKED)}
    kept = {model.__tablename__ for model in customer_data.KEPT}
    before = await _left(told)
    media, file = MediaStore(told, FolderShelf(tmp_path)), tmp_path / "his.zip"
    await customer_data.export(told, media, NUMBER, file)
    with zipfile.ZipFile(file) as archive:
        given = json.dumps(json.loads(archive.read("данные.json")), ensure_ascii=False)
    missing = {place for place in _in(erased | kept, before) if f"{HIS}:{place}" not in given}
    assert missing == set()
    await customer_data.erase(told, NUMBER)
    assert _in(erased, await _left(told)) == set()
    async with told.read() as session:
        (summary,) = (await session.scalars(select(Handoff.summary))).all()
    assert summary == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_erased_is_not_in_the_file_either(told: Database) -> None:
    await customer_data.erase(told, NUMBER)
    file = Path(str(told.url.database))
    await told.close()  # the journal goes into the file with the last connection
    content = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
    assert f"{HIS}:reading_delivery_step.note".encode() in content, "what stays is there"
    for place in ("contact.phone", "contact.given_name", "message.text", "proven_phone.phone"):
        assert f"{HIS}:{place}".encode() not in content, place


async def test_of_a_request_stays_what_it_was_about(told: Database) -> None:
    collected = {"intent": "callback", "phone": "+7 900 000-00-00", "name": HIS, "number": "44001"}
    async with told.write() as tx:
        await _collected(tx, collected)
    await customer_data.erase(told, NUMBER)
    async with told.read() as session:
        assert (await session.scalars(select(Handoff.summary))).all() == [{"intent": "callback"}]


async def _collected(tx: Transaction, summary: dict[str, Any]) -> None:
    await tx.session.execute(update(Handoff).values(summary=summary))


async def _night(database: Database) -> None:
    forgetting = Forgetting(database, TERMS, ZoneInfo("Europe/Moscow"))
    found = await forgetting.look({})
    async with database.write() as tx:
        await forgetting.act(tx, {}, found)
