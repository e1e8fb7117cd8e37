"""Events as VK sends them: what a customer does in a dialog with the community."""

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Event = dict[str, Any]
GROUP_ID = 7
SENT_AT = int(time.time())  # seconds


class Numbers:
    def __init__(self) -> None:
        self.events = itertools.count(1)
        self.ids = itertools.count(10)
        self.in_chat: dict[int, Iterator[int]] = defaultdict(lambda: itertools.count(1))


class Person:
    def __init__(self, numbers: Numbers, user_id: int) -> None:
        self._numbers = numbers
        self.user_id = user_id

    def event(self, kind: str, value: Any) -> Event:
        number = next(self._numbers.events)
        return {
            "type": kind,
            "object": value,
            "group_id": GROUP_ID,
            "event_id": f"{number:040x}",
            "v": "5.199",
        }

    def message(self, text: str = "", client: dict[str, Any] | None = None, **fields: Any) -> Event:
        """``client``: what its ``client_info`` says otherwise."""
        number = next(self._numbers.in_chat[self.user_id])
        message = {
            "id": next(self._numbers.ids),
            "date": SENT_AT + number,
            "peer_id": self.user_id,
            "from_id": self.user_id,
            "text": text,
            "conversation_message_id": number,
            "random_id": 0,
            "attachments": [],
            "fwd_messages": [],
            "out": 0,
            "version": 1,
            **fields,
        }
        told = {"button_actions": ["text", "callback"], "keyboard": True, "inline_keyboard": True,
                "carousel": True, "lang_id": 0} | (client or {})  # fmt: skip
        return self.event("message_new", {"message": message, "client_info": told})

    def answered_by(self, employee: int | None, text: str, random_id: int = 0) -> Event:
        """What the community sent to this person: an employee on VK's page, or None, we."""
        number = next(self._numbers.in_chat[self.user_id])
        reply = {
            "id": next(self._numbers.ids), "date": SENT_AT + number, "version": 1, "out": 1,
            "peer_id": self.user_id, "from_id": -GROUP_ID, "text": text, "random_id": random_id,
            "conversation_message_id": number,
        }  # fmt: skip
        return self.event(
            "message_reply", reply | ({"admin_author_id": employee} if employee else {})
        )

    def read(self, upto: int, reader: int | None = None) -> Event:
        """The customer, or ``reader``, has read our messages up to number ``upto``."""
        value = {"from_id": reader or self.user_id, "peer_id": self.user_id,
                 "read_message_id": upto, "conversation_message_id": upto}  # fmt: skip
        return self.event("message_read", value)

    def start(self) -> Event:
        return self.message("Начать", payload=json.dumps({"command": "start"}))

    def press(self, payload: Any, under: int = 1) -> Event:
        event = self.event("message_event", {})
        event["object"] = {
            "user_id": self.user_id,
            "peer_id": self.user_id,
            "event_id": f"press{event['event_id'][-6:]}",
            "payload": payload,
            "conversation_message_id": under,
        }
        return event

    def edit(self, number: int, text: str) -> Event:
        message = self.message(text)["object"]["message"]
        message |= {"conversation_message_id": number, "update_time": SENT_AT + 100, "version": 2}
        return self.event("message_edit", message)

    def allows(self) -> Event:
        return self.event("message_allow", {"user_id": self.user_id, "key": "site"})

    def denies(self) -> Event:
        return self.event("message_deny", {"user_id": self.user_id})


def body_of(event: Event, secret: str | None = None) -> bytes:
    return json.dumps(event | ({"secret": secret} if secret is not None else {})).encode()
