import re

import httpx
import pytest

from staff.service import StaffService
from tests.conftest import FakeClock
from tests.web.conftest import PASSWORD, csrf_of, log_in


async def test_login_leads_to_the_page_that_was_wanted(client: httpx.AsyncClient) -> None:
    asked = await client.get("/inbox?view=mine&q=%D1%82%D0%B0%D1%80%D0%B8%D1%84")
    assert asked.status_code == 303
    form = await client.get(asked.headers["location"])
    assert 'value="/inbox?view=mine&amp;q=%D1%82%D0%B0%D1%80%D0%B8%D1%84"' in form.text
    answer = await log_in(client, next="/inbox?view=mine&q=%D1%82%D0%B0%D1%80%D0%B8%D1%84")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/inbox?view=mine&q=%D1%82%D0%B0%D1%80%D0%B8%D1%84"
    assert "Здравствуйте, Ольга" in (await client.get("/inbox")).text


@pytest.mark.parametrize(("login", "home"), [("olga", "/inbox"), ("petr", "/kb")])
async def test_without_a_wish_the_role_decides(
    client: httpx.AsyncClient, login: str, home: str
) -> None:
    assert (await log_in(client, login)).headers["location"] == home


async def test_login_never_leads_to_another_site(client: httpx.AsyncClient) -> None:
    answer = await log_in(client, next="/\\evil.example/inbox")
    assert answer.headers["location"] == "/inbox"
    again = await client.get("/login", params={"next": "//evil.example"})
    assert again.headers["location"] == "/inbox"


async def test_wrong_password_keeps_the_login_and_sets_no_cookie(
    client: httpx.AsyncClient,
) -> None:
    answer = await log_in(client, 'ol"ga', password="не тот пароль", next="/inbox")
    assert answer.status_code == 422
    assert "Логин или пароль не подходит" in answer.text
    assert 'value="ol&#34;ga"' in answer.text
    assert 'name="next" value="/inbox"' in answer.text
    assert "не тот пароль" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_too_many_attempts_are_told_how_long_to_wait(
    client: httpx.AsyncClient, clock: FakeClock
) -> None:
    for _ in range(5):
        await log_in(client, password="не тот пароль")
    answer = await log_in(client)
    assert answer.status_code == 429
    assert "Попробуйте снова через 30 секунд." in answer.text
    assert answer.headers["retry-after"] == "31"
    clock.advance(seconds=30)
    assert (await log_in(client)).status_code == 303


async def test_form_from_another_site_is_refused(client: httpx.AsyncClient) -> None:
    form = {"login": "olga", "password": PASSWORD}
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://okno.test"},
    ):
        answer = await client.post("/login", data=form, headers=headers)
        assert answer.status_code == 419
        assert "set-cookie" not in answer.headers
    answer = await client.post("/login", data=form, headers={"origin": "http://okno.test"})
    assert answer.status_code == 303


