"""What the edit page's script promises, in a real browser."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect
from sqlalchemy import insert, update

from knowledge_base import versions
from knowledge_base.listing import history
from knowledge_base.models import ArticleReminder, ArticleVersion
from storage.database import Database
from tests.knowledge_base.conftest import PASSWORD
from tests.knowledge_base.samples import picture, published, text
from tests.needs import browser as installed_browser
from tests.web.conftest import Running
from web.hub import EventHub

pytestmark = pytest.mark.skipif(installed_browser() is None, reason="needs Chromium")

PAGE = "/kb/1"
REVIEWED = date(2026, 11, 1)
KEPT = "Версия не сохранена, но набранное не пропадёт"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages can't tell the databases apart."""
    return sqlite_url


@pytest.fixture
async def server(app: FastAPI, hub: EventHub, database: Database) -> AsyncIterator[Running]:
    await published(database, body="Старое")
    await hub.start()
    server = Running(app)
    yield server
    await server.stop(at_once=True)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def context(chromium: Browser, server: Running) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(base_url=server.url)
    context.set_default_timeout(60_000)
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    page = await context.new_page()
    await log_in(page)
    await expect(page.locator("#body")).to_have_value("Старое")
    return page


async def log_in(page: Page) -> None:
    await page.goto(f"/login?next={PAGE}")
    await page.fill("#login", "elena")
    await page.fill("#password", PASSWORD)
    await page.click("text=Войти")
    await page.wait_for_selector("#body")
    await page.wait_for_load_state()  # its scripts have run


async def petr_saves(database: Database, body: str) -> None:
    async with database.write() as tx:
        newest = await versions.latest(tx.session, 1)
        assert newest is not None
        await versions.save(
            tx, 1, text(body=body), author_id=2, base_number=newest.number
        )  # fmt: skip


async def bodies(database: Database) -> list[tuple[str, str]]:
    async with database.read() as session:
        return [(version.body, version.state) for version in await history(session, 1)]


async def test_keys_save_and_publish_without_leaving_the_page(
    page: Page, database: Database
) -> None:
    await page.fill("#body", "Новое")
    await expect(page.locator("#dirty")).to_have_text("Есть несохранённые изменения")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#outcome")).to_contain_text("Черновик сохранён")
    await expect(page.locator("#dirty")).to_have_text("")
    await expect(page.locator("#history li")).to_have_count(2)
    await page.focus("#title")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#outcome")).to_contain_text("Опубликовано")
    await expect(page.locator("#state")).to_have_text("Опубликована")
    assert await bodies(database) == [("Новое", "published"), ("Старое", "archived")]


async def test_the_preview_follows_the_typing(page: Page) -> None:
    await page.fill("#body", "**Важно**: {{ company.phone }} {{ company.fax }}")
    shown = page.locator(".kb-screen-web .kb-bubble").last
    await expect(shown).to_have_text("Важно: 8 800 555-01-23 {{ company.fax }}")
    await expect(page.locator(".kb-obstacles")).to_contain_text("company.fax")
    await expect(page.locator(".kb-screen-telegram").first).to_be_hidden()
    await page.click("text=Telegram")
    await expect(page.locator(".kb-screen-telegram").first).to_be_visible()


async def test_nothing_is_lost_in_a_conflict(page: Page, database: Database) -> None:
    await page.fill("#body", "Слова Елены")
    await petr_saves(database, "Слова Петра")
    await page.click("#save")
    conflict = page.locator(".kb-conflict")
    await expect(conflict).to_contain_text("Пётр")
    await expect(conflict.locator("del")).to_have_text("Слова Петра")
    await expect(page.locator("#body")).to_have_value("Слова Елены")
    await expect(page.locator("#dirty")).to_have_text(KEPT)
    await page.reload()  # even so
    await expect(page.locator("#kept")).to_be_visible()
    await expect(page.locator("#body")).to_have_value("Слова Елены")
    await page.click("#save")
    await page.click("text=Сохранить мой текст поверх")
    await expect(page.locator("#outcome")).to_contain_text("Черновик сохранён")
    assert [body for body, _ in await bodies(database)] == ["Слова Елены", "Слова Петра", "Старое"]


