"""No page has a serious finding of axe, in light and in dark."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.e2e.test_main_job import READING, ChatPage, InboxPage
from tests.running import PASSWORD, RunningOkno

AXE = (Path(__file__).parents[1] / "web" / "axe" / "axe.min.js").read_text(encoding="utf-8")
RUN = """async (rules) => (await axe.run(document, rules)).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => `${id}: ${nodes.map((node) => node.target).join(", ")}`)"""
# What else than the colours could differ in the dark?
DARK = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


async def is_clean(page: Page) -> None:
    # Colours change at once, so that none is measured on its way.
    await page.add_style_tag(content="* { transition: none !important; }")
    await page.evaluate(f"() => {{ {AXE} }}")
    await page.emulate_media(color_scheme="light")
    assert await page.evaluate(RUN, {}) == [], page.url
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(RUN, DARK) == [], f"{page.url} in the dark"


async def test_no_serious_finding(okno: RunningOkno, browser: Browser) -> None:
    context = await browser.new_context(bypass_csp=True)
    customer = ChatPage(await context.new_page())
    await customer.page.goto(f"{okno.url}/chat")
    await customer.write(READING)
    await customer.sees("Показания приняты")
    await customer.write("позовите человека")
    await customer.sees("Оператор ответит до")
    await is_clean(customer.page)

    supervisor = InboxPage(await (await browser.new_context(bypass_csp=True)).new_page())
    page = supervisor.page
    await page.goto(f"{okno.url}/login")
    await is_clean(page)
    await supervisor.log_in(okno.url, "irina")
    await is_clean(page)
    await supervisor.open_first()
    await supervisor.take()
    await page.fill("#ib-text", "Вы обязаны явиться")
    await page.set_input_files("#ib-file", {"name": "a.txt", "mimeType": "", "buffer": b"words"})
    await expect(page.locator("#ib-advice li")).to_have_count(2)
    await expect(page.locator("#ib-enclosed")).to_contain_text("1 КБ")
    await is_clean(page)
    await page.locator("#ib-close").click()
    await is_clean(page)
    await page.goto(f"{okno.url}/board")
    await page.wait_for_load_state()
    await is_clean(page)

    editor = InboxPage(await (await browser.new_context(bypass_csp=True)).new_page())
    page = editor.page
    await page.goto(f"{okno.url}/login?next=/kb")
    await page.fill("#login", "elena")
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await page.wait_for_url("**/kb")
    await is_clean(page)
    await page.locator("main table a, main li a").first.click()
    await page.wait_for_load_state()
    await is_clean(page)
