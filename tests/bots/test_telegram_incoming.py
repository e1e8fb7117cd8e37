"""Every kind of update in our own terms. Pure: no database, no network."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.incoming import Incoming, Malformed
from bots.telegram.incoming import (
    UnreadableUpdate,
    parse_update,
    read_body,
    read_object,
)
from conversations.models import MessageKind
from tests.fakes.telegram_updates import SENT_AT, Numbers, Person, Update, body_of

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


@pytest.fixture
def anna() -> Person:
    return Person(Numbers(), 77)


def read(update: Update) -> Incoming | None:
    return parse_update(read_body(body_of(update)), 1, NOW)


def seen(update: Update) -> Incoming:
    incoming = read(update)
    assert incoming is not None
    return incoming


def test_a_text(anna: Person) -> None:
    update = anna.text("привет")
    assert seen(update) == Incoming(
        bot_account_id=1,
        channel="telegram",
        chat_id="77",
        external_id="1001",
        kind=MessageKind.TEXT,
        sent_at=datetime.fromtimestamp(SENT_AT + 5, UTC),
        text="привет",
        sender_name="Анна",
        platform_no=5,
        order_no=5,
    )


@pytest.mark.parametrize(
    ("text", "command", "payload"),
    [
        ("/start", "start", ""),
        ("/start abc-1_2", "start", "abc-1_2"),
        ("/START@okno_bot  abc ", "start", "abc"),
        ("/start\nabc", "start", "abc"),
        ("/help", "help", ""),
        ("/operator", "operator", ""),
    ],
)
def test_a_command(anna: Person, text: str, command: str, payload: str) -> None:
    incoming = seen(anna.text(text))
    assert incoming.kind is MessageKind.COMMAND
    assert incoming.data == {"command": command, "payload": payload}


@pytest.mark.parametrize("text", ["/", "/ start", "\U0001f600", "   ", "<b>&amp;_*"])
def test_what_only_resembles_a_command_is_text(anna: Person, text: str) -> None:
    incoming = seen(anna.message(text=text))
    assert (incoming.kind, incoming.text) == (MessageKind.TEXT, text)


def test_an_own_contact_is_told_from_a_forwarded_one(anna: Person) -> None:
    own = seen(anna.message(contact={"phone_number": "79161234567", "first_name": "А",
                                     "user_id": 77}))  # fmt: skip
    other = seen(anna.message(contact={"phone_number": "79160000000", "first_name": "Б",
                                       "user_id": 78}))  # fmt: skip
    nobody = seen(anna.message(contact={"phone_number": "79160000001", "first_name": "В"}))
    assert own.kind is MessageKind.CONTACT
    assert own.data == {"phone": "79161234567", "own": True}
    assert [other.data["own"], nobody.data["own"]] == [False, False]


PHOTO = [{"file_id": "s", "file_unique_id": "u", "width": 90, "height": 67}]
FILE = {"file_id": "D", "file_unique_id": "u3"}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"photo": PHOTO, "caption": "счётчик"}, "photo"),
        ({"document": {**FILE, "file_name": "a.pdf"}}, "document"),
        ({"voice": {**FILE, "duration": 3}}, "voice"),
        ({"location": {"latitude": 55.75, "longitude": 37.61}}, "location"),
        ({"sticker": {**FILE, "type": "regular", "width": 1, "height": 1,
                      "is_animated": False, "is_video": False}}, "sticker"),
        ({"something_of_2030": {"a": 1}}, "unknown"),
    ],
)  # fmt: skip
def test_attachments_are_named_and_keep_their_caption(
    anna: Person, content: dict[str, Any], name: str
) -> None:
    incoming = seen(anna.message(**content))
    assert incoming.kind is MessageKind.ATTACHMENT
    assert incoming.data["type"] == name
    assert incoming.text == content.get("caption", "")


def test_what_it_replies_to_and_of_which_album_it_is(anna: Person) -> None:
    asked = anna.text("Какой у Вас счётчик?")["message"]
    reply = seen(anna.message(text="Меркурий", reply_to_message=asked))
    assert reply.data == {"reply_to": "Какой у Вас счётчик?"}
    part = {"text": "счётчик", "position": 0}
    assert seen(anna.message(text="такой", reply_to_message=asked, quote=part)).data == {
        "reply_to": "счётчик"
    }
    assert seen(anna.message(photo=PHOTO, media_group_id="13")).data["album"] == "13"


def test_what_has_a_file_says_by_what_to_ask_for_it(anna: Person) -> None:
    large = {**PHOTO[0], "file_id": "large", "file_size": 90_000}
    photo = seen(anna.message(photo=[*PHOTO, large]))
    assert photo.data["files"] == [{"type": "photo", "file_id": "large", "size": 90_000}]
    paper = seen(anna.message(document={**FILE, "file_name": "a.pdf", "file_size": 12}))
    assert paper.data["files"] == [
        {"type": "document", "file_id": "D", "name": "a.pdf", "size": 12}
    ]
    assert "files" not in seen(anna.message(dice={"emoji": "1", "value": 1})).data


def test_an_edit_has_a_version_and_no_place_of_its_own(anna: Person) -> None:
    incoming = seen(anna.edit(5, "новый текст"))
    assert incoming.kind is MessageKind.EDITED
    assert (incoming.platform_no, incoming.edit_version) == (5, SENT_AT + 100)
    assert incoming.text == "новый текст"


def test_a_press_stands_where_its_keyboard_stands(anna: Person) -> None:
    keyboard = {
        "message_id": 6, "date": SENT_AT, "chat": anna.chat, "text": "Меню",
        "reply_markup": {"inline_keyboard": [
            [{"text": "Сайт", "url": "https://example.org"}],
            [{"text": "Тарифы", "callback_data": "menu:1"}],
        ]},
    }  # fmt: skip
    update = anna.press("menu:1", keyboard)
    incoming = seen(update)
    assert incoming.kind is MessageKind.PRESS
    assert incoming.data == {"action": "menu:1", "press_id": update["callback_query"]["id"]}
    assert (incoming.text, incoming.sent_at) == ("Тарифы", NOW)
    assert (incoming.platform_no, incoming.order_no) == (None, 6)


def test_a_press_on_a_message_that_is_gone(anna: Person) -> None:
    incoming = seen(anna.press("menu:1"))
    assert (incoming.kind, incoming.text, incoming.chat_id) == (MessageKind.PRESS, "", "77")


def test_blocking_and_coming_back(anna: Person) -> None:
    kinds = [
        seen(anna.membership("member", "kicked")).kind,
        seen(anna.membership("kicked", "member")).kind,
    ]
    assert kinds == [MessageKind.STOPPED, MessageKind.RETURNED]


def test_what_concerns_nobody_here_is_confirmed_and_forgotten(anna: Person) -> None:
    group = {"id": -5, "type": "supergroup", "title": "дом"}
    talk = anna.text("привет всем")
    talk["message"]["chat"] = group
    edit = anna.edit(5, "привет")
    edit["edited_message"]["chat"] = group
    press = anna.press("a")
    press["callback_query"]["message"]["chat"] = group
    inline_press = anna.press("a")
    del inline_press["callback_query"]["message"]
    joined = anna.membership("left", "member")
    joined["my_chat_member"]["chat"] = group
    bot = anna.text("я бот")
    bot["message"]["from"]["is_bot"] = True
    pinned = anna.message(pinned_message={"message_id": 1, "date": 0, "chat": anna.chat})
    unknown = {"update_id": 5000, "an_event_of_2030": {"who": 1}}
    empty = {"update_id": 5001}
    for update in (talk, edit, press, inline_press, joined, bot, pinned, unknown, empty):
        assert read(update) is None, update


def test_nul_and_a_lone_surrogate_are_read(anna: Person) -> None:
    update = anna.text("a\x00b\ud800")
    update["message"]["from"] = {"id": 77, "is_bot": False, "first_name": "\udfff"}
    incoming = seen(update)
    assert (incoming.text, incoming.sender_name) == ("a\x00b\ud800", "\udfff")


def test_missing_fields_are_told_from_no_update_at_all(anna: Person) -> None:
    update = anna.text("привет")
    del update["message"]["date"]
    with pytest.raises(UnreadableUpdate) as caught:
        read_body(body_of(update))
    assert caught.value.update_id == update["update_id"]
    for body in (b"", b"{", b"[]", b"null", b"{}", b'{"update_id":"x"}', b"\xff\xfe",
                 b'{"message":' * 5000, b"<html>"):  # fmt: skip
        with pytest.raises(Malformed):
            read_body(body)
    with pytest.raises(Malformed):
        read_object([1])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["message_id", "date", "chat", "from", "text", "photo", "contact", "entities", "caption"]


@given(field=st.sampled_from(FIELDS), value=JSON)
def test_any_field_of_any_shape_has_a_defined_outcome(field: str, value: Any) -> None:
    update = Person(Numbers(), 77).text("привет")
    update["message"][field] = value
    with contextlib.suppress(UnreadableUpdate, Malformed):
        read(update)