async def test_what_was_typed_before_the_script_ran_is_kept(page: Page) -> None:
    may_load = asyncio.Event()

    async def late(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    await page.route("**/editor.js*", late)
    await page.reload(wait_until="commit")
    await page.fill("#body", "Торопливое")
    may_load.set()
    await expect(page.locator("#dirty")).to_have_text(KEPT)
    await page.reload()
    await expect(page.locator("#body")).to_have_value("Торопливое")


async def test_unsaved_text_comes_back_and_can_be_given_up(page: Page, database: Database) -> None:
    await page.fill("#body", "Пустое")
    await expect(page.locator("#dirty")).to_have_text(KEPT)
    await page.context.clear_cookies()
    await log_in(page)  # as in another browser
    await expect(page.locator("#kept")).to_be_visible()
    await expect(page.locator("#body")).to_have_value("Пустое")
    await expect(page.locator("#dirty")).to_have_text(KEPT)
    await page.click("text=Показать сохранённый")
    await expect(page.locator("#body")).to_have_value("Старое")
    await page.wait_for_load_state()
    await expect(page.locator("#kept")).to_be_hidden()
    assert await bodies(database) == [("Старое", "published")]  # no version was made of it


async def test_login_that_ends_while_one_types_takes_nothing(
    page: Page, context: BrowserContext, database: Database
) -> None:
    await context.clear_cookies()
    await page.fill("#body", "Набрано после")
    await expect(page.locator("#dirty")).to_contain_text("Вход закончился")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#login-ended")).to_be_visible()
    await expect(page.locator("#body")).to_have_value("Набрано после")
    await log_in(await context.new_page())
    await expect(page.locator("#login-ended")).to_be_hidden()
    await page.keyboard.press("Control+s")
    await expect(page.locator("#outcome")).to_contain_text("Черновик сохранён")
    assert (await bodies(database))[0] == ("Набрано после", "draft")


async def test_an_open_page_hears_of_another_editor(page: Page, context: BrowserContext) -> None:
    other = await context.browser.new_context(base_url=page.url)  # type: ignore[union-attr]
    petr = await other.new_page()
    await petr.goto(f"/login?next={PAGE}")
    await petr.fill("#login", "petr")
    await petr.fill("#password", PASSWORD)
    await petr.click("text=Войти")
    await petr.wait_for_selector("#body")
    await petr.wait_for_load_state()
    await petr.fill("#body", "Слова Петра")
    await petr.click("#save")
    await expect(petr.locator("#outcome")).to_contain_text("Черновик сохранён")
    await expect(page.locator("#notices")).to_contain_text("другой редактор")
    await expect(petr.locator("#notices")).to_be_empty()
    await other.close()


async def test_the_toolbar_writes_markdown(page: Page) -> None:
    body = page.locator("#body")
    await body.fill("до\nраз\nдва")
    await body.evaluate("area => area.setSelectionRange(3, 10)")
    await page.click("text=• Список")
    await expect(body).to_have_value("до\n\n- раз\n- два")
    await body.fill("очень важно")
    await body.evaluate("area => area.setSelectionRange(6, 11)")
    await page.keyboard.press("Control+b")
    await expect(body).to_have_value("очень **важно**")
    await body.fill("тел. ")
    await page.click(".kb-variables summary")
    await page.click(".kb-variables-list >> text=company.phone")
    await expect(body).to_have_value("тел. {{ company.phone }}")
    await page.keyboard.press("Control+z")
    await expect(body).to_have_value("тел. ")


async def test_pictures_and_documents_are_chosen_and_dropped(page: Page) -> None:
    body = page.locator("#body")
    plan = {"name": "План.png", "mimeType": "image/png", "buffer": picture()}
    paper = {"name": "Заявление.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 ..."}
    await page.set_input_files("#file", [plan, paper])  # type: ignore[list-item]
    together = "Старое\n\n![что на картинке](files/plan.png)\n\n[Заявление](files/zayavlenie.pdf)"
    await expect(body).to_have_value(together)
    shown = page.locator(".kb-screen-web .kb-picture").first
    await expect(shown).to_have_js_property("naturalWidth", 40)
    await expect(page.locator(".kb-screen-web .kb-document").first).to_have_text("Заявление.pdf")
    false = {"name": "ложь.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"}
    await page.set_input_files("#file", [false])  # type: ignore[list-item]
    await expect(page.locator("#notices")).to_contain_text("ложь.png: Это не картинка")
    await expect(body).to_have_value(together)
    await body.fill("Первый\n\nВторой")
    await body.evaluate("""area => {
        area.setSelectionRange(2, 2);
        const data = new DataTransfer();
        data.items.add(new File(["%PDF-1.7 other"], "Образец.pdf"));
        area.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    }""")
    await expect(body).to_have_value("Первый\n\n[Образец](files/obrazec.pdf)\n\nВторой")


async def test_pages_fit_a_phone(page: Page, database: Database) -> None:
    await page.set_viewport_size({"width": 390, "height": 780})
    async with database.write() as tx:
        await tx.session.execute(update(ArticleVersion).values(review_by=REVIEWED))
        end = {"article_id": 1, "last_day": REVIEWED, "stage": 0, "created_at": tx.now}
        await tx.session.execute(insert(ArticleReminder).values(end))
    for path in ("/kb", PAGE, "/kb/1/versions/1", "/kb/new"):
        await page.goto(path)
        await expect(page.locator("#due summary")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390, path


async def test_the_list_answers_while_one_types(page: Page, database: Database) -> None:
    await published(database, "faq/meter_fault", title="Счётчик сломан", questions=())
    await page.goto("/kb")
    await expect(page.locator(".kb-row")).to_have_count(2)
    await page.fill("#q", "СЧЕТЧИК")
    await expect(page.locator(".kb-row")).to_have_count(1)
    await expect(page).to_have_url(re.compile(r"/kb\?q="))
    await page.fill("#try-text", "почему пени")
    await page.keyboard.press("Enter")
    await expect(page.locator(".kb-tried")).to_contain_text("87 %")
