"""From a customer's vain question to a variant in an article's draft."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from conversations.models import (
    Author,
    BotAccount,
    Contact,
    Conversation,
    Correction,
    Message,
    MessageKind,
)
from knowledge_base.gaps import record
from knowledge_base.gaps.models import ArticleShown, Gap
from knowledge_base.listing import open_article
from staff.models import AuditEntry
from storage.database import Database
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.samples import published


class Customers:
    """Conversations with messages; numbers of both count from 1."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def ask(self, *texts: str) -> list[int]:
        ids = []
        async with self.database.write() as tx:
            account = (await tx.session.execute(select(BotAccount.id))).scalar()
            if account is None:
                tx.session.add(BotAccount(id=1, channel="web", name="main"))
                tx.session.add(Contact(id=1, created_at=tx.now))
                await tx.session.flush()
                tx.session.add(
                    Conversation(
                        id=1, contact_id=1, bot_account_id=1, channel="web", chat_id="1",
                        last_message_at=tx.now, created_at=tx.now,
                    )
                )  # fmt: skip
                await tx.session.flush()
            for text in texts:
                message = Message(
                    conversation_id=1, bot_account_id=1, author=Author.CUSTOMER,
                    kind=MessageKind.TEXT, text=text, sent_at=tx.now, created_at=tx.now,
                    handled_at=tx.now, understanding={"intent": "faq/tariffs", "confidence": 0.3},
                )  # fmt: skip
                tx.session.add(message)
                await tx.session.flush()
                ids.append(message.id)
        return ids

    async def in_vain(self, *texts: str) -> None:
        ids = await self.ask(*texts)
        async with self.database.write() as tx:
            for message in ids:
                await record.not_understood(tx, message)


@pytest.fixture
def customers(database: Database) -> Customers:
    return Customers(database)


async def kinds(database: Database) -> list[tuple[int, str, str]]:
    async with database.read() as session:
        rows = await session.execute(select(Gap.message_id, Gap.kind, Gap.topic).order_by(Gap.id))
        return [tuple(row) for row in rows]


async def test_what_the_dialog_notes(
    database: Database, customers: Customers, clock: FakeClock
) -> None:
    version = await published(database)
    first, second, third = await customers.ask("раз", "два", "три")
    async with database.write() as tx:
        await record.shown(tx, [record.Shown(1, first, "faq/penalty", version)])
        await record.rated(tx, 1, "faq/penalty", helpful=False)
        await record.rated(tx, 1, "faq/penalty", helpful=True)  # a later press changes nothing
        await record.rated(tx, 1, "faq/never", helpful=False)
        await record.shown(tx, [record.Shown(1, second, "faq/penalty", version)])
        await record.handed_over(tx, 1)
        await record.not_understood(tx, third)
        await record.not_understood(tx, third)
    clock.advance(minutes=31)
    async with database.write() as tx:
        await tx.session.execute(update(ArticleShown).values(handed_over=False))
        await record.handed_over(tx, 1)  # about something else
    assert await kinds(database) == [
        (first, "not_helpful", "faq/penalty"),
        (second, "handed_over", "faq/penalty"),
        (third, "not_understood", ""),
    ]
    async with database.read() as session:
        rows = (await session.execute(select(ArticleShown).order_by(ArticleShown.id))).scalars()
        assert [(row.helpful, row.handed_over) for row in rows] == [(False, False), (None, False)]


async def test_groups_hide_who_asked(elena: Browser, customers: Customers) -> None:
    await customers.in_vain(
        "как зарядить электромобиль, лс 440012345678",
        "зарядка электромобиля",
        "чья это подстанция",
    )
    page = await elena.get("/kb/gaps")
    assert "440012345678" not in page.text
    assert "[лицевой счёт]" in page.text
    table = (await elena.get("/kb/gaps/export.csv")).text
    assert "440012345678" not in table
    assert table.count("не понято") == 3


async def test_old_and_other_gaps_are_left_out(
    elena: Browser, customers: Customers, database: Database, clock: FakeClock
) -> None:
    await customers.in_vain("старый вопрос про фонари")
    async with database.write() as tx:
        await tx.session.execute(update(Gap).values(created_at=clock.now() - timedelta(days=10)))
    assert "фонари" in (await elena.get("/kb/gaps?weeks=4")).text
    assert "фонари" not in (await elena.get("/kb/gaps?weeks=1")).text
    assert "фонари" not in (await elena.get("/kb/gaps?kind=not_helpful")).text


