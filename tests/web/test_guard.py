import json

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from staff.service import StaffService
from tests.web.conftest import csrf_of, log_in

HTMX = {"hx-request": "true", "hx-current-url": "http://okno.test/inbox?view=mine"}
OPEN = {"/login", "/login/code"}


async def test_every_page_but_the_login_asks_who_one_is(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    asked = 0
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute) or route.path in OPEN:
            continue
        for method in route.methods or ():
            answer = await client.request(method, str(route.path))
            assert answer.status_code == 303, route.path
            assert answer.headers["location"].startswith("/login?"), route.path
            asked += 1
    assert asked > 8


async def test_unsent_form_comes_back_to_its_page(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/inbox", data={"text": "ответ"}, headers={"referer": "http://okno.test/inbox/7"}
    )
    assert answer.headers["location"] == "/login?next=%2Finbox%2F7&unsent=1"
    assert "data-unsent" in (await client.get(answer.headers["location"])).text


async def test_open_page_is_told_that_the_login_is_over_and_takes_over_the_next(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/inbox", headers=HTMX)
    assert answer.status_code == 401
    assert "hx-redirect" not in answer.headers  # whether it stays is the page's to say
    as_json = {"accept": "application/json"}
    assert (await client.get("/staff/session", headers=as_json)).status_code == 401
    for login in ("olga", "petr"):
        await log_in(client, login)
        now = await client.get("/staff/session", headers=as_json)
        assert now.headers["cache-control"] == "no-store"
        assert now.json()["login"] == login
        sent = await client.post("/inbox", headers={"x-csrf-token": now.json()["csrf"]})
        assert sent.status_code == (204 if login == "olga" else 403)
    assert "Вы вошли" in (await client.get("/login/done")).text


async def test_program_gets_401(client: httpx.AsyncClient) -> None:
    answer = await client.get("/staff/events", headers={"accept": "text/event-stream"})
    assert answer.status_code == 401


async def test_wrong_role_is_told_so(client: httpx.AsyncClient) -> None:
    await log_in(client, "petr")
    answer = await client.get("/inbox")
    assert answer.status_code == 403
    assert '<a class="btn btn-primary" href="/kb">На главную</a>' in answer.text
    assert "Эта страница не для Вашей роли" in answer.text
    assert "Здравствуйте" not in answer.text
    notice = await client.get("/inbox", headers=HTMX)
    assert notice.status_code == 403
    assert json.loads(notice.headers["hx-trigger"])["okno:notice"]["kind"] == "trouble"


async def test_administrator_sees_only_what_names_him(client: httpx.AsyncClient) -> None:
    await log_in(client, "anna")
    assert (await client.get("/inbox")).status_code == 403


async def test_revoked_session_is_out_at_once(
    client: httpx.AsyncClient, staff: StaffService
) -> None:
    await log_in(client)
    assert (await client.get("/inbox")).status_code == 200
    await staff.set_active("olga", False)
    assert (await client.get("/inbox")).status_code == 303


async def test_made_up_cookie_is_nobody(client: httpx.AsyncClient) -> None:
    client.cookies.set("okno_staff", "x" * 43)
    assert (await client.get("/inbox")).status_code == 303


async def test_navigation_shows_the_parts_of_the_role(client: httpx.AsyncClient) -> None:
    await log_in(client)
    html = (await client.get("/inbox")).text
    assert '<a href="/inbox" aria-current="page">' in html
    assert 'href="/kb"' not in html


async def test_names_are_escaped(client: httpx.AsyncClient) -> None:
    await log_in(client, "petr")
    html = (await client.get("/profile")).text
    assert "Пётр &lt;i&gt;" in html
    assert "<i>" not in html


async def test_form_with_its_token_is_taken(client: httpx.AsyncClient) -> None:
    await log_in(client)
    csrf = csrf_of((await client.get("/inbox")).text)
    answer = await client.post("/inbox", data={"_csrf": csrf, "text": "ответ"})
    assert answer.status_code == 204
    notice = json.loads(answer.headers["hx-trigger"])["okno:notice"]
    assert notice["text"] == "Записано: ответ"
    with_file = await client.post(
        "/inbox", files={"photo": ("a.png", b"x")}, data={"_csrf": csrf, "text": "ответ"}
    )
    assert with_file.status_code == 204


async def test_htmx_carries_the_token_in_a_header(client: httpx.AsyncClient) -> None:
    await log_in(client)
    html = (await client.get("/inbox")).text
    csrf = csrf_of(html)
    assert f"{{&#34;X-CSRF-Token&#34;: &#34;{csrf}&#34;}}" in html
    answer = await client.post("/inbox", headers=HTMX | {"x-csrf-token": csrf})
    assert answer.status_code == 204


async def test_without_the_token_nothing_is_done(client: httpx.AsyncClient) -> None:
    await log_in(client)
    attempts: list[tuple[dict[bytes, bytes], dict[str, str]]] = [
        ({}, {}),
        ({}, {"_csrf": ""}),
        ({}, {"_csrf": "чужой"}),
        ({b"x-csrf-token": b"other"}, {}),
        ({b"x-csrf-token": "ж".encode()}, {}),
    ]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for headers, form in attempts:
            answer = await client.request(method, "/inbox/any-method", data=form, headers=headers)
            assert answer.status_code == 419, (method, headers, form)
            assert "Страница устарела" in answer.text


async def test_token_of_another_session_is_stale(client: httpx.AsyncClient) -> None:
    await log_in(client)
    former = csrf_of((await client.get("/inbox")).text)
    await log_in(client)
    page = await client.post(
        "/inbox", data={"_csrf": former}, headers={"referer": "http://okno.test/inbox/7"}
    )
    assert page.status_code == 419
    assert "введённое сохранится" in page.text
    assert 'href="/inbox/7"' in page.text
    assert "data-unsent" in page.text
    piece = await client.post("/inbox", headers=HTMX | {"x-csrf-token": former})
    assert piece.status_code == 419
    assert json.loads(piece.headers["hx-trigger"])["okno:notice"]["stale"] is True
