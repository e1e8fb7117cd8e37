"""The administrator's pages: people, groups, second factor at the login, the log."""

import re

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import select

from staff.models import Person, StaffGroup
from storage.database import Database
from tests.conftest import FakeClock
from tests.web.conftest import csrf_of, log_in
from web.audit import audit_router
from web.people import groups_router, people_router

TOPICS = {"balance": "Долг", "faq/tariffs": "Тарифы"}


@pytest.fixture
def people_app(app: FastAPI, database: Database) -> FastAPI:
    for routes in (
        people_router(database, topics=TOPICS),
        groups_router(database, topics=TOPICS),
        audit_router(database),
    ):
        app.include_router(routes)
    return app


async def csrf(client: httpx.AsyncClient) -> str:
    return csrf_of((await client.get("/profile")).text)


async def person(database: Database, login: str) -> Person:
    async with database.read() as session:
        return (await session.execute(select(Person).where(Person.login == login))).scalar_one()


async def test_people_are_added_changed_and_let_out(
    people_app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    await log_in(client, "anna")
    token = await csrf(client)
    made = await client.post(
        "/people", data={"_csrf": token, "login": "vera", "name": "Вера", "role": "operator"}
    )
    password = re.search(r"пароль ([\w-]+)", made.text)
    assert password is not None
    vera = await person(database, "vera")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(people_app), base_url="http://okno.test",
        headers={"accept": "text/html"},
    ) as other:  # fmt: skip
        await log_in(other, "vera", password=password[1])
        assert (await other.get("/profile")).status_code == 200
        changed = await client.post(
            f"/people/{vera.id}",
            data={"_csrf": token, "name": "Вера П.", "role": "supervisor", "capacity": "3"},
        )
        assert changed.status_code == 303
        # A page of the old role does not stay open.
        assert (await other.get("/profile")).status_code == 303
    vera = await person(database, "vera")
    assert (vera.display_name, vera.role, vera.capacity) == ("Вера П.", "supervisor", 3)
    await client.post(f"/people/{vera.id}/off", data={"_csrf": token})
    assert not (await person(database, "vera")).active
    twice = await client.post(
        "/people", data={"_csrf": token, "login": "VERA", "name": "Вера", "role": "operator"}
    )
    assert (twice.status_code, "уже есть" in twice.text) == (422, True)
    log = (await client.get("/audit?kind=staff.")).text
    assert "сотрудник изменён" in log
    assert "сотрудник отключён" in log


async def test_an_administrator_does_not_lock_himself_out(
    people_app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    await log_in(client, "anna")
    token = await csrf(client)
    anna = await person(database, "anna")
    for path, form in (
        (f"/people/{anna.id}", {"name": "Анна", "role": "operator", "capacity": "5"}),
        (f"/people/{anna.id}/off", {}),
    ):
        assert (await client.post(path, data={"_csrf": token, **form})).status_code == 422
    assert (await person(database, "anna")).role == "administrator"


async def test_a_group(people_app: FastAPI, client: httpx.AsyncClient, database: Database) -> None:
    await log_in(client, "anna")
    token = await csrf(client)
    form = {
        "_csrf": token, "name": "Деньги", "served": ["balance", "чужое"], "members": ["1", "2"],
        "default": "true", "distribute": "true",
    }  # fmt: skip
    assert (await client.post("/groups", data=form)).status_code == 303
    async with database.read() as session:
        group = (await session.execute(select(StaffGroup))).scalar_one()
    assert (group.topics, group.is_default, group.distribute) == (["balance"], True, True)
    assert (await client.post("/groups", data=form)).status_code == 422  # the name is taken
    assert "Деньги" in (await client.get("/people")).text


async def test_a_required_second_factor_at_the_login(
    people_app: FastAPI, client: httpx.AsyncClient, database: Database, clock: FakeClock
) -> None:
    await log_in(client, "anna")
    boris = await person(database, "boris")
    await client.post(
        f"/people/{boris.id}",
        data={
            "_csrf": await csrf(client), "name": "Борис", "role": "operator", "capacity": "5",
            "second": "true",
        },
    )  # fmt: skip
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(people_app), base_url="http://okno.test",
        headers={"accept": "text/html"},
    ) as other:  # fmt: skip
        asked = await log_in(other, "boris", next="/inbox")
        assert asked.headers["location"].startswith("/login/code?next=%2Finbox")
        assert (await other.get("/inbox")).status_code == 303
        form = (await other.get("/login/code")).text
        assert "<svg" in form
        secret = re.search(r"<b>([A-Z2-7]{32})</b>", form)
        assert secret is not None
        wrong = await other.post("/login/code", data={"code": "123", "next": "/inbox"})
        assert "Код не подошёл" in wrong.text
        code = pyotp.TOTP(secret[1]).at(clock.now())
        right = await other.post("/login/code", data={"code": code, "next": "/inbox"})
        assert right.headers["location"] == "/inbox"
        assert (await other.get("/inbox")).status_code == 200
        await other.post("/logout", data={"_csrf": await csrf(other)})
        await log_in(other, "boris")
        # Set up once, the secret is never shown again.
        assert secret[1] not in (await other.get("/login/code")).text


async def test_every_route_is_for_administrators_only(
    people_app: FastAPI, client: httpx.AsyncClient
) -> None:
    tried = 0
    for login in ("olga", "petr"):
        await log_in(client, login)
        headers = {"x-csrf-token": await csrf(client)}
        for route in iter_route_contexts(people_app.routes):
            path = str(route.path)
            if not isinstance(route.original_route, APIRoute) or not path.startswith(
                ("/people", "/groups", "/audit")
            ):
                continue
            path = path.replace("{person_id}", "1").replace("{act}", "off")
            for method in route.methods or ():
                refused = await client.request(method, path, headers=headers)
                assert refused.status_code == 403, path
                tried += 1
        await client.post("/logout", headers=headers)
    assert tried == 12
