"""One table of expected hits for both databases; several conversations at once."""

import pytest
from sqlalchemy import insert, select, update

from billing.models import Account, AccountLink
from conversations.models import Contact, Message
from handoff.errors import AnswerTooLong, EmptyAnswer, TooManyLabels
from handoff.inbox import queue, tags, words
from handoff.inbox.queue import Tab
from handoff.models import Handoff
from handoff.steps import Operator
from staff.models import AuditEntry
from tests.handoff.conftest import House


@pytest.fixture
async def found_in(house: House) -> House:
    """Four customers: a name, a text with ё, an account, a phone."""
    for chat, name, text in (
        ("1", "Алёна Ковалёва", "Добрый день"),
        ("2", "Борис", "Почему счётчик ещё НЕ поверен? 100% уверен"),
        ("3", "Вера", "здравствуйте"),
        ("4", "Глеб", "перезвоните"),
    ):
        conversation = await house.customer(text, chat, name)
        await house.request(conversation)
    async with house.database.write() as tx:
        made = await tx.session.execute(
            insert(Account)
            .values(
                number="440012345678",
                category="household",
                surname="Петров",
                name="Пётр",
                locality="г. Примерск",
                street="ул. Мира",
                house="1",
            )
            .returning(Account.id)
        )
        contacts = (await tx.session.execute(select(Contact).order_by(Contact.id))).scalars().all()
        tx.session.add(
            AccountLink(
                contact_id=contacts[2].id,
                account_id=made.scalar_one(),
                proof="name",
                linked_at=tx.now,
            )
        )
        contacts[3].phone = "+79001234567"
    return house


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("алена", ["Алёна Ковалёва"]),
        ("КОВАЛЁВА алё", ["Алёна Ковалёва"]),
        ("счетчик еще", ["Борис"]),
        ("ПОВЕРЕН почему", ["Борис"]),
        ("100%", ["Борис"]),
        ("1_0", []),
        # Beginnings and other forms of a word.
        ("счетч пов", ["Борис"]),
        ("четчик", []),
        ("счётчиков", ["Борис"]),
        ("уверены", ["Борис"]),
        ("перезвонит", ["Глеб"]),
        ("ковалёвой", ["Алёна Ковалёва"]),
        ("почему'); --", ["Борис"]),
        ("440012345678", ["Вера"]),
        ("5678", ["Вера"]),
        ("8 900 123-45-67", ["Глеб"]),
        ("+7 (900) 123", ["Глеб"]),
        ("вера перезвоните", []),
        ("нет такого", []),
        ("678", []),
    ],
)
async def test_hits(found_in: House, olga: Operator, text: str, names: list[str]) -> None:
    async with found_in.database.read() as session:
        page = await queue.page(session, Tab.MINE, olga.id, search=text)
    assert [item.name for item in page.items] == names


async def test_a_hit_in_a_text_shows_its_words(found_in: House, olga: Operator) -> None:
    async with found_in.database.read() as session:
        (item,) = (await queue.page(session, Tab.ALL, olga.id, search="поверен")).items
    assert "НЕ поверен" in item.said


async def test_every_message_is_folded_however_it_came(house: House, olga: Operator) -> None:
    first = await house.waiting()
    await house.service.desk.answer(first, olga, "СЧЁТ верный", client_key="k1")
    await house.service.desk.note(first, olga, "ЁЖ", client_key="n1")
    async with house.database.read() as session:
        rows = (await session.execute(select(Message.text, Message.text_folded))).all()
    assert len(rows) == 4
    for text, folded in rows:
        assert folded == text.casefold().replace("ё", "е")


async def test_what_is_erased_is_not_found_and_what_is_renamed_is(
    found_in: House, olga: Operator
) -> None:
    async with found_in.database.write() as tx:
        await tx.connection.execute(update(Message).values(text="", text_folded=""))
        await tx.connection.execute(
            update(Handoff).where(Handoff.name_folded == "борис").values(name_folded="инна")
        )
    async with found_in.database.read() as session:
        assert (await queue.page(session, Tab.ALL, olga.id, search="счетчик")).items == []
        assert (await queue.page(session, Tab.ALL, olga.id, search="борис")).items == []
        assert len((await queue.page(session, Tab.ALL, olga.id, search="инна")).items) == 1


async def test_hits_come_in_pages(house: House, olga: Operator) -> None:
    for number in range(5):
        await house.waiting(str(number), f"Анна {number}")
    names, after = [], ""
    async with house.database.read() as session:
        for _ in range(3):
            page = await queue.page(session, Tab.ALL, olga.id, search="анна", limit=2, after=after)
            names += [item.name for item in page.items]
            after = page.next
    assert (names, after) == ([f"Анна {number}" for number in (4, 3, 2, 1, 0)], "")


async def test_the_index_is_read(house: House) -> None:
    await house.waiting()
    sqlite = house.database.is_sqlite
    wanted = words.messages(["счет"], sqlite=sqlite, newest=2)
    sql = (
        select(Message.id)
        .where(wanted)
        .compile(dialect=house.database.engine.dialect, compile_kwargs={"literal_binds": True})
    )
    async with house.database.write() as tx:
        if not sqlite:
            await tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        plan = await tx.connection.exec_driver_sql(f"{explain} {sql}")
        assert "fts_message" in "\n".join(map(str, plan.all()))


async def test_labels(house: House, olga: Operator, ivan: Operator) -> None:
    """Anybody puts them, the first spelling stays; they are found, in part and in any case."""
    put, off = house.service.labels.put, house.service.labels.take_off
    anna, boris = await house.waiting("1", "Анна"), await house.waiting("2", "Борис")

    async def found(text: str) -> list[tuple[str, list[str]]]:
        async with house.database.read() as session:
            page = await queue.page(session, Tab.ALL, olga.id, search=text)
        return [(item.name, list(item.tags)) for item in page.items]

    await put(anna, olga, "  Авария  на Мира ")
    await put(anna, ivan, "авария НА мира")
    await put(boris, ivan, "авария на мира")
    assert await found("мира авар") == [("Борис", ["Авария на Мира"]), ("Анна", ["Авария на Мира"])]
    await off(boris, olga, "Авария на мира")
    assert await found("авария") == [("Анна", ["Авария на Мира"])]
    async with house.database.read() as session:
        assert await tags.known(session) == ["Авария на Мира"]
        # Words about a customer are erased with him: the audit log, which stays, has none.
        logged = (await session.scalars(select(AuditEntry.data))).all()
        assert "Авария" not in repr(logged)
    for number in range(tags.MOST - 1):
        await put(anna, olga, f"метка {number}")
    with pytest.raises(TooManyLabels):
        await put(anna, olga, "ещё одна")
    with pytest.raises(EmptyAnswer):
        await put(anna, olga, " # ")
    with pytest.raises(AnswerTooLong):
        await put(anna, olga, "м" * 41)
    assert len((await found("авария"))[0][1]) == tags.MOST
