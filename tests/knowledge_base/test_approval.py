"""The second person, where an article has one."""

from fastapi import FastAPI
from sqlalchemy import update

from knowledge_base.approval import Who, may_approve, may_change_approver, waiting_for
from staff.models import Person, Role
from storage.database import Database
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.samples import published
from tests.knowledge_base.test_pages import answered, form, version_list

ELENA, PETR, ANNA = Who(1, Role.EDITOR), Who(2, Role.EDITOR), Who(3, Role.ADMINISTRATOR)


def test_nobody_approves_his_own_words() -> None:
    assert may_approve(PETR, PETR.id, {ELENA.id})
    assert not may_approve(PETR, PETR.id, {ELENA.id, PETR.id})
    assert not may_approve(ELENA, PETR.id, {None})
    assert may_approve(ANNA, PETR.id, {ELENA.id})
    assert not may_approve(ANNA, PETR.id, {ANNA.id})
    assert may_change_approver(ELENA, None)
    assert not may_change_approver(ELENA, PETR.id)
    assert may_change_approver(PETR, PETR.id)
    assert may_change_approver(ANNA, PETR.id)


async def test_an_article_comes_into_force_by_two(
    app: FastAPI, database: Database, elena: Browser, petr: Browser
) -> None:
    await published(database, body="Старое")
    assert "Отправить на согласование" not in (await elena.get("/kb/1")).text
    await elena.post("/kb/1/people", {"approver": "2"})
    page = (await elena.get("/kb/1")).text
    assert "Отправить на согласование" in page
    empty = await elena.post("/kb/1/publish", form(1, body=""))
    assert (empty.status_code, "Ответ пуст" in empty.text) == (422, True)

    sent = await elena.post("/kb/1/publish", form(1, body="Новое"))
    assert sent.headers["location"] == "/kb/1?done=submitted"
    assert "Ждёт согласования" in (await elena.get("/kb")).text
    assert "Согласовать и опубликовать" not in (await elena.get("/kb/1")).text
    refused = await elena.post("/kb/1/approve", {"base": "2"})
    assert refused.headers["location"] == "/kb/1?done=not"
    around = await elena.post("/kb/1/people", {"approver": ""}, htmx=True)
    assert (around.status_code, "меняет он сам" in around.text) == (422, True)
    assert await answered(database) == "Старое"

    assert "На согласовании" in (await petr.get("/kb/reminders", htmx=True)).text
    async with database.read() as session:
        assert await waiting_for(session, ANNA) == []
    async with database.write() as tx:
        await tx.session.execute(update(Person).where(Person.id == 2).values(role=Role.OPERATOR))
        assert await waiting_for(tx.session, ANNA) == [(1, "Пени")]
        await tx.session.execute(update(Person).where(Person.id == 2).values(role=Role.EDITOR))
    assert "Согласовать и опубликовать" in (await petr.get("/kb/1")).text
    back = await petr.post("/kb/1/send-back", {"base": "2", "note": "Мягче, <b>пожалуйста</b>"})
    assert back.headers["location"] == "/kb/1?done=sent_back"
    assert "Мягче, &lt;b&gt;пожалуйста" in (await elena.get("/kb/1")).text
    late = await petr.post("/kb/1/approve", {"base": "2"})
    assert late.headers["location"] == "/kb/1?done=changed"

    await elena.post("/kb/1/publish", form(2, body="Мягкое"))
    old = await petr.post("/kb/1/approve", {"base": "2"})
    assert old.headers["location"] == "/kb/1?done=changed"
    done = await petr.post("/kb/1/approve", {"base": "3"})
    assert done.headers["location"] == "/kb/1?done=approved"
    assert await answered(database) == "Мягкое"
    assert "На согласовании" not in (await petr.get("/kb/reminders", htmx=True)).text

    # What Petr touched himself an administrator decides about.
    await petr.post("/kb/1/save", form(3, body="Слова Петра"))
    await elena.post("/kb/1/publish", form(4, body="Слова Петра и Елены"))
    alone = await petr.post("/kb/1/approve", {"base": "5"})
    assert alone.headers["location"] == "/kb/1?done=not"
    assert "На согласовании" not in (await petr.get("/kb/reminders", htmx=True)).text
    anna = await Browser(app).log_in("admin")
    assert "На согласовании" in (await anna.get("/kb/reminders", htmx=True)).text
    instead = await anna.post("/kb/1/approve", {"base": "5"})
    assert instead.headers["location"] == "/kb/1?done=approved"
    await anna.close()
    assert await answered(database) == "Слова Петра и Елены"
    assert (await petr.post("/kb/1/people", {"approver": ""}, htmx=True)).status_code == 200
    await elena.post("/kb/1/publish", form(5, body="Одна"))
    assert await answered(database) == "Одна"
    assert len(await version_list(database)) == 6
    assert (await elena.post("/kb/99/approve", {"base": "1"})).status_code == 404
    assert (await elena.post("/kb/99/people", {})).status_code == 404