async def test_cookie_over_http(client: httpx.AsyncClient) -> None:
    cookie = (await log_in(client)).headers["set-cookie"]
    assert cookie.startswith("okno_staff=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize("public_url", ["https://okno.example"])
async def test_cookie_and_headers_over_https(client: httpx.AsyncClient) -> None:
    answer = await log_in(client)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-okno_staff=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_login_makes_a_new_session_and_ends_the_former(
    client: httpx.AsyncClient, staff: StaffService
) -> None:
    await log_in(client)
    former = client.cookies["okno_staff"]
    await log_in(client, "petr")
    assert client.cookies["okno_staff"] != former
    assert await staff.session(former) is None


async def test_logout_ends_the_session(client: httpx.AsyncClient, staff: StaffService) -> None:
    await log_in(client)
    token = client.cookies["okno_staff"]
    csrf = csrf_of((await client.get("/inbox")).text)
    answer = await client.post("/logout", data={"_csrf": csrf})
    assert answer.headers["location"] == "/login"
    assert "okno_staff" not in client.cookies
    assert await staff.session(token) is None


async def test_own_password_can_be_changed(client: httpx.AsyncClient) -> None:
    await log_in(client)
    csrf = csrf_of((await client.get("/profile")).text)

    async def change(current: str, new: str, again: str) -> httpx.Response:
        form = {"_csrf": csrf, "current": current, "new": new, "again": again}
        return await client.post("/profile/password", data=form)

    for form, problem in (
        (("мимо-мимо-мимо", "совсем-новый-2", "совсем-новый-2"), "Текущий пароль не подходит"),
        ((PASSWORD, "кратко", "кратко"), "слишком короткий"),
        ((PASSWORD, "совсем-новый-2", "совсем-новый-3"), "Пароли не совпадают"),
    ):
        answer = await change(*form)
        assert answer.status_code == 422
        assert problem in answer.text
        assert form[1] not in answer.text
    answer = await change(PASSWORD, "совсем-новый-2", "совсем-новый-2")
    assert "Пароль изменён" in (await client.get(answer.headers["location"])).text
    client.cookies.clear()
    assert (await log_in(client)).status_code == 422
    assert (await log_in(client, password="совсем-новый-2")).status_code == 303


async def test_logout_everywhere(client: httpx.AsyncClient, staff: StaffService) -> None:
    elsewhere = await staff.log_in("olga", PASSWORD, address="192.0.2.9")
    await log_in(client)
    csrf = csrf_of((await client.get("/profile")).text)
    path, form = "/profile/logout-everywhere", {"_csrf": csrf}
    refused = await client.post(path, data=form | {"password": "мимо-мимо-мимо"})
    assert refused.status_code == 422
    assert "Текущий пароль не подходит" in refused.text
    assert await staff.session(elsewhere) is not None
    await client.post(path, data=form | {"password": PASSWORD})
    assert await staff.session(elsewhere) is None
    assert (await client.get("/profile")).headers["location"] == "/login?next=%2Fprofile"


async def test_own_logins_are_shown_and_any_other_can_be_ended(
    client: httpx.AsyncClient, staff: StaffService, clock: FakeClock
) -> None:
    phone = await staff.log_in(
        "olga", PASSWORD, address="2001:db8:7::9", user_agent="Android Firefox/133.0"
    )
    stranger = await staff.log_in("boris", PASSWORD, address="198.51.100.9")
    clock.advance(minutes=5)
    client.headers["user-agent"] = "(Windows NT 10.0) Chrome/131.0.0.0 Safari/537.36"
    await log_in(client)
    profile = (await client.get("/profile")).text
    assert profile.count("Завершить вход:") == 1
    present, other = profile.index("Chrome на Windows"), profile.index("<b>Firefox на Android</b>")
    assert present < profile.index("этот вход") < other
    assert "с адреса 2001:db8:7:*" in profile
    assert "2001:db8:7::9" not in profile
    assert "198.51.100" not in profile
    found = re.search(r"/profile/sessions/(\d+)/end", profile)
    assert found is not None
    form = {"_csrf": csrf_of(profile), "password": PASSWORD}
    his = await staff.session(stranger, touch=False)
    mine = await staff.session(client.cookies["okno_staff"], touch=False)
    assert his is not None
    assert mine is not None
    wrong = form | {"password": "мимо-мимо-мимо"}
    for number, given, answer in (
        (his.session_id, form, 404),
        (mine.session_id, form, 404),
        (9999, form, 404),
        (found[1], {"password": PASSWORD}, 419),
        (found[1], wrong, 422),
        (found[1], form, 303),
        (found[1], form, 404),
    ):
        assert (await staff.session(phone) is None) == (answer == 404 and number == found[1])
        answered = await client.post(f"/profile/sessions/{number}/end", data=given)
        assert answered.status_code == answer, number
        assert ("Текущий пароль не подходит" in answered.text) == (given is wrong)
    assert await staff.session(phone) is None
    assert await staff.session(stranger) is not None
    after = (await client.get("/profile?done=session")).text
    assert "Вход завершён." in after
    assert "Firefox" not in after
    await log_in(client, "anna")
    clock.advance(hours=13)  # what is over by itself is no open login
    await staff.log_in("anna", PASSWORD, address="192.0.2.9")
    await log_in(client, "anna")
    assert (await client.get("/profile")).text.count("Завершить вход:") == 1
