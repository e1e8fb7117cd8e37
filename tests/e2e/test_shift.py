"""A shift: two operators, a supervisor and three customers in one real process."""

from playwright.async_api import Browser, expect

from tests.e2e.test_main_job import ChatPage, InboxPage
from tests.running import RunningOkno


async def customer(okno: RunningOkno, browser: Browser, said: str) -> ChatPage:
    """A customer who asked for a human."""
    chat = ChatPage(await (await browser.new_context()).new_page())
    await chat.page.goto(f"{okno.url}/chat")
    await chat.write(said)
    await chat.sees("Оператор ответит до")
    return chat


async def staff(okno: RunningOkno, browser: Browser, login: str, *, width: int = 1280) -> InboxPage:
    context = await browser.new_context(viewport={"width": width, "height": 780})
    page = InboxPage(await context.new_page())
    await page.log_in(okno.url, login)
    return page


async def test_a_race_a_transfer_and_a_restart(okno: RunningOkno, browser: Browser) -> None:
    first = await customer(okno, browser, "позовите человека")
    olga = await staff(okno, browser, "olga")
    pavel = await staff(okno, browser, "pavel", width=390)
    irina = await staff(okno, browser, "irina")
    await irina.page.goto(f"{okno.url}/board")
    await expect(irina.page.locator("#bd-now dd").first).to_have_text("1")

    # Both see each other; of two who press at once one gets it.
    await olga.open_first()
    await pavel.open_first()
    await expect(olga.page.locator("#ib-others")).to_contain_text("Павел")
    await olga.take()
    await expect(pavel.page.locator("#ib-head")).to_have_attribute("data-standing", "other")
    await expect(pavel.page.locator("#ib-barrier")).to_contain_text("Отвечает Ольга")
    assert await pavel.page.evaluate("document.documentElement.scrollWidth") == 390

    # Handed over with a note, the other one answers from his telephone.
    await olga.page.keyboard.press("Escape")
    await olga.page.keyboard.press("m")
    await olga.page.select_option("#ib-to", label="Павел")
    await olga.page.fill("#ib-to-note", "ждёт акт")
    await olga.page.get_by_role("button", name="Передать", exact=True).click()
    await expect(pavel.page.locator("#ib-head")).to_have_attribute("data-standing", "mine")
    await pavel.sees("ждёт акт")
    await pavel.answer("Долг 10 ₽, платить до 10 числа")
    await first.sees("Вам отвечает Павел")

    # Two more come while the process is gone and back: nothing typed is lost, all is caught up.
    await olga.page.fill("#ib-text", "черновик")
    okno.kill()
    await okno.start()
    await customer(okno, browser, "соедините с оператором")
    await customer(okno, browser, "нужен живой человек")
    await expect(olga.page.locator('[data-count="waiting"]')).to_have_text("2")
    await expect(olga.page.locator("#ib-text")).to_have_value("черновик")
    await expect(irina.page.locator("#bd-now dd").first).to_have_text("2")
    await first.write("а когда придёт мастер?")
    await pavel.sees("а когда придёт мастер?")
