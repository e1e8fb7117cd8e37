"""One event of each kind, as each platform's documentation shows it; and what strangers make of
them.

A mutation takes one place of an event and leaves it out, or puts something else there: another
type, a huge number, a thousand signs, deep nesting, a lone surrogate, signs that turn the text.
"""

import copy
import random
from collections.abc import Iterator
from typing import Any

Event = dict[str, Any]
MOMENT = 1_795_000_000

_USER = {"id": 77, "is_bot": False, "first_name": "Анна", "language_code": "ru"}
_CHAT = {"id": 77, "type": "private", "first_name": "Анна"}


def _telegram(**content: Any) -> Event:
    message = {"message_id": 5, "date": MOMENT, "chat": _CHAT, "from": _USER, **content}
    return {"update_id": 1001, "message": message}


_TELEGRAM: list[Event] = [
    _telegram(text="привет"),
    _telegram(text="/start a_1", entities=[{"type": "bot_command", "offset": 0, "length": 6}]),
    _telegram(contact={"phone_number": "+79161234567", "first_name": "А", "user_id": 77}),
    _telegram(
        caption="счётчик", media_group_id="9",
        photo=[{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9, "file_size": 99}],
    ),
    _telegram(text="да", reply_to_message={"message_id": 4, "date": 1, "chat": _CHAT, "text": "?"}),
    {"update_id": 1002, "edited_message": {"message_id": 5, "date": MOMENT, "chat": _CHAT,
     "edit_date": MOMENT + 9, "from": _USER, "text": "иначе"}},
    {"update_id": 1003, "callback_query": {"id": "p", "from": _USER, "chat_instance": "1",
     "data": "menu:money", "message": {"message_id": 1, "date": 1, "chat": _CHAT}}},
]  # fmt: skip


def _vk(kind: str, value: Any) -> Event:
    return {"type": kind, "object": value, "group_id": 7, "event_id": "e1", "v": "5.199"}


_VK_MESSAGE = {
    "id": 10, "date": MOMENT, "peer_id": 77, "from_id": 77, "text": "[id1|Анна] &lt;привет&gt;",
    "conversation_message_id": 1, "random_id": 0, "out": 0, "version": 1, "fwd_messages": [],
    "payload": '{"action": "menu:money"}', "ref": "a",
    "attachments": [{"type": "photo", "photo": {"sizes": [
        {"url": "https://sun9-1.userapi.com/a.jpg", "width": 9, "height": 9}]}}],
}  # fmt: skip
_VK: list[Event] = [
    _vk("message_new", {"message": {**_VK_MESSAGE, "payload": None}, "client_info": {}}),
    _vk("message_new", {"message": {**_VK_MESSAGE, "attachments": [], "fwd_messages": [
        {"text": "было"}]}, "client_info": {}}),
    _vk("message_edit", {**_VK_MESSAGE, "update_time": MOMENT + 1}),
    _vk("message_event", {"user_id": 77, "peer_id": 77, "event_id": "p", "payload": {
        "action": "menu:money", "label": "Деньги"}, "conversation_message_id": 3}),
    _vk("message_deny", {"user_id": 77}),
    _vk("message_read", {"from_id": 77, "peer_id": 77, "read_message_id": 3}),
    _vk("message_reply", {**_VK_MESSAGE, "from_id": -7, "admin_author_id": 5, "out": 1}),
]  # fmt: skip


def _viber(kind: str, **fields: Any) -> Event:
    return {"event": kind, "timestamp": MOMENT * 1000, "message_token": 5_000, **fields}


_SENDER = {"id": "01234567890A=", "name": "Анна", "language": "ru", "api_version": 10}
_VIBER: list[Event] = [
    _viber("message", sender=_SENDER, message={"type": "text", "text": "привет", "tracking_data":
        '{"labels": {"menu:money": "Деньги"}, "context": "site"}'}),
    _viber("message", sender=_SENDER, message={"type": "picture", "text": "",
        "media": "https://dl-media.viber.com/1/a.jpg", "file_name": "a.jpg", "size": 99}),
    _viber("message", sender=_SENDER, message={"type": "contact", "contact": {
        "name": "А", "phone_number": "+79161234567"}}),
    _viber("conversation_started", type="open", context="a", subscribed=False, user=_SENDER),
    _viber("subscribed", user=_SENDER),
    _viber("unsubscribed", user_id="01234567890A="),
    _viber("failed", user_id="01234567890A=", desc="failure"),
    _viber("seen", user_id="01234567890A="),
]  # fmt: skip

_MAX_USER = {"user_id": 77, "first_name": "Анна", "last_name": "П", "is_bot": False}


