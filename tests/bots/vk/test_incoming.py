"""Every kind of event in our own terms. Pure: no database, no network."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.incoming import Incoming, Malformed, Unreadable
from bots.vk.incoming import parse_event
from conversations.models import MessageKind
from tests.fakes.vk_events import SENT_AT, Event, Numbers, Person

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


@pytest.fixture
def anna() -> Person:
    return Person(Numbers(), 77)


def seen(event: Event) -> Incoming:
    incoming = parse_event(event, 1, NOW)
    assert incoming is not None
    return incoming


def test_a_text(anna: Person) -> None:
    event = anna.message("привет")
    assert seen(event) == Incoming(
        bot_account_id=1, channel="vk", chat_id="77", external_id=event["event_id"],
        kind=MessageKind.TEXT, sent_at=datetime.fromtimestamp(SENT_AT + 1, UTC), text="привет",
        platform_no=1, order_no=1,
    )  # fmt: skip


def test_the_start_button_and_a_referral(anna: Person) -> None:
    start = seen(anna.start())
    assert start.kind is MessageKind.COMMAND
    assert start.data == {"command": "start", "payload": ""}
    referred = seen(anna.message("", ref="pay", ref_source="site"))
    assert referred.data == {"command": "start", "payload": "pay"}
    asked = seen(anna.message("сколько платить", ref="pay"))
    assert (asked.kind, asked.data) == (MessageKind.TEXT, {"ref": "pay"})


@pytest.mark.parametrize(
    "client", [{"inline_keyboard": False}, {"keyboard": False}, {"button_actions": ["text"]}]
)
def test_a_client_too_old_for_our_buttons(anna: Person, client: dict[str, Any]) -> None:
    told = seen(anna.message("привет", client))
    assert (told.kind, told.data) == (MessageKind.TEXT, {"lacks": ["buttons"]})


@pytest.mark.parametrize("client", [None, 5, {}, {"button_actions": None, "keyboard": None}])
def test_a_client_of_which_little_is_told(anna: Person, client: Any) -> None:
    event = anna.message("привет")
    event["object"]["client_info"] = client
    assert seen(event).data == {}


def test_a_press_carries_what_its_answer_needs(anna: Person) -> None:
    press = seen(anna.press({"action": "intent:balance", "label": "Сколько я должен"}, under=4))
    assert (press.kind, press.text, press.order_no) == (MessageKind.PRESS, "Сколько я должен", 4)
    assert press.data["action"] == "intent:balance"
    assert press.data["press_id"].split(" ", 1)[1] == "Сколько я должен"
    assert press.platform_no is None


@pytest.mark.parametrize("payload", ["{", "[1]", "null", '"x"', "[" * 5000, 5])
def test_a_payload_of_another_client_is_no_press(anna: Person, payload: Any) -> None:
    assert seen(anna.message("привет", payload=payload)).kind is MessageKind.TEXT


def test_a_text_button_is_a_press(anna: Person) -> None:
    press = seen(anna.message("Тарифы", payload=json.dumps({"action": "intent:faq/tariffs"})))
    assert (press.kind, press.data) == (MessageKind.PRESS, {"action": "intent:faq/tariffs"})


PHOTO = {
    "type": "photo",
    "photo": {
        "sizes": [
            {"type": "s", "url": "https://vk.example/s", "width": 75, "height": 50},
            {"type": "x", "url": "https://vk.example/x", "width": 604, "height": 400},
        ]
    },
}


@pytest.mark.parametrize(
    ("attachment", "file"),
    [
        (PHOTO, {"type": "photo", "url": "https://vk.example/x"}),
        (
            {"type": "doc", "doc": {"title": "a.pdf", "size": 12, "url": "https://vk.example/d"}},
            {"type": "document", "url": "https://vk.example/d", "name": "a.pdf", "size": 12},
        ),
        (
            {"type": "audio_message", "audio_message": {"link_ogg": "https://vk.example/o"}},
            {"type": "voice", "url": "https://vk.example/o"},
        ),
        ({"type": "sticker", "sticker": {"sticker_id": 1}}, {"type": "sticker"}),
        ({"type": "wall", "wall": {"id": 1}}, {"type": "wall"}),
        ({"type": "something_of_2030"}, {"type": "something_of_2030"}),
        ({"type": "photo", "photo": {"sizes": []}}, {"type": "photo"}),
    ],
)
def test_attachments(anna: Person, attachment: dict[str, Any], file: dict[str, Any]) -> None:
    incoming = seen(anna.message("счётчик", attachments=[attachment]))
    assert (incoming.kind, incoming.text) == (MessageKind.ATTACHMENT, "счётчик")
    assert incoming.data == {"type": file["type"], "files": [file]}


def test_a_place_on_the_map(anna: Person) -> None:
    geo = {"type": "point", "coordinates": {"latitude": 55.75, "longitude": 37.61}}
    assert seen(anna.message(geo=geo)).data["type"] == "location"


def test_a_forwarded_message_is_read(anna: Person) -> None:
    incoming = seen(anna.message(fwd_messages=[{"text": "сколько я должен"}]))
    assert (incoming.text, incoming.data) == ("сколько я должен", {"forwarded": True})


def test_what_is_passed_on_is_not_lost(anna: Person) -> None:
    """Beside one's own words, and with what hangs on it, however deep."""
    bill = {"text": "Вам начислены пени", "attachments": []}
    asked = seen(anna.message("что это?", fwd_messages=[bill]))
    assert (asked.text, asked.data) == ("что это?", {"reply_to": "Вам начислены пени"})
    photo = {"type": "photo", "photo": {"sizes": [{"url": "u", "width": 1, "height": 1}]}}
    inner = {"text": "", "attachments": [photo]}
    passed = seen(anna.message(fwd_messages=[{**bill, "fwd_messages": [inner]}]))
    assert (passed.kind, passed.text) == (MessageKind.ATTACHMENT, "Вам начислены пени")
    assert passed.data == {"type": "photo", "files": [{"type": "photo", "url": "u"}]}


