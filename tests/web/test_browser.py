"""What the scripts of the pages promise, in a real browser."""

import shutil
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from conversations.events import Events
from staff.service import StaffService
from storage.database import Database
from tests.fakes.waiting import until
from tests.web.conftest import PASSWORD, Running
from tests.web.test_hub import emit, prune, reach
from web.hub import EventHub

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

COLLECT = """() => {
  window.seen = [];
  document.body.addEventListener("okno:message.received", (event) => seen.push(event.detail.id));
}"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages can't tell the databases apart."""
    return sqlite_url


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def context(chromium: Browser, server: Running) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(base_url=server.url)
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto("/login")
    await log_in(page)
    await page.close()
    yield context
    await context.close()


async def log_in(page: Page, login: str = "olga") -> None:
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.click("text=Войти")
    await page.wait_for_selector(".ok-top")
    await page.wait_for_load_state()  # its scripts have run


async def open_inbox(context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto("/inbox")
    await page.evaluate(COLLECT)
    return page


async def saw(page: Page, numbers: list[int]) -> None:
    await page.wait_for_function("count => seen.length >= count", arg=len(numbers))
    assert await page.evaluate("seen") == numbers


async def test_tabs_share_a_connection_and_see_the_same(
    context: BrowserContext, database: Database, events: Events, hub: EventHub
) -> None:
    first = await open_inbox(context)
    await emit(database, events, 7)
    await saw(first, [1])
    second = await open_inbox(context)
    await emit(database, events, 7, None)
    await saw(first, [1, 2, 3])
    await saw(second, [2, 3])
    # A connection that was just renewed may not be taken off the list yet.
    await until(lambda: len(hub._listeners[None]) == 1, "both tabs use one connection")
    await first.close()
    await emit(database, events, 8)
    await saw(second, [2, 3, 4])


async def test_page_catches_up_after_the_server_was_away(
    context: BrowserContext,
    app: FastAPI,
    server: Running,
    database: Database,
    events: Events,
) -> None:
    page = await open_inbox(context)
    await emit(database, events, 7)
    await saw(page, [1])
    await server.stop(at_once=True)
    await page.wait_for_selector("#live-lost:not([hidden])")
    await emit(database, events, 7, 7, 7)
    again = Running(app, server.port)
    await saw(page, [1, 2, 3, 4])
    await page.wait_for_selector("#live-lost", state="hidden")
    await again.stop(at_once=True)


async def test_page_is_loaded_again_when_history_is_gone_and_keeps_what_was_typed(
    context: BrowserContext,
    app: FastAPI,
    server: Running,
    database: Database,
    events: Events,
    hub: EventHub,
) -> None:
    page = await open_inbox(context)
    await emit(database, events, 7)
    await saw(page, [1])
    await page.fill("textarea", "не успел отправить")
    await server.stop(at_once=True)
    await emit(database, events, 7, 7)
    await reach(hub, 3)
    await prune(database, 2)
    again = Running(app, server.port)
    await page.wait_for_selector('body[data-events-after="3"]')
    await expect(page.locator("textarea")).to_have_value("не успел отправить")
    await again.stop(at_once=True)


async def test_ended_session_leads_to_the_login_and_back_with_what_was_typed(
    context: BrowserContext, staff: StaffService
) -> None:
    page = await open_inbox(context)
    # A form that came after the page, as pieces do, stands before it.
    await page.evaluate("document.querySelector('main').prepend(document.createElement('form'))")
    await page.fill("textarea", "не успел отправить")
    await staff.reset_password("olga", PASSWORD)
    await page.click("text=Отправить")
    assert "введённое сохранится" in await page.inner_text("main")
    await page.wait_for_load_state()
    await log_in(page)
    assert page.url.endswith("/inbox")
    await expect(page.locator("textarea")).to_have_value("не успел отправить")


async def test_page_with_a_text_stays_and_sends_it_after_the_login_in_another_tab(
    context: BrowserContext, staff: StaffService, database: Database, events: Events
) -> None:
    page, idle = await open_inbox(context), await open_inbox(context)
    await page.fill("textarea", "не успел отправить")
    await staff.reset_password("olga", PASSWORD)
    for button in ("Без перезагрузки", "Отправить"):
        await page.click(f"text={button}")
        await expect(page.locator("#login-ended")).to_be_visible()
    await idle.click("text=Без перезагрузки")
    await idle.wait_for_url("**/login?unsent=1&next=%2Finbox")  # there was nothing to lose
    async with context.expect_page() as opened:
        await page.click("text=войдите в новой вкладке")
    login = await opened.value
    await log_in(login)
    await expect(login.locator("h1")).to_have_text("Вы вошли")
    await expect(page.locator("#login-ended")).to_be_hidden()
    await expect(page.locator("textarea")).to_have_value("не успел отправить")
    await page.click("text=Без перезагрузки")
    await expect(page.locator("#notices")).to_contain_text("Записано: не успел отправить")
    await emit(database, events, 7)
    await saw(page, [1])
    await page.reload()  # what has been sent does not come back
    await expect(page.locator("textarea")).to_have_value("")
    # Who logs out himself wants no page left open, whatever is typed in it.
    await page.fill("textarea", "пусть пропадёт")
    await login.click(".ok-menu summary")
    await login.click("text=Выйти")
    await expect(login.locator("#login")).to_be_visible()
    await page.click("text=Без перезагрузки")
    await page.wait_for_url("**/login?unsent=1&next=%2Finbox")


async def test_another_person_does_not_get_what_was_typed(
    context: BrowserContext, staff: StaffService
) -> None:
    page, other = await open_inbox(context), await open_inbox(context)
    for each in (page, other):
        await each.fill("textarea", "не успел отправить")
    await staff.set_active("olga", False)
    await other.click("text=Без перезагрузки")
    await expect(other.locator("#login-ended")).to_be_visible()
    await page.click("text=Отправить")
    await log_in(page, "boris")
    for each in (page, other):
        await expect(each.locator(".ok-menu-name")).to_have_text("Борис")
        assert each.url.endswith("/inbox")
        await expect(each.locator("textarea")).to_have_value("")


async def test_stale_form_takes_over_the_login_and_keeps_what_was_typed(
    context: BrowserContext,
) -> None:
    page = await open_inbox(context)
    await page.fill("textarea", "не успел отправить")
    await page.evaluate("document.body.setAttribute('hx-headers', '{}')")
    await page.evaluate("document.querySelector('main [name=_csrf]').value = 'former'")
    await page.click("text=Без перезагрузки")
    await expect(page.locator("#notices")).to_contain_text("Нажмите ещё раз")
    await expect(page.locator("textarea")).to_have_value("не успел отправить")
    await page.click("text=Без перезагрузки")
    await page.wait_for_selector(".ok-notice-done >> text=Записано")


async def test_theme_is_remembered(context: BrowserContext) -> None:
    page = await open_inbox(context)
    await page.click(".ok-menu summary")
    await page.click("[data-theme-choice=dark]")
    other = await open_inbox(context)
    for each in (page, other):
        assert await each.get_attribute("html", "data-bs-theme") == "dark"


async def test_page_fits_a_phone(context: BrowserContext) -> None:
    page = await open_inbox(context)
    await page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/inbox", "/profile", "/nowhere"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
