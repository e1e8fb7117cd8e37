"""«Review by»: an article that nobody looked at in time is not said; its editor hears before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from knowledge_base.editing import Editor
from knowledge_base.models import ArticleVersion
from knowledge_base.reminders import JOB, Reminders
from knowledge_base.service import KnowledgeBase
from knowledge_base.terms import last_day, stage
from staff.service import StaffService
from storage.database import Database
from storage.jobs import Job, JobRunner
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import ZONE, Browser
from tests.knowledge_base.samples import VALUES, published

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("left", "expected"), [(15, None), (14, 14), (4, 14), (3, 3), (0, 3), (-1, 0), (-90, 0)]
)
def test_stages(left: int, expected: int | None) -> None:
    assert stage(TODAY + timedelta(days=left), TODAY) == expected
    assert stage(None, TODAY) is None


def test_the_nearer_end_counts() -> None:
    midnight = datetime(2026, 12, 31, 21, tzinfo=UTC)  # in Moscow the new year begins
    assert last_day(None, midnight, ZONE) == date(2026, 12, 31)
    assert last_day(date(2026, 12, 1), midnight, ZONE) == date(2026, 12, 1)
    assert last_day(None, None, ZONE) is None


async def test_it_is_said_through_its_day_and_then_no_more(
    database: Database, clock: FakeClock
) -> None:
    await published(database, review_by=TODAY)
    kb = KnowledgeBase(database, lambda: VALUES, ZONE)
    await kb.load()
    clock.value = datetime(2026, 11, 18, 20, 59, tzinfo=UTC)
    assert kb.answer("faq/penalty") is not None
    assert not kb.is_outdated("faq/penalty")
    clock.advance(minutes=1)  # midnight in Moscow
    assert kb.answer("faq/penalty") is None
    assert kb.search("пени") == []
    assert kb.answers() == []
    assert kb.is_outdated("faq/penalty")
    assert not kb.is_outdated("faq/tariffs")  # there is none
    assert kb.questions()  # still understood: its topic goes to an operator


async def test_the_editor_is_reminded_twice_before(
    app: FastAPI,
    database: Database,
    staff: StaffService,
    clock: FakeClock,
    editor: Editor,
    elena: Browser,
) -> None:
    for topic, days in (("faq/penalty", 20), ("faq/tariffs", 90)):
        end = TODAY + timedelta(days=days)
        await published(database, topic, title=topic, review_by=end, questions=())
    assert (await elena.post("/kb/1/people", {"responsible": "4"})).status_code == 422  # operator
    await elena.post("/kb/1/people", {"responsible": "2"})
    page = (await elena.get("/kb/1")).text
    assert '<option value="2" selected>' in page
    assert "Сохранено." not in page
    reminders = Reminders(database, editor.events, ZONE)
    await reminders.begin()
    runner = JobRunner(database, reminders.jobs(), holder="test", period=1)

    async def told(login: str, read: int | None = None) -> str:
        """Days pass: each time he logs in anew."""
        while await runner.run_due():
            pass
        person = await Browser(app).log_in(login)
        if read is not None:
            await person.post(f"/kb/reminders/{read}/seen", {}, htmx=True)
        shown = (await person.get("/kb/reminders", htmx=True)).text
        count = (await person.get("/kb/reminders/count", htmx=True)).text
        assert count.count("Пора пересмотреть: 1") == ("Понятно" in shown)
        assert 'hx-get="/kb/reminders/count"' in (await person.get("/profile")).text
        await person.close()
        return shown

    assert "faq" not in await told("petr")
    clock.advance(days=6)
    assert "показывается по 08.12.2026" in await told("petr")
    assert "faq" not in await told("elena")  # it is Petr's
    clock.advance(days=1)
    assert (await told("petr")).count("Понятно") == 1  # once, not every morning
    await told("elena", read=1)
    assert "faq/penalty" in await told("petr")
    assert "faq" not in await told("petr", read=1)
    clock.advance(days=9)
    assert "faq" not in await told("petr")
    assert "faq" not in await told("elena")
    clock.advance(days=1)
    assert "показывается по 08.12.2026" in await told("petr")
    clock.advance(days=4)
    assert "больше не показывается" in await told("petr")
    await staff.set_active("petr", False)
    assert "больше не показывается" in await told("elena")  # who was to look has left
    await staff.set_active("petr", True)
    anna = await Browser(app).log_in("admin")
    assert "Не действует" in (await anna.get("/kb?overdue=1", htmx=True)).text
    await anna.close()
    async with database.write() as tx:
        await tx.session.execute(
            update(ArticleVersion)
            .where(ArticleVersion.review_by == date(2026, 12, 8))
            .values(review_by=date(2027, 12, 8))
        )
    assert "faq" not in await told("petr")  # looked at
    async with database.read() as session:
        waiting = await session.execute(
            select(Job.due_at).where(Job.kind == JOB, Job.done_at.is_(None))
        )
        assert [one.isoformat() for one in waiting.scalars()] == ["2026-12-10T05:00:00+00:00"]
