"""Statistics of an article and the filters that rest on them."""

from datetime import timedelta

from sqlalchemy import insert

from knowledge_base import listing, statistics
from knowledge_base.gaps.models import ArticleShown
from storage.database import Database
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import ZONE, Browser
from tests.knowledge_base.gaps.test_gaps import Customers
from tests.knowledge_base.samples import published
from tests.knowledge_base.test_pages import form


async def show(
    database: Database, version: int, *, times: int, days_ago: int = 0,
    helpful: bool | None = None, handed_over: bool = False,
) -> None:  # fmt: skip
    [message] = await Customers(database).ask("почему пени")
    async with database.write() as tx:
        await tx.session.execute(
            insert(ArticleShown),
            [
                {
                    "conversation_id": 1, "message_id": message, "topic": "faq/penalty",
                    "version_id": version, "shown_at": tx.now - timedelta(days=days_ago),
                    "helpful": helpful, "handed_over": handed_over,
                }
            ] * times,
        )  # fmt: skip


async def test_weeks_of_an_article(database: Database, clock: FakeClock) -> None:
    version = await published(database)
    await show(database, version, times=3, helpful=True)
    await show(database, version, times=1, helpful=False, handed_over=True)
    await show(database, version, times=4, days_ago=7)
    await show(database, version, times=9, days_ago=200)
    async with database.read() as session:
        found = await statistics.of_topic(session, "faq/penalty", now=clock.now(), zone=ZONE)
    assert [week.shown for week in found.weeks][-2:] == [4, 4]
    assert sum(week.shown for week in found.weeks[:-2]) == 0
    assert (found.shown, found.rated, found.helpful, found.handed_over) == (8, 4, 75, 12)
    assert found.weeks[-1].begins.isoweekday() == 1


async def test_an_article_nobody_saw_has_no_shares(database: Database, clock: FakeClock) -> None:
    async with database.read() as session:
        found = await statistics.of_topic(session, "faq/penalty", now=clock.now(), zone=ZONE)
    assert (found.shown, found.helpful, found.handed_over) == (0, None, None)


async def test_the_list_finds_what_helps_little(
    database: Database, clock: FakeClock, elena: Browser
) -> None:
    version = await published(database)
    await published(database, "faq/tariffs", title="Тарифы", questions=(), audience="business")
    await show(database, version, times=4, helpful=False)
    wanted = listing.Filter(unhelpful=True)

    async def found(wanted: listing.Filter) -> list[str]:
        async with database.read() as session:
            rows = await listing.articles(session, wanted, now=clock.now(), zone=ZONE)
        return [row.topic for row in rows]

    assert await found(wanted) == []  # too few say so
    await show(database, version, times=2, helpful=True)
    assert await found(wanted) == ["faq/penalty"]
    assert await found(listing.Filter(audience="business")) == ["faq/tariffs"]
    page = await elena.get("/kb?unhelpful=1", htmx=True)
    assert "Помогает: 33 %" in page.text
    assert "Тарифы" not in page.text
    assert "kb-chart" in (await elena.get("/kb/1")).text


async def test_variants_of_other_topics_are_told_while_typing(
    database: Database, elena: Browser
) -> None:
    await published(database)
    await published(database, "faq/tariffs", title="Тарифы", questions=("сколько стоит киловатт",))
    typed = form(
        1, article="1", questions="откуда пени\r\nкакой мой долг\r\nСКОЛЬКО стоит киловатт"
    )
    shown = (await elena.post("/kb/preview", typed, htmx=True)).text
    assert "«какой мой долг»: бот понимает как «Сколько к оплате» (91 %)" in shown
    assert "«СКОЛЬКО стоит киловатт»: уже стоит в статье «Тарифы»" in shown
    assert "«откуда пени»:" not in shown
    assert (await elena.post("/kb/preview", form(1, article="99"), htmx=True)).status_code == 404
    assert (await elena.post("/kb/preview", form(1, article="²"), htmx=True)).status_code == 200


async def test_advice_is_no_obstacle(database: Database, elena: Browser) -> None:
    await published(database)
    typed = form(1, body="Вы обязаны явиться.")
    shown = (await elena.post("/kb/preview", typed, htmx=True)).text
    assert "Как сказать проще" in shown
    assert "исправьте" not in shown
    assert (await elena.post("/kb/1/publish", typed)).status_code == 303


async def test_the_end_of_an_article_is_told_in_time(
    database: Database, clock: FakeClock, elena: Browser
) -> None:
    for topic, days in (("faq/penalty", 2), ("faq/tariffs", 13), ("faq/benefits", 15)):
        until = clock.now() + timedelta(days=days, hours=1)
        await published(database, topic, title=topic, valid_until=until, questions=())
    await published(database, "faq/offices", title="faq/offices", questions=())
    async with database.read() as session:
        rows = await listing.articles(session, listing.Filter(), now=clock.now(), zone=ZONE)
    left = {row.topic: row.days_left for row in rows}
    assert left == {
        "faq/penalty": 3, "faq/tariffs": 14, "faq/benefits": None, "faq/offices": None,
    }  # fmt: skip
    page = (await elena.get("/kb", htmx=True)).text
    assert "Скоро перестанут действовать" in page
    assert page.count("kb-mark-urgent") == 1
    assert "осталось 14 дней" in page
