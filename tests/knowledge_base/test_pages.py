"""An editor's day without JavaScript, and what his htmx gets."""

import io
from datetime import date, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from openpyxl import Workbook
from sqlalchemy import select

from knowledge_base.models import Article, ArticleVersion, State
from knowledge_base.service import KnowledgeBase
from knowledge_base.versions import text_of
from staff.models import AuditEntry
from storage.database import Database
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.samples import VALUES, published, text

Form = dict[str, str | list[str]]


def form(base: int, **changes: Any) -> Form:
    """The edit page's fields for ``samples.text()``."""
    fields: Form = {
        "base": str(base),
        "title": "Пени",
        "body": "Первые **30 дней** пеней нет.\r\n\r\nТелефон: {{ company.phone }}",
        "short": "Первые 30 дней пеней нет.",
        "questions": "откуда пени\r\nчто за пеня",
        "button_label": ["Мой долг", "Сайт", ""],
        "button_target": ["balance", "url", "url"],
        "button_url": ["", "{{ company.site }}", ""],
        "audience": "all",
        "review_by": "",
        "valid_from": "",
        "valid_until": "",
        "legal_basis": "",
        "tags": "деньги",
    }
    return fields | changes


async def article_id(database: Database, topic: str = "faq/penalty") -> int:
    async with database.read() as session:
        return (
            await session.execute(select(Article.id).where(Article.topic == topic))
        ).scalar_one()


async def version_list(database: Database) -> list[ArticleVersion]:
    async with database.read() as session:
        rows = await session.execute(select(ArticleVersion).order_by(ArticleVersion.number))
        return list(rows.scalars())


async def answered(database: Database) -> str:
    kb = KnowledgeBase(database, lambda: VALUES)
    await kb.load()
    answer = kb.answer("faq/penalty")
    assert answer is not None
    return answer.text


async def test_the_pages_are_for_editors(app: FastAPI) -> None:
    for login, status in (("elena", 200), ("admin", 200), ("olga", 403), ("irina", 403)):
        browser = await Browser(app).log_in(login)
        assert (await browser.get("/kb")).status_code == status
        assert (await browser.post("/kb/try", {"text": "пени"})).status_code == status
        await browser.close()


async def test_nobody_gets_in_without_login_or_token(app: FastAPI, elena: Browser) -> None:
    stranger = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://okno.test")
    assert (await stranger.get("/kb", headers={"accept": "text/html"})).status_code == 303
    await stranger.aclose()
    response = await elena.post("/kb/new", {"_csrf": "другой", "title": "Да", "topic": "da"})
    assert response.status_code == 419


async def test_an_editor_writes_publishes_and_the_assistant_answers(
    database: Database, elena: Browser
) -> None:
    await published(database, body="Старое")
    number = await article_id(database)
    opened = await elena.get(f"/kb/{number}")
    assert "Старое" in opened.text

    saved = await elena.post(f"/kb/{number}/save", form(1, body="Новое"))
    assert saved.headers["location"] == f"/kb/{number}?done=saved"
    assert await answered(database) == "Старое"

    done = await elena.post(f"/kb/{number}/publish", form(2, body="Новое"))
    assert done.headers["location"] == f"/kb/{number}?done=published"
    assert await answered(database) == "Новое"
    first, second = await version_list(database)
    assert (first.state, second.state) == (State.ARCHIVED, State.PUBLISHED)
    async with database.read() as session:
        entries = (await session.execute(select(AuditEntry.action))).scalars().all()
    assert "article.published" in entries


async def test_the_form_loses_nothing(database: Database, elena: Browser) -> None:
    await published(database)
    number = await article_id(database)
    await elena.post(f"/kb/{number}/save", form(1))
    assert len(await version_list(database)) == 1  # it says what is there already
    whole = form(
        1, review_by="2027-03-01", valid_from="2026-01-01T03:00:00", valid_until="2027-01-01T03:00",
        legal_basis="ЖК РФ, ст. 155\r\n\r\nПП № 329", tags="деньги, долг , ", audience="household",
    )  # fmt: skip
    await elena.post(f"/kb/{number}/save", whole)
    saved = text_of((await version_list(database))[-1])
    assert saved.legal_basis == ("ЖК РФ, ст. 155", "ПП № 329")
    assert saved.tags == ("деньги", "долг")
    assert saved.audience == "household"
    assert saved.review_by == date(2027, 3, 1)
    assert saved.valid_from is not None
    assert saved.valid_from.isoformat() == "2026-01-01T00:00:00+00:00"
    assert saved.buttons == text().buttons
    page = await elena.get(f"/kb/{number}")
    for value in ("2027-03-01", "2026-01-01T03:00:00", "2027-01-01T03:00:00", "деньги, долг"):
        assert f'value="{value}"' in page.text


