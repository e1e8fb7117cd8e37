"""The inbox's pages and pieces through the real application."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import update

from conversations.models import Delivery, Message
from conversations.service import mark_unreachable
from handoff.models import HandoffState
from handoff.steps import Operator
from staff.service import StaffService
from tests.handoff.conftest import House
from tests.handoff.inbox import PASSWORD, hub_of, inbox_app, staff_of
from tests.web.conftest import csrf_of
from web.hub import EventHub

HTMX = {"hx-request": "true"}
KEY = "k" * 16


@pytest.fixture
async def staff(house: House) -> AsyncIterator[StaffService]:
    staff = await staff_of(house)
    yield staff
    staff.close()


@pytest.fixture
async def olga(staff: StaffService) -> Operator:
    return Operator(1, "Ольга")


@pytest.fixture
async def ivan(staff: StaffService) -> Operator:
    return Operator(2, "Иван")


@pytest.fixture
async def hub(house: House) -> AsyncIterator[EventHub]:
    hub = hub_of(house)
    await hub.start()
    yield hub
    await hub.close()


@pytest.fixture
def confirmed() -> set[int]:
    """Contacts whose identity is confirmed."""
    return set()


@pytest.fixture
def app(house: House, staff: StaffService, hub: EventHub, confirmed: set[int]) -> FastAPI:
    return inbox_app(house, staff, hub, confirmed)


@dataclass
class Browser:
    """Somebody's logged-in browser."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def text(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200
        return answer.text

    async def press(self, path: str, **form: str | list[str]) -> httpx.Response:
        """As htmx does it."""
        return await self.client.post(path, data=form, headers=HTMX | {"x-csrf-token": self.csrf})

    async def say(
        self, handoff: int, text: str, key: str = KEY, **form: str | list[str]
    ) -> httpx.Response:
        return await self.press(f"/inbox/{handoff}/say", text=text, key=key, **form)


async def browser(app: FastAPI, login: str) -> Browser:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.7", 1234))
    client = httpx.AsyncClient(
        transport=transport, base_url="http://okno.test", headers={"accept": "text/html"}
    )
    await client.post("/login", data={"login": login, "password": PASSWORD, "next": ""})
    return Browser(client, csrf_of((await client.get("/profile")).text))


@pytest.fixture
async def page(app: FastAPI) -> AsyncIterator[Browser]:
    """Ольга's."""
    page = await browser(app, "olga")
    yield page
    await page.client.aclose()


@pytest.fixture
async def other(app: FastAPI) -> AsyncIterator[Browser]:
    """Иван's."""
    page = await browser(app, "ivan")
    yield page
    await page.client.aclose()


def notice(answer: httpx.Response) -> str:
    told: str = json.loads(answer.headers["hx-trigger"])["okno:notice"]["text"]
    return told


def standing(html: str) -> str:
    found = re.search(r'data-standing="(\w+)"', html)
    assert found is not None
    return found[1]


async def test_the_list_shows_who_waits(house: House, page: Browser) -> None:
    await house.waiting("1", "Анна <b>Вторая</b>", reason="flow_failed",
                        summary={"topic": "faq/penalty"})  # fmt: skip
    house.clock.advance(minutes=11)
    await house.waiting("2", "Пётр", danger=True, reason="danger")
    html = await page.text("/inbox")
    assert "Анна &lt;b&gt;Вторая&lt;/b&gt;" in html
    assert "<b>Вторая" not in html
    for words in ("Не получилось с ботом", "Пени", "4 мин", "ib-soon", "позовите человека",
                  "Опасность для жизни", 'data-waiting="2"'):  # fmt: skip
        assert words in html
    assert html.index("Пётр") < html.index("Анна")


async def test_an_empty_queue_says_so(house: House, page: Browser) -> None:
    assert "Новый разговор появится здесь сам" in await page.text("/inbox")
    house.clock.advance(hours=8)
    assert "Сейчас не рабочее время: пн–пт 8:00–17:00" in await page.text("/inbox")
    assert "По запросу «&lt;i&gt;» ничего нет" in await page.text("/inbox?q=<i>")


