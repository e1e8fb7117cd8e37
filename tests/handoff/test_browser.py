"""What the inbox's scripts promise, in a real browser."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy import update

from conversations.models import Delivery
from handoff.models import HandoffState
from handoff.steps import Operator
from media.shelf import FolderShelf
from media.store import MediaStore
from replies import File, FileKind
from staff.service import StaffService
from tests.handoff.conftest import House
from tests.handoff.inbox import (
    PASSWORD,
    OneArticle,
    files_of,
    hub_of,
    inbox_app,
    staff_of,
)
from tests.handoff.test_calendar import at
from tests.needs import browser as installed_browser
from tests.web.conftest import Running
from web.hub import EventHub

pytestmark = pytest.mark.skipif(installed_browser() is None, reason="needs Chromium")

OLGA = Operator(1, "Ольга")
FORMS = tuple(f"Заявление {number}" for number in range(1, 7))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages can't tell the databases apart."""
    return sqlite_url


@pytest.fixture
async def staff(house: House) -> AsyncIterator[StaffService]:
    staff = await staff_of(house)
    yield staff
    staff.close()


@pytest.fixture
async def hub(house: House) -> AsyncIterator[EventHub]:
    hub = hub_of(house)
    await hub.start()
    yield hub
    await hub.close()


@pytest.fixture
async def app(house: House, staff: StaffService, hub: EventHub, tmp_path: Path) -> FastAPI:
    store = MediaStore(house.database, FolderShelf(tmp_path / "media"))
    key = await store.put(b"%PDF-1.7 .")
    article = OneArticle(
        *(File(FileKind.DOCUMENT, key, f"{name}.pdf", name) for name in ("Порядок", *FORMS))
    )
    app = inbox_app(house, staff, hub, article=article)
    app.include_router(files_of(house, store, article))
    return app


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


async def inbox(chromium: Browser, server: Running, login: str, *, width: int = 1280) -> Page:
    context: BrowserContext = await chromium.new_context(
        base_url=server.url, viewport={"width": width, "height": 780}
    )
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await log_in(page, login)
    return page


async def log_in(page: Page, login: str = "olga") -> None:
    await page.goto("/login?next=/inbox")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.click("text=Войти")
    await page.wait_for_selector("#ib-list")
    await page.wait_for_load_state("load")  # the scripts have run


async def open_item(page: Page, name: str) -> None:
    await page.locator(".ib-item a", has_text=name).click()
    await expect(page.locator(".ib-title")).to_have_text(name)


async def test_a_race_a_draft_and_a_customer_who_writes_on(
    chromium: Browser, server: Running, house: House
) -> None:
    conversation = await house.customer("позовите человека", name="Анна")
    await house.request(conversation)
    olga = await inbox(chromium, server, "olga")
    ivan = await inbox(chromium, server, "ivan")
    await open_item(olga, "Анна")
    await open_item(ivan, "Анна")
    await ivan.fill("#ib-text", "Здравствуйте! Сейчас посмотрю")
    await olga.keyboard.press("Escape")
    await olga.keyboard.press("t")
    await expect(olga.locator("#ib-close")).to_be_visible()
    # The other one sees who was quicker, and what he typed is still there, after a reload too.
    await expect(ivan.locator("#ib-barrier")).to_contain_text("Отвечает Ольга")
    await expect(ivan.locator("#ib-send")).to_be_disabled()
    await ivan.reload()
    await expect(ivan.locator("#ib-text")).to_have_value("Здравствуйте! Сейчас посмотрю")
    await expect(ivan.locator("#ib-barrier")).to_contain_text("Ваш текст остался на месте")
    # A double press of Enter is one answer.
    await olga.fill("#ib-text", "Слушаю Вас <b>")
    await olga.evaluate(
        """() => { for (let n = 0; n < 2; n++) document.getElementById("ib-text").dispatchEvent(
        new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true})); }"""
    )
    answer = olga.locator(".ib-by-operator .ib-text")
    await expect(answer).to_have_text("Слушаю Вас <b>")
    await expect(olga.locator("#ib-text")).to_have_value("")
    assert len(await house.sent(conversation)) == 1
    # What the customer writes comes into both open pages by itself.
    await house.customer("А когда?")
    await house.wrote(conversation)
    for page in (olga, ivan):
        await expect(page.locator(".ib-by-customer .ib-text").last).to_have_text("А когда?")
    await expect(olga.locator('[data-count="mine"]')).to_have_text("1")
    await expect(olga).to_have_title(re.compile(r"^\(1\) Диалоги"))