def _max(kind: str, **fields: Any) -> Event:
    return {"update_type": kind, "timestamp": MOMENT * 1000, **fields}


def _max_message(text: str | None, **body: Any) -> Event:
    return {
        "sender": _MAX_USER, "timestamp": MOMENT * 1000,
        "recipient": {"chat_id": 1077, "chat_type": "dialog", "user_id": 1},
        "body": {"mid": "mid.1", "seq": 115, "text": text, **body},
    }  # fmt: skip


_MAX: list[Event] = [
    _max("message_created", user_locale="ru", message=_max_message("/menu привет")),
    _max("message_created", message=_max_message(None, attachments=[
        {"type": "image", "payload": {"photo_id": 1, "token": "t", "url": "https://i.oneme.ru/a"}},
    ])),
    _max("message_created", message=_max_message(None, attachments=[{"type": "contact", "payload": {
        "vcf_info": "BEGIN:VCARD\r\nTEL;TYPE=cell:+79161234567\r\nEND:VCARD\r\n", "hash": "0",
        "max_info": _MAX_USER}}])),
    _max("message_edited", message=_max_message("иначе")),
    _max("message_callback", callback={"timestamp": MOMENT * 1000, "callback_id": "cb", "payload":
        "menu:money", "user": _MAX_USER}, message=_max_message("?", attachments=[
            {"type": "inline_keyboard", "payload": {"buttons": [[
                {"type": "callback", "text": "Деньги", "payload": "menu:money"}]]}}])),
    _max("message_removed", message_id="mid.0001", chat_id=1077, user_id=77),
    _max("bot_started", chat_id=1077, user=_MAX_USER, payload="a"),
    _max("bot_stopped", chat_id=1077, user=_MAX_USER),
]  # fmt: skip


def _ok(kind: str, **fields: Any) -> Event:
    return {
        "webhookType": kind, "sender": {"user_id": "user:77", "name": "Анна П"},
        "recipient": {"chat_id": "chat:C4d"}, "timestamp": MOMENT * 1000, **fields,
    }  # fmt: skip


_OK: list[Event] = [
    _ok("MESSAGE_CREATED", message={"seq": 98_211_023_614_189_661, "mid": "mid:C4d.1",
        "text": "привет"}),
    _ok("MESSAGE_CREATED", message={"seq": 98_211_023_614_189_662, "mid": "mid:C4d.2",
        "attachments": [{"type": "IMAGE", "payload": {"url": "https://i.mycdn.me/a"}}]}),
    _ok("MESSAGE_CALLBACK", callbackId="cb1", payload="menu:money", mid="mid:C4d.1"),
    _ok("CHAT_SYSTEM", type="CHAT_STARTED"),
]  # fmt: skip

EVENTS: dict[str, list[Event]] = {
    "telegram": _TELEGRAM, "vk": _VK, "viber": _VIBER, "max": _MAX, "ok": _OK,
}  # fmt: skip


def _deep(levels: int) -> Any:
    value: Any = "дно"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


STRANGE: list[Any] = [
    None, True, False, 0, -1, 2**31, 2**63, 10**17, 10**400, -(2**70), 1.5, 1e308, "", " ",
    "1", "-1", "\x00", "\ud800", "\udfff\ud800", "a\u202eb\u2066c", "\u200b\u200d\ufeff",
    "я" * 30_000, "\n" * 999, [], {}, [None], [[]], [{}], {"": None}, {"type": "photo"},
    [{"type": None}], _deep(60), _deep(400),
    "9" * 5_000, "{}", '{"action": 1}', "https://127.0.0.1/", "<script>alert(1)</script>",
    "'; DROP TABLE message; --", {"$ne": None}, "1e999", "٣٤",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything inside an event."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, inner in items:
        yield from places(inner, (*path, key))


def mutated(event: Event, chance: random.Random) -> Event:
    """One to three places of it are something else."""
    strange = copy.deepcopy(event)
    for _ in range(chance.randint(1, 3)):
        ways = list(places(strange))
        if ways:
            _put(strange, chance.choice(ways), chance)
    return strange


def put(event: Any, way: tuple[Any, ...], value: Any) -> None:
    """Something else at one place of an event."""
    *above, last = way
    for key in above:
        event = event[key]
    event[last] = value


def _put(event: Any, way: tuple[Any, ...], chance: random.Random) -> None:
    *above, last = way
    for key in above:
        event = event[key]
    what = chance.random()
    if what < 0.25:
        del event[last]
    elif what < 0.35 and isinstance(event, list):
        event.extend(copy.deepcopy(event) * 50)
    else:
        event[last] = copy.deepcopy(chance.choice(STRANGE))