async def test_a_conversation_shows_everything_and_runs_nothing(
    house: House, page: Browser
) -> None:
    conversation = await house.customer("<script>alert(1)</script> & *не жирно*", name="Анна")
    async with house.database.write() as tx:
        found = {"intent": "faq/penalty", "confidence": 0.834}
        await tx.session.execute(update(Message).values(understanding=found))
    first = await house.request(
        conversation, summary={"topic": "faq/penalty", "flow": "reading", "number": "<4400>"}
    )
    html = await page.text(f"/inbox/{first}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; *не жирно*" in html
    assert "<script>alert" not in html
    for words in ("Пени, 83 %", "Передача показаний", "Лицевой счёт", "&lt;4400&gt;",
                  "Клиент попросил", "Личность не подтверждена"):  # fmt: skip
        assert words in html
    assert standing(html) == "free"


async def test_accounts_are_shown_only_to_a_confirmed_customer(
    house: House, page: Browser, confirmed: set[int]
) -> None:
    conversation = await house.customer("долг", name="Анна")
    first = await house.request(conversation)
    assert "440012345678" not in await page.text(f"/inbox/{first}/customer")
    confirmed.add((await house.conversation(conversation)).contact_id)
    html = await page.text(f"/inbox/{first}/customer")
    for words in ("440012345678", "Долг 1 234,56 ₽", "Ковалёва Мария Игоревна", "4 512 от"):
        assert words in html
    assert "Личность не подтверждена" not in html


async def test_of_two_who_press_take_the_loser_sees_who_has_it(
    house: House, page: Browser, other: Browser
) -> None:
    first = await house.waiting()
    assert (await page.press(f"/inbox/{first}/take")).status_code == 204
    lost = await other.press(f"/inbox/{first}/take")
    assert lost.status_code == 409
    assert "отвечает Ольга" in notice(lost)
    seen = await other.text(f"/inbox/{first}/news?after=0")
    assert standing(seen) == "other"
    assert "Забрать себе" in seen
    assert standing(await page.text(f"/inbox/{first}")) == "mine"


async def test_taking_over_names_whom_it_is_taken_from(
    house: House, page: Browser, other: Browser, olga: Operator
) -> None:
    first = await house.waiting()
    await page.press(f"/inbox/{first}/take")
    taken = await other.press(f"/inbox/{first}/take", instead_of=str(olga.id))
    assert taken.status_code == 204
    answer = await page.say(first, "Готово")
    assert answer.status_code == 409
    assert notice(answer) == "Разговор уже взят: отвечает Иван. Ваш текст остался на месте."


async def test_an_answer_is_sent_once_and_shown_with_its_mark(house: House, page: Browser) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    for _ in range(3):
        assert (await page.say(first, "Здравствуйте! <b>\n1. шаг")).status_code == 204
    assert len(await house.sent(conversation)) == 1
    html = await page.text(f"/inbox/{first}/news?after=1")
    assert "Здравствуйте! &lt;b&gt;\n1. шаг" in html
    assert "Вам отвечает Ольга." in html
    assert "отправляется" in html
    async with house.database.write() as tx:
        await tx.session.execute(update(Delivery).values(state="failed", error="<oops>"))
    html = await page.text(f"/inbox/{first}")
    assert "не доставлено: мессенджер не принял" in html
    assert 'title="&lt;oops&gt;"' in html


async def test_a_note_stays_inside(house: House, page: Browser) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    assert (await page.say(first, "проверить", mode="note")).status_code == 204
    assert await house.sent(conversation) == []
    assert "проверить" in await page.text(f"/inbox/{first}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Напишите текст."),
        (" \n ", "Напишите текст."),
        ("а" * 4001, "Слишком длинно: можно до 4000 знаков. Разделите на части."),
    ],
)
async def test_what_cannot_be_sent_is_said(
    house: House, page: Browser, text: str, words: str
) -> None:
    first = await house.waiting()
    answer = await page.say(first, text)
    assert (answer.status_code, notice(answer)) == (409, words)