async def test_two_editors_do_not_overwrite_each_other(
    database: Database, elena: Browser, petr: Browser
) -> None:
    await published(database)
    number = await article_id(database)
    await petr.post(f"/kb/{number}/save", form(1, body="Слова Петра"))
    refused = await elena.post(f"/kb/{number}/save", form(1, body="Слова Елены"))
    assert refused.status_code == 422
    assert "Пётр" in refused.text
    assert "<del>Слова Петра</del>" in refused.text
    assert "<ins>Слова Елены</ins>" in refused.text
    assert "\nСлова Елены</textarea>" in refused.text
    assert [v.body for v in await version_list(database)][1:] == ["Слова Петра"]

    # What she has seen she may replace; his text stays in the history.
    over = await elena.post(f"/kb/{number}/save", form(1, body="Слова Елены", over="2"))
    assert over.status_code == 303
    assert [v.body for v in await version_list(database)][1:] == ["Слова Петра", "Слова Елены"]


async def test_only_the_version_that_was_seen_may_be_replaced(
    database: Database, elena: Browser, petr: Browser
) -> None:
    await published(database)
    number = await article_id(database)
    for base, words in ((1, "Раз"), (2, "Два")):
        await petr.post(f"/kb/{number}/save", form(base, body=words))
    refused = await elena.post(f"/kb/{number}/save", form(1, body="Своё", over="2"))
    assert refused.status_code == 422
    assert "<del>Два</del>" in refused.text


async def test_what_is_unfit_is_not_published(database: Database, elena: Browser) -> None:
    await published(database, body="Старое")
    number = await article_id(database)
    for changes, told in (
        ({"body": "Раз\n\n{{ company.fax }}"}, "Ответ, строка 3: Нет такой переменной"),
        ({"body": "  \n"}, "Ответ пуст"),
        ({"body": "{% for x in y %}"}, "Между {{ и }} может стоять только имя"),
        ({"title": ""}, "Нет заголовка"),
        ({"review_by": "когда-нибудь"}, "Пересмотреть до: Дата не читается"),
        ({"button_url": ["", "javascript:alert(1)", ""]}, "Кнопки, 2-я: Ссылка должна"),
    ):
        refused = await elena.post(f"/kb/{number}/publish", form(1, **changes))
        assert refused.status_code == 422
        assert told in refused.text
    assert len(await version_list(database)) == 1
    assert await answered(database) == "Старое"


async def test_a_huge_text_is_refused_even_as_a_draft(database: Database, elena: Browser) -> None:
    await published(database)
    number = await article_id(database)
    for length, told in ((20_001, "длиннее 20000"), (5_000_000, "слишком длинный")):
        huge = form(1, body="я" * length)
        refused = await elena.post(f"/kb/{number}/save", huge, htmx=True)
        assert refused.status_code == 422
        assert told in refused.text
        preview = await elena.post("/kb/preview", huge, htmx=True)
        assert preview.status_code == 200
        assert told in preview.text
    assert len(await version_list(database)) == 1


async def test_htmx_gets_only_what_the_step_changed(database: Database, elena: Browser) -> None:
    await published(database)
    number = await article_id(database)
    saved = await elena.post(f"/kb/{number}/save", form(1, body="Новое"), htmx=True)
    assert saved.status_code == 200
    assert "<html" not in saved.text
    assert "Черновик сохранён" in saved.text
    assert 'id="base" name="base" value="2" hx-swap-oob="true"' in saved.text
    assert "Версия 2" in saved.text
    refused = await elena.post(f"/kb/{number}/save", form(1, body="Другое"), htmx=True)
    assert refused.status_code == 422
    assert "hx-swap-oob" not in refused.text


async def test_an_older_version_returns_as_a_draft(database: Database, elena: Browser) -> None:
    first = await published(database, body="Старое")
    number = await article_id(database)
    dates = {"review_by": "2027-06-01", "valid_until": "2027-07-01T00:00"}
    await elena.post(f"/kb/{number}/publish", form(1, body="Новое", **dates))
    page = await elena.get(f"/kb/{number}/versions/{first}")
    assert "<del>01.06.2027</del>" in page.text
    assert "<del>01.07.2027 00:00</del>" in page.text
    assert "<del>Новое</del>" in page.text
    assert "<ins>Старое</ins>" in page.text
    newest = await elena.get(f"/kb/{number}/versions/{first + 1}?against={first}")
    assert "<del>Старое</del>" in newest.text
    assert (await elena.get(f"/kb/{number}/versions/{first}?against=99")).status_code == 404
    await elena.post(f"/kb/{number}/versions/{first}/restore", {"base": "2"})
    versions = await version_list(database)
    assert (versions[-1].body, versions[-1].state) == ("Старое", State.DRAFT)
    assert await answered(database) == "Новое"
    stale = await elena.post(f"/kb/{number}/versions/{first}/restore", {"base": "2"})
    assert stale.headers["location"].endswith("?changed=1")