def test_an_edit_has_a_version(anna: Person) -> None:
    incoming = seen(anna.edit(5, "новый"))
    assert incoming.kind is MessageKind.EDITED
    assert (incoming.platform_no, incoming.edit_version) == (5, SENT_AT + 100)


def test_permission_given_and_taken(anna: Person) -> None:
    assert seen(anna.denies()).kind is MessageKind.STOPPED
    assert seen(anna.allows()).kind is MessageKind.RETURNED


def test_escapes_and_mentions_are_undone(anna: Person) -> None:
    assert seen(anna.message("1 &lt; 2 &amp; [id5|Анна], [club7|Окно]")).text == (
        "1 < 2 & Анна, Окно"
    )


def test_what_concerns_nobody(anna: Person) -> None:
    chat = anna.message("привет", peer_id=2_000_000_001)
    ours = anna.message("привет", from_id=-7, out=1)
    for event in (chat, ours, anna.event("wall_post_new", {}), anna.event("message_read", {})):
        assert parse_event(event, 1, NOW) is None


def test_an_event_against_the_schema_is_told_from_no_concern(anna: Person) -> None:
    broken = anna.message("привет")
    del broken["object"]["message"]["peer_id"]
    with pytest.raises(Unreadable):
        parse_event(broken, 1, NOW)
    with pytest.raises(Malformed):
        parse_event({"type": "message_new"}, 1, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
FIELDS = ("message", "peer_id", "from_id", "text", "date", "attachments", "payload", "user_id",
          "conversation_message_id", "event_id", "geo", "fwd_messages", "ref")  # fmt: skip


@given(
    kind=st.sampled_from(["message_new", "message_edit", "message_event", "message_deny"]),
    value=st.dictionaries(st.sampled_from(FIELDS), JSON),
    inner=st.dictionaries(st.sampled_from(FIELDS), JSON),
)
def test_whatever_comes_is_read_or_unreadable(
    kind: str, value: dict[str, Any], inner: dict[str, Any]
) -> None:
    event = {"type": kind, "event_id": "e", "object": value | {"message": inner}}
    with contextlib.suppress(Unreadable):
        parse_event(event, 1, NOW)