async def test_the_mark_follows_the_delivery(
    chromium: Browser, server: Running, house: House
) -> None:
    conversation = await house.customer("оператор", name="Анна")
    first = await house.request(conversation)
    message = (await house.service.desk.answer(first, OLGA, "Готово", client_key="k1")).message_id
    page = await inbox(chromium, server, "olga")
    await page.goto(f"/inbox/{first}?tab=mine")
    mark = page.locator(".ib-by-operator .ib-mark")
    await expect(mark).to_have_text("отправляется")
    async with house.database.write() as tx:
        await tx.session.execute(update(Delivery).values(state="sent"))
        house.events.emit(tx, "message.sent", conversation_id=conversation, message=message)
    await expect(mark).to_have_attribute("title", "отправлено")
    await expect(page.locator(".ib-line.ib-by-operator")).to_have_count(1)


async def test_the_keyboard_alone(chromium: Browser, server: Running, house: House) -> None:
    for name in ("Первая", "Вторая", "Третья"):
        await house.waiting(name, name)
        house.clock.advance(minutes=1)
    page = await inbox(chromium, server, "olga")
    title = page.locator(".ib-title")
    # Physical keys: on the Russian layout J is «о».
    press = """([code, key]) => document.body.dispatchEvent(
        new KeyboardEvent("keydown", {code, key, bubbles: true, cancelable: true}))"""
    for code, key, name in (
        ("KeyJ", "о", "Первая"), ("KeyJ", "о", "Вторая"), ("KeyK", "л", "Первая"),
        ("KeyJ", "j", "Вторая"),
    ):  # fmt: skip
        await page.evaluate(press, [code, key])
        await expect(title).to_have_text(name)
    await page.keyboard.press("t")
    await expect(page.locator("#ib-text")).to_be_focused()
    await page.keyboard.type("Готово")
    await page.keyboard.press("Enter")
    await expect(page.locator(".ib-by-operator .ib-text")).to_have_text("Готово")
    await page.keyboard.press("Alt+ArrowDown")
    await expect(title).to_have_text("Третья")
    await page.keyboard.press("Escape")
    await page.keyboard.press("2")
    await expect(page.locator(".ib-item")).to_have_count(1)
    await expect(page.locator(".ib-item")).to_contain_text("Вторая")
    await page.keyboard.press("?")
    await expect(page.locator("#ib-keys")).to_be_visible()


async def test_old_lines_load_and_the_place_stays(
    chromium: Browser, server: Running, house: House
) -> None:
    for number in range(60):
        conversation = await house.customer(f"строка номер {number}", name="Анна")
    first = await house.request(conversation)
    page = await inbox(chromium, server, "olga")
    await page.goto(f"/inbox/{first}")
    lines = page.locator(".ib-line")
    await expect(lines).to_have_count(40)
    await expect(lines.last).to_be_in_viewport()
    await page.evaluate("document.getElementById('ib-thread').scrollTop = 0")
    await expect(lines).to_have_count(60)
    await expect(page.locator("#m-21")).to_be_in_viewport()
    await expect(page.locator(".ib-day")).to_have_count(1)
    # A new line below does not move what is being read.
    await house.customer("внизу")
    await expect(page.locator("#ib-down")).to_be_visible()
    await expect(page.locator("#m-21")).to_be_in_viewport()
    await page.click("#ib-down")
    await expect(lines.last).to_be_in_viewport()


async def test_a_phone_shows_the_list_then_the_conversation(
    chromium: Browser, server: Running, house: House
) -> None:
    first = await house.waiting("1", "Анна")
    page = await inbox(chromium, server, "olga", width=390)
    await expect(page.locator("#ib-text")).to_have_count(0)
    await open_item(page, "Анна")
    await expect(page.locator("#ib-list")).to_be_hidden()
    await expect(page.locator("#ib-customer")).to_be_hidden()
    await page.click("#ib-customer-toggle")
    await expect(page.locator("#ib-customer")).to_contain_text("Личность не подтверждена")
    await page.click("#ib-customer-close")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.go_back()
    await expect(page.locator("#ib-list")).to_be_visible()
    await page.go_forward()
    await expect(page.locator(".ib-title")).to_have_text("Анна")
    await page.click("#ib-head .btn-primary")  # «Взять»
    await page.click("#ib-head .ib-more summary")
    menu = await page.locator("#ib-head .ok-menu-list").bounding_box()
    assert menu is not None
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= 390
    await page.keyboard.press("Escape")
    await page.click("#ib-close")
    await page.locator("dialog[open] select").press("Enter")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    assert (await house.stay(first)).state == HandoffState.CLOSED
    await page.click("#ib-back")
    await expect(page.locator("#ib-list")).to_be_visible()


