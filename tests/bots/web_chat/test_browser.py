"""What the page's scripts promise, in a real browser."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Frame, Page, async_playwright, expect

from conversations.models import Author, Turn
from conversations.service import lock
from replies import Button, Reply
from storage.database import Database
from tests.bots.web_chat.conftest import Answer, Deliver, stored
from tests.needs import browser as installed_browser
from tests.web.conftest import Running

# The page waits between its attempts to come back, longer each time.
expect.set_options(timeout=60_000)

pytestmark = pytest.mark.skipif(installed_browser() is None, reason="needs Chromium")

# What a screen reader reads out: answers put into the log while it is live.
LISTEN = """
window.heard = [];
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) {
    const own = node.closest?.("[aria-live]") ?? change.target.closest("[aria-live]");
    if (own?.getAttribute("aria-live") === "polite" && node.matches?.(".message, .message *")) {
      heard.push(node.querySelector(".rich").textContent);
    }
  }
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages can't tell the databases apart."""
    return sqlite_url


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[Running]:
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
    context = await chromium.new_context(
        base_url=server.url,
        viewport={"width": 390, "height": 780},
        # Two hours ahead of the company.
        timezone_id="Asia/Yekaterinburg",
    )
    context.set_default_timeout(60_000)
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto("/chat")
    await expect(page.locator("#welcome")).to_be_visible()
    return page


