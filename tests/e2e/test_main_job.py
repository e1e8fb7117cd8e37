"""The main job, with a real process, real browsers and a real Telegram protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from nlu.embedded import EmbeddedEngine
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.media.test_media import picture
from tests.running import PASSWORD, RunningOkno, prepare

READING = "лс 440012345678 Иванова показания 12345"


class ChatPage:
    """The customer's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def write(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.locator("#text").press("Enter")

    async def sees(self, text: str) -> None:
        await expect(self.page.locator("#messages")).to_contain_text(text)


class InboxPage:
    """The operator's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def log_in(self, url: str, login: str) -> None:
        await self.page.goto(f"{url}/inbox")
        await self.page.locator("#login").fill(login)
        await self.page.locator("#password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Войти").click()
        await expect(self.page.locator("#ib-items")).to_be_attached()
        await self.page.wait_for_load_state()  # its scripts have run

    async def open_first(self) -> None:
        await self.page.locator("#ib-items a").first.click()
        await expect(self.page.locator("#ib-head")).to_be_visible()

    async def take(self) -> None:
        await self.page.locator("#ib-take").click()
        await expect(self.page.locator("#ib-head")).to_have_attribute("data-standing", "mine")

    async def answer(self, text: str) -> None:
        await self.page.locator("#ib-text").fill(text)
        await self.page.locator("#ib-send").click()

    async def sees(self, text: str) -> None:
        await expect(self.page.locator("#ib-lines")).to_contain_text(text)


async def test_in_the_browser(okno: RunningOkno, browser: Browser) -> None:
    """Tariff, reading, a human; the operator answers; both see each other without reloading, and
    what the customer has photographed."""
    customer = ChatPage(await (await browser.new_context()).new_page())
    await customer.page.goto(f"{okno.url}/chat")
    await customer.write("какой сейчас тариф на свет?")
    await customer.sees("5,47")
    await customer.write(READING)
    await customer.sees("Показания приняты")
    await customer.write("позовите человека")
    await customer.sees("Оператор ответит до")

    operator = InboxPage(await (await browser.new_context()).new_page())
    await operator.log_in(okno.url, "olga")
    await operator.open_first()
    await operator.sees("Показания приняты")
    await operator.take()
    await operator.answer("Здравствуйте! Чем помочь? <b>1 < 2</b>")
    await customer.sees("Вам отвечает Ольга")
    await customer.sees("Чем помочь? <b>1 < 2</b>")

    await customer.write("почему <script>alert(1)</script> такой счёт")
    await operator.sees("почему <script>alert(1)</script> такой счёт")

    photo = {"name": "счётчик.png", "mimeType": "image/png", "buffer": picture()}
    await customer.page.locator("#file").set_input_files(photo)
    await expect(operator.page.locator("#ib-lines .ib-picture img")).to_be_visible()
    shown = customer.page.locator("#messages .own img[src^='/media/']")
    await expect(shown).to_have_js_property("naturalWidth", 8)

    await customer.page.reload()
    await customer.sees("Показания приняты")
    await customer.sees("Вам отвечает Ольга")


async def test_pages_survive_a_restart_and_do_not_hold_the_end_up(
    okno: RunningOkno, browser: Browser
) -> None:
    """Killed, it is missed by no page; told to end, it does so with live pages open."""
    customer = ChatPage(await (await browser.new_context()).new_page())
    await customer.page.goto(f"{okno.url}/chat")
    await customer.write("какой тариф")
    await customer.sees("5,47")
    okno.kill()
    await okno.start()
    await customer.write("сколько я должен")
    await customer.sees("номер лицевого счёта")
    await customer.page.reload()
    await customer.sees("5,47")
    await customer.write("позовите оператора")
    await customer.sees("Оператор ответит до")
    operator = InboxPage(await (await browser.new_context()).new_page())
    await operator.log_in(okno.url, "olga")
    await operator.open_first()
    assert await okno.stop() == 0


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


async def test_through_telegram(
    telegram: FakeTelegram,
    database_url: str,
    tmp_path: Path,
    engine: EmbeddedEngine,
    browser: Browser,
) -> None:
    """The same conversation through the real aiogram, by long polling, on both databases."""
    await prepare(tmp_path, database_url, engine)
    okno = RunningOkno(
        tmp_path,
        database_url,
        {"OKNO_TELEGRAM_TOKEN": TOKEN, "OKNO_TELEGRAM_API_URL": telegram.url},
    )
    customer = telegram.customer(77)

    async def reads(text: str) -> None:
        await until(lambda: any(text in said for said in customer.reads), text)

    try:
        await okno.start()
        for said, expected in (
            ("/start", "Здравствуйте"),
            ("какой тариф на электроэнергию", "5,47"),
            (READING, "Показания приняты"),
            ("позовите человека", "Оператор ответит до"),
        ):
            customer.says(said)
            await reads(expected)
        operator = InboxPage(await (await browser.new_context()).new_page())
        await operator.log_in(okno.url, "olga")
        await operator.open_first()
        await operator.take()
        await operator.answer("Здравствуйте! 1 < 2 & *звёздочки*")
        await reads("1 < 2 & *звёздочки*")
        customer.says("спасибо, а когда приедет мастер?")
        await operator.sees("когда приедет мастер")
        assert await okno.stop() == 0
        assert telegram.unconfirmed == 0
    finally:
        okno.end()