async def test_the_preview_is_clean_and_shows_both_channels(
    database: Database, elena: Browser
) -> None:
    await published(database)
    body = (
        "<script>alert(1)</script> **Важно** [сюда](javascript:alert(1)) {{ company.phone }} "
        "{{ company.fax }}\n\n| Зона | Цена |\n|---|---|\n| День | 6,29 |"
    )
    shown = (await elena.post("/kb/preview", form(1, body=body), htmx=True)).text
    assert "<script>" not in shown
    assert 'href="javascript' not in shown
    assert "<strong>Важно</strong>" in shown  # the site
    assert "<td>День</td>" in shown
    assert "<b>Важно</b>" in shown  # Telegram
    assert "• <b>День</b> — Цена: 6,29" in shown
    assert "8 800 555-01-23" in shown
    assert "{{ company.fax }}" in shown
    assert "Нет такой переменной: company.fax" in shown
    assert "Подробнее" in shown


async def test_a_message_can_be_tried(database: Database, elena: Browser) -> None:
    await published(database)
    tried = await elena.post("/kb/try", {"text": "почему <b>пеня</b>"}, htmx=True)
    for words in ("87 %", "Пени", "Не о том", "440012345678", "Мой долг"):
        assert words in tried.text
    assert "<b>пеня</b>" not in tried.text
    assert "<html" in (await elena.post("/kb/try", {"text": "пени"})).text
    assert (await elena.post("/kb/try", {"text": "  "}, htmx=True)).status_code == 200


async def test_a_new_article_begins_as_a_draft(database: Database, elena: Browser) -> None:
    made = await elena.post("/kb/new", {"title": "Мощность", "topic": "power_limit"})
    number = await article_id(database, "faq/power_limit")
    assert made.headers["location"] == f"/kb/{number}"
    assert "Не опубликована" in (await elena.get(f"/kb/{number}")).text
    for topic, told in (("power_limit", "уже есть"), ("Мощность", "латинскими")):
        refused = await elena.post("/kb/new", {"title": "Мощность", "topic": topic})
        assert refused.status_code == 422
        assert told in refused.text


async def test_a_spreadsheet_becomes_drafts(database: Database, elena: Browser) -> None:
    def table(*rows: tuple[str, ...]) -> bytes:
        book, stream = Workbook(), io.BytesIO()
        for row in (("Вопрос", "Ответ"), *rows):
            book.active.append(row)
        book.save(stream)
        return stream.getvalue()

    good = table(("Где <b>зарядить</b>", "Пока нигде"), ("Есть ли рассылка", "Да"))
    answer = await elena.upload("/kb/table", "faq.xlsx", good)
    assert "Сохранено черновиков: 2" in answer.text
    assert '<a href="/kb/1">Где &lt;b&gt;зарядить&lt;/b&gt;</a>' in answer.text
    again = await elena.upload("/kb/table", "faq.xlsx", good)
    assert "Нового в таблице нет. Без изменений: 2." in again.text
    assert [version.author_id for version in await version_list(database)] == [1, 1]
    for content, why in (
        (table(("Без ответа", "")), "Строка 2: Нужны и вопрос, и ответ."),
        (b"PK no table", "Строка 1: Это не таблица XLSX."),
    ):
        refused = await elena.upload("/kb/table", "faq.xlsx", content)
        assert (refused.status_code, why in refused.text) == (422, True)


async def test_what_is_not_there_is_not_found(database: Database, elena: Browser) -> None:
    version = await published(database)
    other = await published(database, "faq/tariffs")
    number = await article_id(database)
    assert (await elena.get(f"/kb/{number}/versions/{version}")).status_code == 200
    assert (await elena.get(f"/kb/{number}/versions/{other}")).status_code == 404
    assert (await elena.get("/kb/999999")).status_code == 404
    for path in ("/kb/999999999999999999999", "/kb/0", "/kb/abc"):
        assert (await elena.get(path)).status_code == 404
    response = await elena.post(f"/kb/{number}/versions/{other}/restore", {"base": "1"})
    assert response.status_code == 404


EVERY = {"Пени за просрочку", "Счётчик сломан", "Нет света"}


