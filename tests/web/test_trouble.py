import json

import httpx

from tests.web.conftest import log_in


async def test_unknown_page_is_answered_in_words(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.text


async def test_program_gets_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"accept": "application/json"})
    assert answer.json() == {"error": "Такой страницы нет"}


async def test_broken_page_tells_nothing_of_the_inside(client: httpx.AsyncClient) -> None:
    await log_in(client)
    answer = await client.get("/inbox/broken")
    assert answer.status_code == 500
    assert "У нас что-то сломалось" in answer.text
    assert "секрет" not in answer.text
    assert "RuntimeError" not in answer.text
    notice = await client.get("/inbox/broken", headers={"hx-request": "true"})
    assert notice.text == ""
    assert "сломалось" in json.loads(notice.headers["hx-trigger"])["okno:notice"]["text"]


async def test_way_back_stays_on_this_site(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"referer": "https://evil.example//x.example/a"})
    assert 'href="/"' in answer.text
    assert "evil" not in answer.text


async def test_nonsense_number_is_no_crash(client: httpx.AsyncClient) -> None:
    await log_in(client)
    for after in ("-1", "abc", "1" * 30):
        answer = await client.get("/staff/events", params={"after": after})
        assert answer.status_code == 422
        assert "Не всё заполнено верно" in answer.text
