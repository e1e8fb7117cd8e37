"""What the page shows: only what was really sent, nothing twice, nothing missed, nothing of
the staff's own."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete

from conversations.events import Events
from conversations.models import Author, Conversation, Event, Turn
from conversations.service import lock, record
from media.store import MediaStore
from replies import Button, File, FileKind, Reply
from storage.database import Database
from tests.bots.web_chat.conftest import Answer, Customer, Deliver, conversation_of
from tests.conftest import FakeClock


async def test_an_answer_is_shown_once_it_is_sent(
    customer: Customer, answer: Answer, deliver: Deliver, clock: FakeClock
) -> None:
    await customer.say("тарифы")
    buttons = (Button("Меню", "menu"), Button("Сайт", url="https://pay.example"))
    number = await answer(Reply("Тариф **5,47**", buttons))
    assert await customer.texts() == ["тарифы"]
    await deliver()
    page = await customer.history()
    question, shown = page["messages"]
    assert question["author"] == "customer"
    assert shown == {
        "id": number,
        "author": "assistant",
        "time": clock.now().isoformat(timespec="seconds"),
        "parts": [
            {
                "html": "<p>Тариф <strong>5,47</strong></p>",
                "markup": "web_html",
                "rows": [
                    [
                        {"label": "Меню", "action": "menu", "url": ""},
                        {"label": "Сайт", "action": "", "url": "https://pay.example"},
                    ]
                ],
            }
        ],
    }


async def test_a_long_answer_is_shown_in_its_parts_and_order(
    customer: Customer, answer: Answer, deliver: Deliver
) -> None:
    await customer.say("всё")
    long = "\n\n".join(f"{number} " + "слово " * 2_000 for number in range(4))
    await answer(long)
    await answer("и ещё")
    await deliver()
    _, first, second = (await customer.history())["messages"]
    assert len(first["parts"]) > 1
    text = "".join(part["html"] for part in first["parts"])
    assert [text.index(f"<p>{number} ") for number in range(4)] == sorted(
        text.index(f"<p>{number} ") for number in range(4)
    )
    assert second["parts"][0]["html"] == "<p>и ещё</p>"


async def test_the_page_learns_its_own_key(customer: Customer) -> None:
    await customer.say("привет", "0b5e1c52-7d64-4e0a")
    assert (await customer.history())["messages"][0]["key"] == "0b5e1c52-7d64-4e0a"


async def test_notes_and_system_lines_are_the_staffs(
    customer: Customer, database: Database, events: Events, answer: Answer, deliver: Deliver
) -> None:
    await customer.say("оператор")
    conversation = await conversation_of(database)
    position = (await customer.history())["position"]
    async with database.write() as tx:
        locked = (await lock(tx, [conversation.id]))[conversation.id]
        await record(tx, events, locked, "Взял диалог")
        await record(tx, events, locked, "грубит", author=Author.OPERATOR, staff_id=None)
    await answer("Здравствуйте!", Author.OPERATOR)
    await deliver()
    assert await customer.texts() == ["оператор", "<p>Здравствуйте!</p>"]
    changed = await customer.history(after=position)
    assert [message["author"] for message in changed["messages"]] == ["operator"]


async def test_another_visitors_conversation_is_never_seen(
    customer: Customer, stranger: Customer, answer: Answer, deliver: Deliver
) -> None:
    await stranger.begin()
    await stranger.say("мой счёт 123")
    await customer.say("чужой")
    await answer("ответ")
    await deliver()
    assert await stranger.texts() == ["мой счёт 123"]
    assert [m.get("text") for m in (await stranger.history(after=0))["messages"]] == [
        "мой счёт 123"
    ]


async def test_after_any_gap_exactly_what_was_missed_comes(
    customer: Customer, answer: Answer, deliver: Deliver
) -> None:
    start = (await customer.history())["position"]
    await customer.say("один")
    late = await answer("отправлен позже")
    await customer.say("два")
    page = await customer.history(after=start)
    assert [m.get("text") for m in page["messages"]] == ["один", "два"]
    await deliver()
    # Its number is smaller than that of what is shown already.
    page = await customer.history(after=page["position"])
    assert [m["id"] for m in page["messages"]] == [late]
    assert page["reset"] is False
    page = await customer.history(after=page["position"])
    assert page["messages"] == []


async def test_the_first_answer_is_news_to_one_who_was_not_known(
    stranger: Customer, answer: Answer, deliver: Deliver
) -> None:
    before = await stranger.history()
    assert before["known"] is False
    await stranger.begin()
    await stranger.say("привет")
    await answer("здравствуйте")
    await deliver()
    page = await stranger.history(after=before["position"])
    assert (len(page["messages"]), page["reset"]) == (2, False)


async def test_what_can_no_longer_be_told_starts_the_page_again(
    customer: Customer, database: Database
) -> None:
    await customer.say("один")
    await customer.say("два")
    await customer.say("три")
    async with database.write() as tx:
        await tx.session.execute(delete(Event).where(Event.id <= 2))
    page = await customer.history(after=1)
    assert page["reset"] is True
    assert [m["text"] for m in page["messages"]] == ["один", "два", "три"]
    assert (await customer.history(after=2))["reset"] is False
    # A number from another database.
    assert (await customer.history(after=10_000))["reset"] is True


async def test_older_messages_come_page_by_page(customer: Customer, clock: FakeClock) -> None:
    for number in range(95):
        clock.advance(seconds=5)
        await customer.say(str(number))
    shown: list[str] = []
    page = await customer.history()
    pages = 1
    while True:
        shown = [message["text"] for message in page["messages"]] + shown
        if not page["more"]:
            break
        page = await customer.history(before=page["messages"][0]["id"])
        pages += 1
    assert shown == [str(number) for number in range(95)]
    assert pages == 3


@pytest.mark.parametrize("turn", list(Turn))
async def test_the_page_knows_whose_turn_it_is_and_whether_an_answer_is_made(
    customer: Customer, database: Database, turn: Turn
) -> None:
    await customer.say("привет")
    async with database.write() as tx:
        conversation = await tx.session.get(Conversation, 1)
        assert conversation is not None
        conversation.turn = turn
    page = await customer.history()
    assert (page["turn"], page["busy"]) == (turn, turn is not Turn.OPERATOR)
    async with database.write() as tx:
        conversation = await tx.session.get(Conversation, 1)
        assert conversation is not None
        conversation.handle_at = None
    assert (await customer.history())["busy"] is False


async def test_nothing_of_it_stays_in_a_cache(customer: Customer) -> None:
    response = await customer.http.get("/chat/history")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["after=x", "after=-1", f"before={2**64}"])
async def test_a_wrong_number_is_a_mistake_of_the_caller(customer: Customer, query: str) -> None:
    assert (await customer.http.get(f"/chat/history?{query}")).status_code == 422


async def test_a_picture_and_a_document_come_with_links_of_their_own(
    customer: Customer, answer: Answer, deliver: Deliver, media: MediaStore, app: FastAPI
) -> None:
    await customer.say("квитанция")
    png = b"\x89PNG\r\n\x1a\n..."
    qr = File(FileKind.PICTURE, await media.put(png), "qr.png", "QR-код для оплаты")
    pdf = File(FileKind.DOCUMENT, await media.put(b"%PDF-1.7"), "Справка.pdf", "Справка")
    await answer(Reply("К оплате", files=(qr, pdf)))
    await deliver()
    _, shown = (await customer.history())["messages"]
    first, second = shown["parts"]
    assert (first["html"], first["file"]["alt"]) == ("<p>К оплате</p>", "QR-код для оплаты")
    assert second["file"]["name"] == "Справка.pdf"
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as browser:
        picture = await browser.get(first["file"]["url"])
    assert picture.content == png
    assert picture.headers["x-content-type-options"] == "nosniff"