async def test_the_list_is_searched_and_filtered(
    database: Database, clock: FakeClock, elena: Browser
) -> None:
    """One table of expected hits for both databases."""
    yesterday = clock.now().date() - timedelta(days=1)
    await published(database, title="Пени за просрочку", review_by=yesterday)
    await published(
        database, "faq/meter_fault", title="Счётчик сломан", body="Ёлка 100%",
        questions=("не крутится", "тёмный экран"), tags=("учёт",), short="",
    )  # fmt: skip
    await published(database, "info/outage", title="Нет света", valid_until=clock.now())
    for query, found in (
        ("", EVERY),
        ("q=СЧЕТЧИК", {"Счётчик сломан"}),
        ("q=елка", {"Счётчик сломан"}),
        ("q=ТЁМНЫЙ крутится", {"Счётчик сломан"}),
        ("q=крутится пени", EVERY),  # nothing has both
        ("q=крутится пени&status=published", set()),
        ("q=meter_fault", {"Счётчик сломан"}),
        ("q=100%25", {"Счётчик сломан"}),
        ("q=%25", {"Счётчик сломан"}),
        ("q=пени&section=Счётчик", set()),
        ("section=Счётчик", {"Счётчик сломан"}),
        ("section=Служебные", {"Нет света"}),
        ("status=published", {"Счётчик сломан"}),
        ("status=off", {"Нет света", "Пени за просрочку"}),
        ("overdue=1", {"Пени за просрочку"}),
    ):
        shown = (await elena.get(f"/kb?{query}", htmx=True)).text
        assert {title for title in EVERY if title in shown} == found, query


async def test_drafts_are_seen_in_the_list(database: Database, elena: Browser) -> None:
    await published(database)
    await published(database, "faq/meter_fault", title="Счётчик сломан")
    number = await article_id(database)
    await elena.post(f"/kb/{number}/save", form(1, title="Новые пени"))
    shown = (await elena.get("/kb?status=changed", htmx=True)).text
    assert "Новые пени" in shown
    assert "Елена" in shown
    assert "Счётчик сломан" not in shown


async def test_a_message_is_tried_with_the_draft(database: Database, elena: Browser) -> None:
    await published(database, body="Старое")
    tried = form(1, text="пени", article="1", draft="1", body="Ещё не сохранено")
    shown = (await elena.post("/kb/try", tried, htmx=True)).text
    assert "faq/penalty: Ещё не сохранено" in shown
    assert "если опубликовать" in shown
    assert "Ответ на «пени»" in (await elena.post("/kb/try", tried | {"draft": ""})).text
    await elena.post("/kb/1/save", form(1, body="Сохранено"))
    without_scripts: Form = {"text": "пени", "article": "1", "draft": "1"}
    assert "faq/penalty: Сохранено" in (await elena.post("/kb/try", without_scripts)).text
    nowhere = await elena.post("/kb/try", without_scripts | {"article": "99"})
    assert nowhere.status_code == 404
    huge = await elena.post("/kb/try", {"text": "я" * 500_000}, htmx=True)
    assert huge.status_code == 413


async def test_what_is_typed_is_kept_for_its_editor(
    database: Database, elena: Browser, petr: Browser
) -> None:
    await published(database)
    whole = form(
        1, body="Набрано", review_by="2027-03-01", valid_from="2026-01-01T03:00:00", tags="долг",
        audience="household", legal_basis="ЖК РФ", button_label=["Дальше"],
        button_target=["balance"], button_url=[""],
    )  # fmt: skip
    for typed in (form(1, body="Набр"), whole):
        assert (await elena.post("/kb/1/autosave", typed)).status_code == 204
    assert len(await version_list(database)) == 1
    page = (await elena.get("/kb/1")).text
    for part in (">\nНабрано</textarea>", "2027-03-01", "2026-01-01T03:00:00", "Вернулся текст"):
        assert part in page
    assert "Набрано" not in (await petr.get("/kb/1")).text

    # Meanwhile another one saves: the rules of conflicts hold for what was kept.
    await petr.post("/kb/1/save", form(1, body="Слова Петра"))
    page = (await elena.get("/kb/1")).text
    assert 'name="base" value="1"' in page
    assert (await elena.post("/kb/1/save", whole)).status_code == 422
    assert "Набрано" in (await elena.get("/kb/1")).text
    assert (await elena.post("/kb/1/save", whole | {"over": "2"})).status_code == 303
    assert "Вернулся текст, который Вы не сохранили (" not in (await elena.get("/kb/1")).text
    # What comes late is known already; what is given up is gone.
    await elena.post("/kb/1/autosave", whole | {"base": "3"})
    await petr.post("/kb/1/save", form(3, body="И снова Пётр"))
    assert "И снова Пётр" in (await elena.get("/kb/1")).text
    await elena.post("/kb/1/autosave", form(4, body="Лишнее"))
    assert (await elena.post("/kb/1/forget", {})).headers["location"] == "/kb/1"
    assert "Лишнее" not in (await elena.get("/kb/1")).text
    assert (await elena.post("/kb/99/autosave", form(1))).status_code == 404
    huge = form(1, body="я" * 500_000)
    assert (await elena.post("/kb/1/autosave", huge, htmx=True)).status_code == 413