async def test_a_refused_line_stays_in_its_field(
    chromium: Browser, server: Running, house: House
) -> None:
    first = await house.waiting("1", "Анна")
    await house.service.desk.take(first, OLGA)
    page = await inbox(chromium, server, "olga")
    await page.goto(f"/inbox/{first}?tab=mine")
    await page.fill("#ib-text", "ы" * 4_050)
    await expect(page.locator("#ib-hint")).to_contain_text("лишних: 50")
    await page.click("#ib-send")
    await expect(page.locator(".ok-notice")).to_contain_text("Слишком длинно")
    await expect(page.locator("#ib-text")).to_have_value("ы" * 4_050)
    await page.click(".ok-notice-close")
    await page.fill("#ib-text", "Не потеряться бы")
    await page.route("**/say", lambda route: route.abort())
    await page.click("#ib-send")
    await expect(page.locator(".ok-notice")).to_contain_text("Введённое осталось на месте")
    await expect(page.locator("#ib-text")).to_have_value("Не потеряться бы")
    await page.unroute("**/say")
    await page.context.clear_cookies()  # the login has ended
    await page.click("#ib-send")
    await expect(page.locator("#login-ended")).to_be_visible()
    await expect(page.locator("#ib-thread")).to_be_hidden()
    await page.locator("#ib-text").press_sequentially("!")
    again = await page.context.new_page()
    await log_in(again)
    await expect(page.locator("#login-ended")).to_be_hidden()
    await page.click("#ib-send")
    await expect(page.locator(".ib-by-operator .ib-text")).to_have_text("Не потеряться бы!")


async def test_amber_and_red_as_time_goes_by(
    chromium: Browser, server: Running, house: House
) -> None:
    await house.waiting("1", "Анна")
    operator = await inbox(chromium, server, "olga")
    supervisor = await inbox(chromium, server, "irina")
    left = operator.locator(".ib-item .ib-left")
    await expect(left).to_have_class(re.compile("ib-calm"))
    house.clock.advance(minutes=10, seconds=5)
    await house.run_jobs()
    await expect(left).to_have_class(re.compile("ib-soon"))
    await expect(operator.locator(".ok-notice")).to_contain_text("осталось 5 минут")
    await expect(supervisor.locator(".ok-notice")).to_have_count(0)
    house.clock.advance(minutes=5)
    await house.run_jobs()
    await expect(left).to_have_class(re.compile("ib-late"))
    await expect(supervisor.locator(".ok-notice")).to_contain_text("Время ответа клиенту вышло")
    await expect(operator.locator(".ok-notice", has_text="вышло")).to_have_count(0)
    await supervisor.click(".ok-notice .btn")
    await expect(supervisor.locator(".ib-title")).to_have_text("Анна")


