"""How each kind of message looks to an operator."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from conversations import marks
from conversations.models import Author, Message, MessageKind
from dialogs.menu import label_of
from handoff.inbox import labels
from handoff.inbox.lines import By, Line, line, preview
from nlu.taxonomy import INTENTS

MOSCOW = ZoneInfo("Europe/Moscow")


def of(
    author: Author, text: str = "", kind: MessageKind = MessageKind.TEXT, *,
    delivery: marks.Mark | None = None, **fields: Any,
) -> Line:  # fmt: skip
    at = datetime(2026, 11, 18, 21, 30, tzinfo=UTC)
    data = fields.pop("data", {})
    message = Message(id=1, author=author, kind=kind, text=text, data=data, created_at=at, **fields)
    return line(
        message, delivery, zone=MOSCOW, intent_title=lambda name: {"pay": "Оплатить"}.get(name, "")
    )


def test_what_the_bot_sent_with_its_words_is_named() -> None:
    file = {"kind": "picture", "key": "0" * 64, "name": "a.png", "alt": "QR-код <на> 5 ₽"}
    shown = of(Author.ASSISTANT, "К **оплате**", data={"files": [file]})
    assert shown.html == "<p>К <strong>оплате</strong></p><p>📎 QR-код &lt;на&gt; 5 ₽</p>"


@pytest.mark.parametrize(
    ("kind", "data", "what"),
    [
        (MessageKind.TEXT, {}, ""),
        (MessageKind.PRESS, {"action": "menu"}, "Кнопка"),
        (MessageKind.COMMAND, {"command": "start", "payload": "x"}, "Команда /start"),
        (MessageKind.CONTACT, {"phone": "+79001234567", "own": True},
         "Контакт (свой): +79001234567"),
        (MessageKind.CONTACT, {"phone": "+79001234567"}, "Контакт (чужой): +79001234567"),
        (MessageKind.ATTACHMENT, {"type": "voice"}, "Голосовое сообщение"),
        (MessageKind.ATTACHMENT, {"type": "poll"}, "Вложение"),
        (MessageKind.EDITED, {}, "Исправлено"),
        (MessageKind.REMOVED, {}, "Удалено клиентом"),
        (MessageKind.REMOVED, {"type": "photo"}, "Удалено клиентом: Фото"),
        (MessageKind.STOPPED, {}, "Клиент остановил бота"),
        (MessageKind.RETURNED, {}, "Клиент снова разрешил писать"),
    ],
)  # fmt: skip
def test_what_a_customer_sent(kind: MessageKind, data: dict[str, Any], what: str) -> None:
    shown = of(Author.CUSTOMER, "слова", kind, data=data)
    assert (shown.by, shown.what, shown.text) == (By.CUSTOMER, what, "слова")


def test_the_day_is_local() -> None:
    assert of(Author.CUSTOMER, "привет").day.isoformat() == "2026-11-19"


@pytest.mark.parametrize(
    ("found", "understood"),
    [
        (None, ""),
        ({"intent": "pay", "confidence": 0.876}, "Оплатить, 88 %"),
        ({"intent": "unknown_one", "confidence": 1}, "unknown_one, 100 %"),
        ({"intent": "pay"}, "Оплатить"),
        ({"intent": "out_of_scope", "confidence": 0.96}, "Не по теме, 96 %"),
        ({"intent": ""}, ""),
    ],
)
def test_what_the_bot_understood(found: dict[str, Any] | None, understood: str) -> None:
    assert of(Author.CUSTOMER, "оплата", understanding=found).understood == understood


def test_operators_read_no_code_of_an_intent() -> None:
    assert [name for name in INTENTS if not (label_of(name) or labels.TALK_TITLES.get(name))] == []


def test_the_bots_markdown_is_shown_as_the_customer_sees_it() -> None:
    shown = of(
        Author.ASSISTANT, "**Долг** <img src=x> [счёт](javascript:alert(1))",
        data={"buttons": [{"label": "Меню", "action": "menu", "url": ""}]},
    )  # fmt: skip
    assert shown.html is not None
    assert "<strong>Долг</strong>" in shown.html
    assert "<img" not in shown.html
    assert "href" not in shown.html
    assert shown.buttons == ("Меню",)


def test_an_operators_text_is_never_markup() -> None:
    shown = of(Author.OPERATOR, "**так**", data={"name": "Ольга", "introduction": "Вам отвечает"})
    assert (shown.html, shown.text, shown.who) == (None, "**так**", "Ольга")
    assert shown.introduction == "Вам отвечает"


def test_notes_and_what_happened() -> None:
    note = of(Author.OPERATOR, "ждёт акт", MessageKind.NOTE, data={"name": "Ольга"})
    assert (note.by, note.who, note.mark) == (By.NOTE, "Ольга", None)
    assert of(Author.SYSTEM, "Ольга: разговор взят", MessageKind.NOTE).by is By.SYSTEM


@pytest.mark.parametrize(
    ("state", "error", "words", "problem"),
    [
        ("queued", None, "отправляется", ""),
        ("queued", "timeout", "отправляется", "не получилось с первого раза, повторим"),
        ("sending", None, "отправляется", ""),
        ("sent", None, "отправлено", ""),
        ("failed", "blocked by the customer", "не доставлено",
         "клиент остановил бота или удалил чат"),
        ("failed", "VK 901", "не доставлено", "клиент остановил бота или удалил чат"),
        ("failed", "VK 9011", "не доставлено", "мессенджер не принял"),
        ("failed", "ReadTimeout", "не доставлено", "мессенджер не отвечал"),
        ("failed", "Bad Request: message is too long", "не доставлено", "мессенджер не принял"),
        ("expired", None, "не отправлено: устарело", ""),
    ],
)  # fmt: skip
def test_marks_of_delivery(state: str, error: str | None, words: str, problem: str) -> None:
    delivery = marks.Mark(state, error)
    mark = of(Author.OPERATOR, "Готово", data={"name": "Ольга"}, delivery=delivery).mark
    assert mark is not None
    assert (mark.state, mark.text, mark.problem, mark.detail) == (
        state,
        words,
        problem,
        error or "",
    )


def test_what_the_customer_has_and_has_read() -> None:
    at = datetime(2026, 11, 18, 21, 31, tzinfo=UTC)
    for delivery, words in (
        (marks.Mark("sent", None, at), "доставлено"),
        (marks.Mark("sent", None, at, at), "прочитано"),
        (marks.Mark("failed", "VK 100", at, at), "не доставлено"),
    ):
        mark = of(Author.ASSISTANT, "Готово", delivery=delivery).mark
        assert mark is not None
        assert mark.text == words


def test_a_line_of_the_list() -> None:
    assert preview("text", "раз\n\n  два", {}) == "раз два"
    assert preview("attachment", "", {"type": "photo"}) == "Фото"
    assert preview("press", "Меню", {}) == "Кнопка: Меню"
