"""A new text that comes into force on its day; the former one is shown until then."""

from datetime import timedelta

import pytest

from knowledge_base import versions
from knowledge_base.editing import Editor
from knowledge_base.on_time import OnTime
from storage.database import Database
from storage.jobs import JobRunner
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import ZONE, Browser
from tests.knowledge_base.samples import VALUES, published
from tests.knowledge_base.test_pages import answered, form


@pytest.fixture
def jobs(database: Database, editor: Editor) -> JobRunner:
    return JobRunner(database, OnTime(editor).jobs(), holder="test", period=1)


async def test_the_former_text_stays_until_the_new_ones_day(
    database: Database, elena: Browser, jobs: JobRunner, clock: FakeClock
) -> None:
    await published(database, body="Старое")
    day = (clock.now() + timedelta(days=3)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    sent = await elena.post("/kb/1/publish", form(1, body="Новое", valid_from=day))
    assert sent.headers["location"] == "/kb/1?done=scheduled"
    assert "выйдет сама" in (await elena.get("/kb/1")).text
    assert "Выйдет" in (await elena.get("/kb")).text
    clock.advance(days=2)
    await jobs.run_due()
    assert await answered(database) == "Старое"
    clock.advance(days=2)
    await jobs.run_due()
    assert await answered(database) == "Новое"


async def test_another_day_another_text_and_no_day(
    database: Database, elena: Browser, jobs: JobRunner, clock: FakeClock
) -> None:
    await published(database, body="Старое")
    day = (clock.now() + timedelta(days=3)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    await elena.post("/kb/1/publish", form(1, body="Новое", valid_from=day))
    later = (clock.now() + timedelta(days=5)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    await elena.post("/kb/1/publish", form(2, body="Новее", valid_from=later))
    clock.advance(days=4)
    await jobs.run_due()
    assert await answered(database) == "Старое"
    await elena.log_in("elena")
    assert "выйдет сама" in (await elena.get("/kb/1")).text
    await elena.post("/kb/1/save", form(3, body="Черновик", valid_from=later))
    assert "выйдет сама" not in (await elena.get("/kb/1")).text
    clock.advance(days=2)
    await jobs.run_due()
    assert await answered(database) == "Старое"


async def test_what_is_not_fit_any_more_is_told(
    database: Database, elena: Browser, jobs: JobRunner, clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await published(database, body="Старое")
    day = (clock.now() + timedelta(days=3)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    body = "Звоните: {{ readings.last_day }}"
    await elena.post("/kb/1/publish", form(1, body=body, valid_from=day))
    monkeypatch.delitem(VALUES, "readings")
    clock.advance(days=4)
    await jobs.run_due()
    assert await answered(database) == "Старое"
    async with database.read() as session:
        newest = await versions.latest(session, 1)
    assert newest is not None
    assert newest.sent_back is not None
    assert newest.sent_back.startswith("Не вышла в назначенный день. Нет такой переменной")