async def test_a_greeting_is_no_answer_and_one_key_says_none_is_needed(
    chromium: Browser, server: Running, house: House
) -> None:
    first = await house.waiting("1", "Анна")
    page = await inbox(chromium, server, "olga")
    await page.goto(f"/inbox/{first}")
    await page.fill("#ib-text", "Минуту, уточняю")
    await page.keyboard.press("Enter")
    await expect(page.locator(".ok-notice")).to_contain_text("время идёт")
    await expect(page.locator("#ib-head .ib-left")).to_be_visible()
    await expect(page.locator("#ib-no-answer")).to_be_visible()
    await expect(page.locator("#ib-text")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await expect(page.locator("#ib-head")).to_contain_text("ответ дан")


async def test_several_at_once_and_the_palette(
    chromium: Browser, server: Running, house: House
) -> None:
    for name in ("Анна", "Борис", "Вера"):
        await house.waiting(name, name)
        house.clock.advance(minutes=1)
    page = await inbox(chromium, server, "irina")
    for name in ("Анна", "Борис"):
        await page.locator(".ib-item", has_text=name).locator(".ib-pick input").check(force=True)
    await page.select_option("#ib-many-to", label="Поставить метку")
    await page.fill("#ib-many-label", "авария на Мира")
    await page.click("#ib-many button[type=submit]")
    await expect(page.locator(".ib-tag-label")).to_have_text(["авария на Мира"] * 2)
    await expect(page).to_have_title(re.compile(r"^\(3\)"))
    await page.click(".ib-settings summary")
    await page.locator("[data-setting=counter]").uncheck()
    await expect(page).to_have_title(re.compile("^Диалоги"))
    await page.click(".ib-settings summary")
    for name in ("Анна", "Борис"):
        await page.locator(".ib-item", has_text=name).locator(".ib-pick input").check(force=True)
    await page.select_option("#ib-many-to", label="Назначить: Иван")
    await page.click("#ib-many button[type=submit]")
    await expect(page.locator(".ib-item")).to_have_count(1)
    await expect(page.locator("#ib-many")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("вклад все")
    await page.keyboard.press("Enter")
    await expect(page.locator(".ib-item")).to_have_count(3)
    await expect(page.locator(".ib-item", has_text="Анна")).to_contain_text("Иван")


async def test_prepared_answers_with_files_and_calling_back(
    chromium: Browser, server: Running, house: House
) -> None:
    first = await house.waiting("1", "Анна")
    page = await inbox(chromium, server, "olga")
    await page.goto(f"/inbox/{first}")
    await page.fill("#ib-text", "/пен")
    await expect(page.locator("#ib-inserts [role=option]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator("#ib-text")).to_have_value("Пени не начисляют 30 дней.")
    # The article's files are a draft's like any other: one is left out, the rest outlives a reload.
    enclosed = page.locator("#ib-enclosed .ib-enclosed-name")
    forms = [f"{name}.pdf" for name in FORMS]
    await expect(enclosed).to_have_text(["Порядок.pdf", *forms])
    await page.click("[aria-label='Убрать Порядок.pdf']")
    await expect(enclosed).to_have_text(forms)
    await page.reload()
    await expect(enclosed).to_have_text(forms)
    await page.locator("#ib-text").press("Enter")
    await page.click("#ib-undo-now")
    await expect(page.locator("#ib-text")).to_have_value("Пени не начисляют 30 дней.")
    await expect(enclosed).to_have_text(forms)
    await expect(page.locator(".ib-by-operator")).to_contain_text("отменено до отправки")
    assert (await house.stay(first)).next_due_at is not None
    own = [
        {"name": f"{n}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 ."}
        for n in "123456"
    ]
    await page.set_input_files("#ib-file", own)  # type: ignore[arg-type]
    await expect(enclosed).to_have_count(10)
    await expect(page.locator("#notices")).to_contain_text("Не поместились: «5.pdf», «6.pdf».")


async def test_a_new_line_holds_the_send_once(
    chromium: Browser, server: Running, house: House
) -> None:
    conversation = await house.customer("оператор", name="Анна")
    first = await house.request(conversation)
    await house.service.desk.take(first, OLGA)
    page = await inbox(chromium, server, "olga")
    await page.goto(f"/inbox/{first}?tab=mine")
    await page.fill("#ib-text", "Долг 10 ₽")
    await house.customer("А, нашла!")
    await expect(page.locator(".ib-by-customer .ib-text").last).to_have_text("А, нашла!")
    await page.keyboard.press("Enter")
    await expect(page.locator("#ib-barrier")).to_contain_text("А, нашла!")
    assert await house.sent(conversation) == []
    await page.keyboard.press("Enter")
    await expect(page.locator(".ib-by-operator .ib-text")).to_have_text("Долг 10 ₽")


async def test_out_of_hours_to_opening(chromium: Browser, server: Running, house: House) -> None:
    house.clock.value = at("2026-11-18T05:30")  # before work
    await house.waiting("1", "Анна")
    page = await inbox(chromium, server, "olga")
    left = page.locator(".ib-item .ib-left")
    await expect(left).to_have_text("до 8:15")
    house.clock.value = at("2026-11-18T08:00")
    await house.run_jobs()
    await house.waiting("2", "Борис")
    await expect(left.first).to_have_text("15 мин")
    await expect(page.locator(".ib-item").first).to_contain_text("Анна")
    house.clock.value = at("2026-11-18T08:15:05")
    await house.run_jobs()
    await expect(left.first).to_have_class(re.compile("ib-late"))


async def test_the_customers_panel_keeps_what_is_typed(
    chromium: Browser, server: Running, house: House
) -> None:
    """It is fetched anew when the bot is lent, or when the customer or a colleague does a thing."""
    first = await house.waiting("1", "Вера")
    await house.service.desk.take(first, OLGA)
    page = await inbox(chromium, server, "olga")
    await page.goto(f"/inbox/{first}?tab=mine")
    await page.click("#ib-proof summary")
    await page.fill("#ib-proof-number", "4400 1234")
    await page.check("#ib-proof-voice")
    await page.click("#ib-lend-identity")
    await expect(page.locator("#ib-lend-stop")).to_be_visible()
    await expect(page.locator("#ib-lines")).to_contain_text("Ольга: бот подтверждает личность")
    await expect(page.locator("#ib-proof-number")).to_have_value("4400 1234")
    await expect(page.locator("#ib-proof-voice")).to_be_checked()
    # A wrong proof is refused in words, and stays to be mended.
    await page.fill("#ib-proof-holder", "Кто-то Другой")
    await page.click("#ib-proof button[type=submit]")
    await expect(page.locator("#ib-proof-holder")).to_have_value("Кто-то Другой")
