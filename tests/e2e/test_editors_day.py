"""An editor's day with a real process and real browsers: what she writes customers hear."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

import nlu
from nlu.embedded import EmbeddedEngine
from nlu.training_data import CHECK_DIR, DATA_DIR
from tests.fakes.waiting import until
from tests.running import PASSWORD, ROOT, RunningOkno, prepare

# No phrase has these words, and none is near enough to be sure.
UNHEARD = "за что меня штрафанули рублём"
# Training has the lowest priority, and the machine may be busy.
TRAINED_MS = 300_000


@pytest.fixture
async def okno(
    sqlite_url: str, tmp_path: Path, engine: EmbeddedEngine
) -> AsyncIterator[RunningOkno]:
    """Trains on small talk and the articles alone: seconds instead of minutes."""
    few = tmp_path / "few" / "nlu"
    unused = [path.name for path in DATA_DIR.glob("*.yml") if path.name != "talk.yml"]
    unused += [path.name for path in CHECK_DIR.glob("*.yml") if path.name != "talk.yml"]
    shutil.copytree(Path(nlu.__file__).parent, few, ignore=lambda _, names: unused)
    await prepare(tmp_path, sqlite_url, engine)
    running = RunningOkno(tmp_path, sqlite_url, {"PYTHONPATH": f"{few.parent}:{ROOT}"})
    await running.start()
    yield running
    running.end()


class Editor:
    """Her browser, with the page of the article about penalty open."""

    def __init__(self, okno: RunningOkno, page: Page) -> None:
        self.okno = okno
        self.page = page

    async def log_in(self) -> None:
        await self.page.goto(f"{self.okno.url}/kb")
        await self.page.locator("#login").fill("elena")
        await self.page.locator("#password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Войти").click()
        await expect(self.page.locator("#articles")).to_be_attached()
        await self.page.wait_for_load_state()

    async def open(self) -> None:
        await self.page.goto(f"{self.okno.url}/kb?q=faq/penalty")
        await self.page.locator(".kb-row").first.click()
        await self.ready()

    async def ready(self) -> None:
        await expect(self.page.locator("#body")).to_be_attached()
        await self.page.wait_for_load_state()  # its scripts have run

    async def write(self, answer: str) -> None:
        await self.page.locator("#short").fill("")
        await self.page.locator("#body").fill(answer)

    async def tries(self, text: str) -> None:
        await self.page.locator("#try-text").fill(text)
        await self.page.locator("#try-text").press("Enter")

    async def publish(self, told: str = "Опубликовано") -> None:
        await self.page.locator("#publish").click()
        await expect(self.page.locator("#outcome")).to_contain_text(told)

    async def is_said(self, answer: str) -> None:
        """The base has been read anew, as it is within a second."""

        async def holds() -> bool:
            found = await self.page.request.get(f"{self.okno.url}/api/kb/articles")
            return answer in await found.text()

        await until(holds, answer)

    async def is_understood(self, question: str, answer: str) -> None:
        """The process has gone over to the new model, as it does within seconds."""
        token = await self.page.locator("#article [name=_csrf]").input_value()

        async def holds() -> bool:
            form = {"_csrf": token, "text": question}
            tried = await self.page.request.post(f"{self.okno.url}/kb/try", form=form)
            return answer in await tried.text()

        await until(holds, answer, seconds=60)


async def asks(okno: RunningOkno, browser: Browser, question: str) -> Page:
    """A customer whom we do not know yet."""
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{okno.url}/chat")
    await page.locator("#text").fill(question)
    await page.locator("#text").press("Enter")
    return page


async def test_what_an_editor_writes_is_what_customers_hear(
    okno: RunningOkno, browser: Browser
) -> None:
    elena = Editor(okno, await (await browser.new_context()).new_page())
    await elena.log_in()
    await elena.open()
    await elena.write("Пени считают с 31-го дня. Утренний текст.")
    tried = elena.page.locator("#try-result")
    await elena.tries("откуда взялись пени")
    await expect(tried).to_contain_text("Утренний текст")
    await elena.page.get_by_text("Как сейчас у клиентов").click()
    await elena.tries("за что пеня")
    await expect(tried).to_contain_text("за что пеня")
    await expect(tried).not_to_contain_text("Утренний текст")

    # The same article is open on another computer: whoever saves second is told.
    other = Editor(okno, await elena.page.context.new_page())
    await other.open()
    await other.write("Слова с другого компьютера.")
    await other.page.locator("#save").click()
    await expect(other.page.locator("#outcome")).to_contain_text("Черновик сохранён")
    await elena.publish("Пока Вы писали, появилась версия 2")
    await expect(elena.page.locator(".kb-conflict del").first).to_be_visible()
    await elena.page.get_by_text("Сохранить мой текст поверх").click()
    await expect(elena.page.locator("#outcome")).to_contain_text("Черновик сохранён")
    await elena.publish()
    await elena.is_said("Утренний текст")
    customer = await asks(okno, browser, "за что начислили пени")
    await expect(customer.locator("#messages")).to_contain_text("Утренний текст")

    # What was not understood is a gap; from there it becomes a variant.
    lost = await asks(okno, browser, UNHEARD)
    await expect(lost.locator("#messages")).to_contain_text("Оператор")
    await elena.page.goto(f"{okno.url}/kb/gaps")
    gap = elena.page.locator(".kb-gap", has_text=UNHEARD)
    await gap.locator("select").select_option("faq/penalty")
    await gap.get_by_role("button", name="Добавить варианты").click()
    await elena.ready()
    await expect(elena.page.locator("#questions")).to_have_value(re.compile(f"{UNHEARD}$"))
    await elena.page.locator("#publish").click()
    training = elena.page.locator(".kb-training")
    anyway = training.get_by_text("Опубликовать всё равно")
    done = training.get_by_text("уже отвечает по-новому")
    await expect(anyway.or_(done)).to_be_visible(timeout=TRAINED_MS)
    if await anyway.is_visible():  # it has learnt from few phrases
        await anyway.click()
    await expect(done).to_be_visible()
    await elena.is_understood(UNHEARD, "Утренний текст")
    answered = await asks(okno, browser, UNHEARD)
    await expect(answered.locator("#messages")).to_contain_text("Утренний текст")

    # Not every edit is a good one.
    await elena.page.reload()
    await elena.ready()
    await elena.write("Вечерний текст с ошибкой.")
    await elena.publish()
    await elena.is_said("Вечерний текст")
    await elena.page.locator("#history a").nth(1).click()
    await elena.page.get_by_role("button", name="Вернуть этот текст").click()
    await elena.ready()
    await elena.publish()
    await elena.is_said("Утренний текст")
    again = await asks(okno, browser, UNHEARD)
    await expect(again.locator("#messages")).to_contain_text("Утренний текст")