async def test_a_line_without_a_proper_key_is_refused(house: House, page: Browser) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    assert (await page.say(first, "ау", key="")).status_code == 422
    assert (await page.say(first, "ау", key="k' OR 1=1 --      ")).status_code == 422
    assert (await page.say(first, "ау", mode="shout")).status_code == 422
    assert await house.sent(conversation) == []


async def test_answering_into_a_closed_conversation_keeps_the_text(
    house: House, page: Browser, olga: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.take(first, olga)
    assert (await page.press(f"/inbox/{first}/close")).status_code == 204
    answer = await page.say(first, "ещё одно")
    assert answer.status_code == 409
    assert notice(answer) == "Разговор уже закрыт. Ваш текст остался на месте."
    html = await page.text(f"/inbox/{first}")
    assert standing(html) == "closed"
    assert "Закрыт оператором сегодня" in html


async def test_a_customer_who_came_back_is_pointed_at(
    house: House, page: Browser, olga: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.take(first, olga)
    await house.service.desk.close(first, olga)
    second = await house.request(conversation)
    assert f'data-open="{second}"' in await page.text(f"/inbox/{first}")
    assert "data-open" not in await page.text(f"/inbox/{second}")


async def test_a_customer_who_blocked_the_bot(house: House, page: Browser) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    async with house.database.write() as tx:
        await mark_unreachable(tx, conversation, "blocked")
    answer = await page.say(first, "ау")
    assert "Клиент остановил бота" in notice(answer)
    assert "Недоступен" in await page.text("/inbox")
    assert "Клиент остановил бота" in await page.text(f"/inbox/{first}")


async def test_buttons_do_what_they_say(house: House, page: Browser) -> None:
    first = await house.waiting("1")
    await page.press(f"/inbox/{first}/take")
    assert (await page.press(f"/inbox/{first}/no-answer")).status_code == 204
    assert (await house.stay(first)).next_due_at is None
    assert (await page.press(f"/inbox/{first}/return")).status_code == 204
    assert (await house.stay(first)).close_reason == "returned"
    again = await page.press(f"/inbox/{first}/return")
    assert (again.status_code, "уже закрыт" in notice(again)) == (409, True)


async def test_a_plain_form_works_without_scripts(house: House, page: Browser) -> None:
    first = await house.waiting()
    form = {"text": "Здравствуйте", "key": KEY, "_csrf": page.csrf}
    answer = await page.client.post(f"/inbox/{first}/say", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/inbox/{first}")
    refused = await page.client.post(f"/inbox/{first}/say", data=form | {"text": "Другое"})
    assert refused.status_code == 409
    assert "уже ушло в прежнем виде" in refused.text


async def test_news_are_what_came_and_what_changed(
    house: House, page: Browser, olga: Operator
) -> None:
    conversation = await house.customer("первое")
    first = await house.request(conversation)
    for number in range(8):
        await house.customer(f"строка {number}")
    stranger = await house.customer("чужое", chat="99")
    assert stranger != conversation
    html = await page.text(f"/inbox/{first}/news?after=7&changed=1,10,x,999999999999999999999")
    shown = [int(one) for one in re.findall(r'id="m-(\d+)"', html)]
    # The asked one, the last few before (what was understood may be new), and what came after.
    assert shown == [1, 4, 5, 6, 7, 8, 9]
    assert "чужое" not in html
    assert standing(html) == "free"


async def test_older_lines_come_page_by_page(house: House, page: Browser) -> None:
    for number in range(95):
        conversation = await house.customer(f"строка {number}")
    first = await house.request(conversation)

    async def ids(path: str) -> list[int]:
        return [int(one) for one in re.findall(r'id="m-(\d+)"', await page.text(path))]

    newest = await ids(f"/inbox/{first}")
    middle = await ids(f"/inbox/{first}/older?before={newest[0]}")
    oldest = await ids(f"/inbox/{first}/older?before={middle[0]}")
    assert [len(newest), len(middle), len(oldest)] == [40, 40, 15]
    assert oldest + middle + newest == sorted(oldest + middle + newest)
    assert "ib-older" not in await page.text(f"/inbox/{first}/older?before={middle[0]}")


async def test_lines_are_parted_by_days(house: House, page: Browser) -> None:
    house.clock.advance(days=-1)
    await house.customer("вчерашнее")
    house.clock.advance(days=1)
    conversation = await house.customer("сегодняшнее")
    html = await page.text(f"/inbox/{await house.request(conversation)}")
    assert html.index("вчера</span>") < html.index("вчерашнее</p>")
    assert html.index("сегодня</span>") > html.index("вчерашнее</p>")
    assert html.index("сегодня</span>") < html.index("сегодняшнее</p>")


async def test_the_piece_of_the_list_follows_tab_search_and_open(
    house: House, page: Browser, olga: Operator
) -> None:
    mine = await house.waiting("1", "Пётр")
    await house.service.desk.take(mine, olga)
    await house.waiting("2", "Анна")
    html = await page.text(f"/inbox/list?tab=mine&open={mine}")
    assert "Пётр" in html
    assert "Анна" not in html
    assert 'aria-current="true"' in html
    assert f'data-conversations="{(await house.stay(mine)).conversation_id}"' in html
    assert "Анна" in await page.text("/inbox/list?tab=all&q=АНН")
    assert "<html" not in html
    first = await page.text("/inbox/list?tab=all&limit=1")
    (after,) = re.findall(r'data-after="([0-9-]+)"', first)
    rest = await page.text(f"/inbox/list?tab=all&limit=1&after={after}")
    assert {"Анна", "Пётр"} == {*re.findall("Анна|Пётр", first + rest)}
    assert "Показать ещё" not in rest


async def test_addresses_that_lead_nowhere(house: House, page: Browser) -> None:
    assert (await page.get("/inbox/77")).status_code == 404
    assert (await page.get("/inbox/77/news?after=0")).status_code == 404
    assert (await page.press("/inbox/77/take")).status_code == 404
    for path in ("/inbox/0", f"/inbox/{2**63}", "/inbox/x"):
        assert (await page.get(path)).status_code == 404, path
    for path in ("/inbox?tab=everything", "/inbox/list?limit=100000", f"/inbox?q={'я' * 101}"):
        assert (await page.get(path)).status_code == 422, path


async def test_no_route_is_open_to_others(house: House, app: FastAPI) -> None:
    first = await house.waiting()
    editor = await browser(app, "petr")
    stranger = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://okno.test")
    tried = 0
    for route in iter_route_contexts(app.routes):
        path = str(route.path)
        if not isinstance(route.original_route, APIRoute) or not path.startswith("/inbox"):
            continue
        path = (
            path.replace("{handoff_id}", str(first))
            .replace("{reply_id}", "1")
            .replace("{step}", "warn")
        )
        for method in route.methods or ():
            headers = {"x-csrf-token": editor.csrf}
            refused = await editor.client.request(method, path, headers=headers)
            assert refused.status_code == 403, path
            assert (await stranger.request(method, path)).status_code == 401, path
            tried += 1
    assert tried >= 26
    assert (await house.stay(first)).state == HandoffState.WAITING
    await editor.client.aclose()
    await stranger.aclose()


async def test_a_lost_token_changes_nothing(house: House, page: Browser) -> None:
    first = await house.waiting()
    page.csrf = "stale"
    answer = await page.say(first, "Здравствуйте")
    assert answer.status_code == 419
    assert "введённое сохранится" in notice(answer)
    assert (await house.stay(first)).state == HandoffState.WAITING