async def test_variants_go_into_the_draft(
    elena: Browser, customers: Customers, database: Database
) -> None:
    await published(database)
    await customers.in_vain("откуда ПЕНИ", "пеня за октябрь, лс 440012345678", "пеня за октябрь")
    form = {"ids": "1,2,3", "topic": "faq/penalty"}
    answer = await elena.post("/kb/gaps/teach", form)
    assert answer.headers["location"] == "/kb/1?done=taught"
    async with database.read() as session:
        opened = await open_article(session, 1)
    assert opened.version.state == "draft"
    assert opened.version.questions == [
        "откуда пени", "что за пеня", "пеня за октябрь, лс", "пеня за октябрь",
    ]  # fmt: skip
    assert "Пробелов нет" in (await elena.get("/kb/gaps")).text
    unknown = {"ids": "1", "topic": "faq/never"}
    assert (await elena.post("/kb/gaps/teach", unknown)).status_code == 404
    assert (await elena.post("/kb/gaps/teach", {"ids": "1;2", "topic": ""})).status_code == 422


async def test_a_new_article_begins_with_the_questions(
    elena: Browser, customers: Customers, database: Database
) -> None:
    await customers.in_vain("зарядка электромобиля")
    form = {"ids": "1", "topic": "Зарядка", "title": "Зарядка"}
    assert (await elena.post("/kb/gaps/new", form)).status_code == 422
    answer = await elena.post("/kb/gaps/new", form | {"topic": "charging"})
    assert answer.headers["location"] == "/kb/1?done=taught"
    async with database.read() as session:
        opened = await open_article(session, 1)
    assert (opened.topic, opened.version.questions) == ("faq/charging", ["зарядка электромобиля"])


async def test_not_ours_is_put_aside(elena: Browser, customers: Customers) -> None:
    await customers.in_vain("где пицца")
    await elena.post("/kb/gaps/not-ours", {"ids": "1"})
    assert "пицца" not in (await elena.get("/kb/gaps")).text


async def test_operators_corrections_are_reviewed_here(
    elena: Browser, customers: Customers, database: Database
) -> None:
    await published(database)
    [message] = await customers.ask("мне пришла неустойка")
    async with database.write() as tx:
        await tx.session.execute(
            insert(Correction).values(
                message_id=message, understood="faq/tariffs", right="faq/penalty", staff_id=1,
                created_at=tx.now - timedelta(days=2),
            )
        )  # fmt: skip
    page = await elena.get("/kb/gaps?kind=misread")
    assert "мне пришла неустойка" in page.text
    assert '<option value="faq/penalty" selected>' in page.text
    await elena.post("/kb/gaps/teach", {"ids": "1", "topic": "faq/penalty"})
    assert "неустойка" not in (await elena.get("/kb/gaps?kind=misread")).text
    async with database.read() as session:
        reviewed = (await session.execute(select(Correction.reviewed_at))).scalar_one()
    assert isinstance(reviewed, datetime)


async def test_the_original_is_for_administrators_and_on_record(
    app: object, elena: Browser, customers: Customers, database: Database
) -> None:
    await customers.in_vain("лс 440012345678 почему")
    assert (await elena.post("/kb/gaps/1/original", {})).status_code == 403
    admin = await Browser(app).log_in("admin")  # type: ignore[arg-type]
    answer = await admin.post("/kb/gaps/1/original", {})
    assert "лс 440012345678 почему" in answer.text
    assert (await admin.post("/kb/gaps/9/original", {})).status_code == 404
    await admin.close()
    async with database.read() as session:
        entries = await session.execute(
            select(AuditEntry.object_id).where(AuditEntry.action == "gap.original_read")
        )
        assert list(entries.scalars()) == ["1"]


async def test_a_table_is_no_place_for_formulas(elena: Browser, customers: Customers) -> None:
    await customers.in_vain("=HYPERLINK(1)")
    assert ";'=HYPERLINK(1);" in (await elena.get("/kb/gaps/export.csv")).text