async def say(page: Page | Frame, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")
    await expect(page.locator(".message.own").last).to_contain_text(text)


async def stored_texts(page: Page, database: Database, count: int) -> list[str]:
    """What has arrived, once the page shows ``count`` messages of the server's."""
    await expect(page.locator(".meta", has_text="отправляем")).to_have_count(0)
    await expect(page.locator(".message.own")).to_have_count(count)
    return [m.text for m in await stored(database) if m.author == Author.CUSTOMER]


async def set_turn(database: Database, turn: Turn) -> None:
    async with database.write() as tx:
        for conversation in (await lock(tx, [1])).values():
            conversation.turn = turn


async def test_a_conversation_with_buttons_and_after_a_reload(
    page: Page, database: Database, answer: Answer, deliver: Deliver
) -> None:
    await say(page, "тарифы")
    await expect(page.locator("#typing")).to_be_visible()
    await answer(Reply("Тариф **5,47**", (Button("Меню", "menu"), Button("Ещё", "i:more"))))
    await deliver()
    await expect(page.locator(".message.assistant strong")).to_have_text("5,47")
    # As the assistant tells the time: the company's.
    await expect(page.locator(".message.assistant time")).to_have_text("12:00")
    await expect(page.locator(".day").last).to_contain_text("у Вас на 2 ч больше")
    await expect(page.locator("#typing")).to_be_hidden()
    await page.get_by_role("button", name="Меню").click()
    await expect(page.locator(".message.own").last).to_contain_text("Меню")
    await expect(page.get_by_role("button", name="Ещё")).to_be_disabled()
    assert await stored_texts(page, database, 2) == ["тарифы", "Меню"]
    assert (await stored(database))[-1].data == {"action": "menu"}
    await page.reload()
    await expect(page.locator(".message")).to_have_count(3)
    await expect(page.get_by_role("button", name="Ещё")).to_be_disabled()


async def test_html_in_words_is_shown_as_words(page: Page, answer: Answer) -> None:
    await say(page, "<img src=x onerror=document.title='взлом'><b>жирно</b>")
    assert await page.locator(".message.own img, .message.own b").count() == 0
    assert "взлом" not in await page.title()


async def test_enter_sends_and_shift_enter_begins_a_line(page: Page, database: Database) -> None:
    await page.focus("#text")
    await page.keyboard.type("день 4521")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("ночь 1830")
    await page.keyboard.press("Enter")
    assert await stored_texts(page, database, 1) == ["день 4521\nночь 1830"]
    await expect(page.locator("#text")).to_have_value("")
    await expect(page.locator("#text")).to_be_focused()


async def test_too_long_a_text_stays_where_it_was(page: Page, database: Database) -> None:
    await page.fill("#text", "я" * 10_001)
    await page.press("#text", "Enter")
    await expect(page.locator("#composer-problem")).to_contain_text("на 1 больше")
    assert len(await page.input_value("#text")) == 10_001
    assert await stored(database) == []
    await page.fill("#text", "я" * 10_000)
    await page.press("#text", "Enter")
    assert await stored_texts(page, database, 1) == ["я" * 10_000]


async def test_what_could_not_be_sent_waits_and_goes_in_order(
    page: Page, context: BrowserContext, database: Database
) -> None:
    await say(page, "первое")
    await stored_texts(page, database, 1)
    await context.set_offline(True)
    await say(page, "второе")
    await say(page, "третье")
    await expect(page.locator(".not-sent")).to_have_count(2)
    await expect(page.get_by_role("button", name="Повторить").first).to_be_visible()
    await context.set_offline(False)
    await expect(page.locator(".not-sent")).to_have_count(0)
    assert await stored_texts(page, database, 3) == ["первое", "второе", "третье"]


async def test_a_message_whose_confirmation_was_lost_is_stored_once(
    page: Page, database: Database
) -> None:
    await say(page, "первое")
    await stored_texts(page, database, 1)
    lost: list[int] = []

    async def lose(route: "object") -> None:
        response = await route.fetch()  # type: ignore[attr-defined]
        lost.append(response.status)
        await route.abort()  # type: ignore[attr-defined]

    await page.route("**/chat/messages", lose, times=1)
    await say(page, "второе")
    await expect(page.locator(".message.own")).to_have_count(2)
    await (
        page.get_by_role("button", name="Повторить")
        .or_(page.locator(".message.own", has_text="второе").locator("time"))
        .first.wait_for()
    )
    await page.reload()
    assert await stored_texts(page, database, 2) == ["первое", "второе"]
    assert lost == [202]


async def test_left_alone_the_page_hides_the_conversation(
    page: Page, context: BrowserContext, database: Database, answer: Answer, deliver: Deliver
) -> None:
    await page.clock.install()
    await page.reload()
    await say(page, "мой счёт 123456")
    await stored_texts(page, database, 1)
    await page.fill("#text", "черновик 777")
    await page.clock.fast_forward(14 * 60_000)
    await expect(page.locator("#messages")).to_contain_text("123456")
    await page.clock.fast_forward(70_000)
    await expect(page.get_by_text("Данные скрыты")).to_be_visible()
    html = await page.content()
    assert "123456" not in html
    assert await page.input_value("#text") == ""
    await page.mouse.move(50, 50)  # somebody passing by is not the customer
    await expect(page.get_by_text("Данные скрыты")).to_be_visible()
    await page.get_by_role("button", name="Показать").press("Enter")
    await expect(page.locator("#messages")).to_contain_text("123456")
    await expect(page.locator("#text")).to_have_value("черновик 777")


async def test_ending_leaves_nothing_on_a_shared_computer(
    page: Page, context: BrowserContext, database: Database
) -> None:
    other_tab = await context.new_page()
    await say(page, "мой счёт 123456")
    await stored_texts(page, database, 1)
    await other_tab.goto("/chat")
    await expect(other_tab.locator("#messages")).to_contain_text("123456")
    await page.fill("#text", "черновик 777")
    await page.get_by_role("button", name="Завершить и очистить").click()
    await page.get_by_role("button", name="Остаться").click()
    await expect(page.locator("#messages")).to_contain_text("123456")
    await page.get_by_role("button", name="Завершить и очистить").click()
    await page.locator("#end-confirm").click()
    for tab in (page, other_tab):
        await expect(tab.locator("#welcome")).to_be_visible()
        assert "123456" not in await tab.content()
    assert await page.input_value("#text") == ""
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "777" not in kept
    assert "123456" not in kept
    assert await context.cookies() == []
    await page.reload()
    await expect(page.locator("#welcome")).to_be_visible()


async def test_waiting_for_a_person_a_phone_can_be_left(
    page: Page, database: Database, answer: Answer, deliver: Deliver
) -> None:
    await say(page, "оператор")
    await expect(page.locator("#waiting")).to_be_hidden()
    await stored_texts(page, database, 1)
    await set_turn(database, Turn.QUEUE)
    await answer("Зову оператора")
    await deliver()
    await expect(page.get_by_text("Ждём оператора")).to_be_visible()
    await page.get_by_role("button", name="Звук").click()
    await expect(page.get_by_role("button", name="Звук")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Оставить телефон").click()
    await page.get_by_label("Перезвоним").fill("12")
    await page.get_by_label("Перезвоним").press("Enter")
    await expect(page.locator("#phone-problem")).to_contain_text("Проверьте номер")
    await page.get_by_label("Перезвоним").fill("8 900 123 45 67")
    await page.get_by_label("Перезвоним").press("Enter")
    await expect(page.get_by_text("Передали оператору номер +7 900 123-45-67")).to_be_visible()
    await set_turn(database, Turn.OPERATOR)
    await answer("Здравствуйте, это Ольга", Author.OPERATOR)
    await deliver()
    await expect(page.locator(".message.operator")).to_contain_text("это Ольга")
    await expect(page.locator("#status")).to_contain_text("С Вами оператор")


async def test_new_answers_are_announced_and_the_history_is_not(
    page: Page, database: Database, answer: Answer, deliver: Deliver
) -> None:
    await page.add_init_script(LISTEN)
    await page.reload()
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await say(page, "привет")
    await stored_texts(page, database, 1)
    await answer("здравствуйте")
    await deliver()
    await expect(log).to_contain_text("здравствуйте")
    assert await page.evaluate("heard") == ["здравствуйте"]
    await page.reload()
    await expect(log).to_contain_text("здравствуйте")
    await expect(log).to_have_attribute("aria-live", "polite")
    assert await page.evaluate("heard") == []


async def test_the_widget_opens_counts_and_closes_with_escape(
    context: BrowserContext, database: Database, answer: Answer, deliver: Deliver
) -> None:
    site = await context.new_page()
    await site.goto("/chat/demo-site")
    await site.get_by_role("button", name="Открыть чат").click()
    frame = site.frame_locator("iframe")
    await expect(frame.locator("#text")).to_be_focused()
    await frame.locator("#text").fill("привет")
    await frame.locator("#text").press("Enter")
    await expect(frame.locator(".message.own")).to_contain_text("привет")
    await expect(frame.locator(".meta", has_text="отправляем")).to_have_count(0)
    assert await context.cookies() == []
    await frame.locator("#text").press("Escape")
    await expect(site.locator("iframe")).to_be_hidden()
    await expect(site.get_by_role("button", name="Открыть чат")).to_be_focused()
    await answer("здравствуйте")
    await deliver()
    await expect(site.get_by_role("button", name="новых сообщений: 1")).to_be_visible()
    await site.reload()
    await site.get_by_role("button", name="Открыть чат").click()
    await expect(frame.locator(".message")).to_have_count(2)


async def test_an_answer_whose_request_was_lost_is_asked_for_again(
    page: Page, database: Database, answer: Answer, deliver: Deliver
) -> None:
    await say(page, "привет")
    await stored_texts(page, database, 1)
    await page.route("**/chat/history*", lambda route: route.abort())
    await answer("здравствуйте")
    await deliver()
    await expect(page.locator("#connection")).to_contain_text("Нет связи")
    await page.unroute("**/chat/history*")
    await expect(page.locator(".message.assistant")).to_contain_text("здравствуйте")


async def test_the_page_goes_on_after_the_server_was_away(
    app: FastAPI,
    page: Page,
    server: Running,
    database: Database,
    answer: Answer,
    deliver: Deliver,
) -> None:
    await say(page, "привет")
    await stored_texts(page, database, 1)
    await server.stop(at_once=True)
    await answer("пока Вас не было связи")
    await deliver()
    again = Running(app, server.port)
    try:
        await expect(page.locator(".message.assistant")).to_contain_text("пока Вас не было")
    finally:
        await again.stop(at_once=True)
