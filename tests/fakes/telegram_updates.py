"""Updates as Telegram sends them: what a customer does in a private chat."""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Update = dict[str, Any]
SENT_AT = int(time.time())  # seconds


@dataclass(slots=True)
class Numbers:
    """Telegram's own counters: one of updates for the bot, one of messages for each chat."""

    updates: Iterator[int] = field(default_factory=lambda: itertools.count(1001))
    messages: dict[int, Iterator[int]] = field(default_factory=dict)

    def message(self, chat_id: int) -> int:
        return next(self.messages.setdefault(chat_id, itertools.count(5)))


class Person:
    """Builds the updates of one customer. ``chat_id`` is also the user's id, as in real life."""

    def __init__(self, numbers: Numbers, chat_id: int, name: str = "Анна") -> None:
        self._numbers = numbers
        self.chat_id = chat_id
        self.user = {"id": chat_id, "is_bot": False, "first_name": name, "language_code": "ru"}

    @property
    def chat(self) -> dict[str, Any]:
        return {"id": self.chat_id, "type": "private", "first_name": self.user["first_name"]}

    def message(self, **content: Any) -> Update:
        """A message with any content: ``text=``, ``photo=``, ``sticker=``, ``contact=`` ..."""
        number = self._numbers.message(self.chat_id)
        return self._update(
            message={
                "message_id": number, "date": SENT_AT + number, "chat": self.chat,
                "from": self.user, **content,
            }
        )  # fmt: skip

    def text(self, text: str) -> Update:
        if text.startswith("/"):
            length = len(text.split()[0])
            entity = {"type": "bot_command", "offset": 0, "length": length}
            return self.message(text=text, entities=[entity])
        return self.message(text=text)

    def edit(self, message_id: int, text: str) -> Update:
        return self._update(
            edited_message={
                "message_id": message_id, "date": SENT_AT, "edit_date": SENT_AT + 100,
                "chat": self.chat, "from": self.user, "text": text,
            }
        )  # fmt: skip

    def press(self, data: str, message: dict[str, Any] | None = None) -> Update:
        """A button of ``message`` (as the bot's call returned it); without it, an old one."""
        under = message or {"message_id": 1, "date": 0, "chat": self.chat}
        update_id = next(self._numbers.updates)
        return {
            "update_id": update_id,
            "callback_query": {
                "id": f"press{update_id}", "from": self.user, "chat_instance": "-12",
                "data": data, "message": under,
            },
        }  # fmt: skip

    def membership(self, old: str, new: str) -> Update:
        bot = {"id": 1, "is_bot": True, "first_name": "Окно"}
        return self._update(
            my_chat_member={
                "chat": self.chat, "from": self.user, "date": SENT_AT,
                "old_chat_member": {"status": old, "user": bot} | _until(old),
                "new_chat_member": {"status": new, "user": bot} | _until(new),
            }
        )  # fmt: skip

    def _update(self, **content: Any) -> Update:
        return {"update_id": next(self._numbers.updates), **content}


def _until(status: str) -> dict[str, int]:
    return {"until_date": 0} if status == "kicked" else {}


def queue_of(update: Update) -> str:
    """Which of Telegram's queues an update waits in: each is delivered in order, all in parallel.

    Messages and edits of a chat share one; presses have their own per user, and so has
    ``my_chat_member``: a press and a text of the same person may overtake each other.
    """
    for kind in ("message", "edited_message"):
        if kind in update:
            return f"chat {update[kind]['chat']['id']}"
    for kind, content in update.items():
        if isinstance(content, dict) and "from" in content:
            return f"{kind} {content['from']['id']}"
    return "others"


def body_of(update: Update) -> bytes:
    """As Telegram writes it: ASCII with escapes, so a lone surrogate can pass."""
    return json.dumps(update).encode()
