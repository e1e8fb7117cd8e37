"""The board's pages through the application: who sees them, announcements, export."""

import io

from fastapi import FastAPI
from openpyxl import load_workbook

from handoff.steps import Operator
from staff import groups
from tests.handoff.conftest import House
from tests.handoff.test_pages import (  # noqa: F401 (fixtures)
    Browser,
    app,
    browser,
    confirmed,
    hub,
    olga,
    staff,
)


async def test_now_period_and_export(house: House, app: FastAPI, olga: Operator) -> None:  # noqa: F811
    await house.waiting("1", "Анна")
    taken = await house.waiting("2", "Борис")
    house.clock.advance(minutes=12)
    await house.service.desk.answer(taken, olga, "Долг 10 ₽", client_key="k1")
    page = await browser(app, "irina")
    now = await page.text("/board/now")
    assert "Анна" in now
    assert "12 минут" in now
    whole = await page.text("/board")
    assert "Бот справился сам" in whole
    assert "100 %" in whole  # of first answers in time
    assert (await page.get("/board?first=2026-11-20&last=2026-11-18")).status_code == 422
    export = await page.get("/board/export.xlsx?first=2026-11-18&last=2026-11-18")
    book = load_workbook(io.BytesIO(export.content))
    summary = {row[0].value: row[1].value for row in book["Сводка"].rows if row}
    assert (summary["Обращений"], summary["Первый ответ"]) == (2, 1)
    await page.client.aclose()


async def test_an_announcement_begins_and_ends(house: House, app: FastAPI) -> None:  # noqa: F811
    page = await browser(app, "irina")
    refused = await page.press("/board/announcements", text=" ")
    assert refused.status_code == 422
    wrong = await page.press("/board/announcements", text="Авария", ends="2026-11-18T11:00")
    assert "раньше, чем начинается" in wrong.text
    made = await page.press(
        "/board/announcements", text="Авария на Светлой", topics="faq/penalty",
        starts="2026-11-18T12:30", ends="2026-11-18T14:00",
        districts="ул. Светлая,,\nпос. Заречный",
    )  # fmt: skip
    assert made.status_code == 204
    told = house.service.announcements
    assert await told.current(house.clock.now()) == []
    house.clock.advance(minutes=30)
    (one,) = await told.current(house.clock.now())
    assert (one.text, one.topics) == ("Авария на Светлой", ("faq/penalty",))
    assert one.districts == ("ул. Светлая", "пос. Заречный")
    assert "Авария на Светлой" in await page.text("/board")
    await page.press(f"/board/announcements/{one.id}/end")
    house.clock.advance(seconds=5)
    assert await told.current(house.clock.now()) == []
    await page.client.aclose()


async def test_an_operator_sees_no_board(app: FastAPI) -> None:  # noqa: F811
    page = await browser(app, "olga")
    for path in ("/board", "/board/now", "/board/export.xlsx"):
        assert (await page.get(path)).status_code == 403
    for path in ("/board/announcements", "/board/announcements/1/end"):
        assert (await page.press(path, text="x")).status_code == 403
    await page.client.aclose()


async def test_the_board_reassigns_and_changes_groups(
    house: House,
    app: FastAPI,  # noqa: F811
    olga: Operator,  # noqa: F811
) -> None:
    async with house.database.write() as tx:
        group = await groups.save(
            tx, None, name="Счётчики", topics=[], members=[olga.id], is_default=False, by=4
        )
    stays = [await house.waiting("1"), await house.waiting("2")]
    await house.service.desk.take(stays[0], olga)
    due = (await house.stay(stays[0])).next_due_at
    page, operator = await browser(app, "irina"), await browser(app, "olga")
    now = await page.text("/board/now")
    assert "В очередь группы" in now
    assert "Взять себе" in now
    assert "2 <small>заняты 1</small>" in now, "here: Ольга, who owes one, and Ирина"

    async def act(what: str, who: Browser = page) -> int:
        ids = [str(stay) for stay in stays]
        headers = {"hx-request": "true", "x-csrf-token": who.csrf}
        form = {"act": what, "ids": ids}
        return (await who.client.post("/inbox/many", data=form, headers=headers)).status_code

    assert await act(f"group-{group}", operator) == 403
    assert await act(f"group-{group}") == 204
    for stay in stays:
        found = await house.stay(stay)
        assert (found.state, found.operator_id, found.group_id) == ("waiting", None, group)
    assert (await house.stay(stays[0])).next_due_at == due
    assert await act("person-4") == 204  # Ирина takes them over herself
    assert {(await house.stay(stay)).operator_id for stay in stays} == {4}
    assert await act("group-99") == 204
    assert {(await house.stay(stay)).operator_id for stay in stays} == {4}, "there is none such"
    for each in (page, operator):
        await each.client.aclose()
