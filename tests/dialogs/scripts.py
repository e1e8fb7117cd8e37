"""Dialogs that an editor can read and write, run through the adapters' own forms.

The format: ``tests/dialogs/scripts/README.md``.
"""

import html
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bots.incoming import Incoming
from bots.telegram.incoming import parse_update, read_object
from conversations.models import Conversation, Delivery, DeliveryKind, Message, MessageKind
from conversations.service import bot_account_id
from dialogs.worker import Worker
from okno.services import Services
from tests.conftest import FakeClock
from tests.dialogs.conftest import handle_to_the_end

FOLDER = Path(__file__).parent / "scripts"
CHANNELS = ("web", "telegram")
# The company asks for consent instead of telling what data are used for.
ASKS_CONSENT = "(компания спрашивает согласие)"

_LINE = re.compile(r"(?P<who>[КБ])(?P<which>\d?)(?P<no> не)?: (?P<text>.+)")
_PASSED = re.compile(r"\(прошло (\d+) (минут|час|дн|ден)\w*\)")
_CONTACT = re.compile(r"\((?P<foreign>чужой )?контакт (?P<phone>\+?\d+)\)")
_BUTTON = re.compile(r"\[(.+)\]")
_UNITS = {"минут": "minutes", "час": "hours", "дн": "days", "ден": "days"}


@dataclass(frozen=True, slots=True)
class Script:
    file: str
    title: str
    lines: tuple[tuple[int, str], ...]
    channels: tuple[str, ...]
    asks_consent: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


def scripts() -> Iterator[Script]:
    """Every section of every file, but the one that explains the format."""
    for path in sorted(FOLDER.glob("*.md")):
        if path.name == "README.md":
            continue
        title, lines = "", list[tuple[int, str]]()
        text = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate([*text, "## "], start=1):
            if line.startswith("## "):
                if title:
                    yield _script(path.stem, title, lines)
                title, lines = line[3:].strip(), []
            elif title and line.strip():
                lines.append((number, line.strip()))


def _script(file: str, title: str, lines: list[tuple[int, str]]) -> Script:
    only = {f"(только {name})" for name in ("Telegram", "сайт")}
    marks = {line for _, line in lines} & only
    channels = CHANNELS
    if marks:
        channels = ("telegram",) if "(только Telegram)" in marks else ("web",)
    asks = any(line == ASKS_CONSENT for _, line in lines)
    said = tuple(one for one in lines if one[1] not in {*only, ASKS_CONSENT})
    return Script(file, title, said, channels, asks)


@dataclass(slots=True)
class Seen:
    """What stands on a customer's screen after his last message."""

    text: str = ""
    buttons: dict[str, str] = field(default_factory=dict)


class Actor:
    """A customer in one channel: what he sends has the platform's form, what he sees was rendered
    for it."""

    def __init__(self, services: Services, worker: Worker, channel: str, chat: str) -> None:
        self._services = services
        self._worker = worker
        self._channel = channel
        self._chat = chat
        self._numbers = itertools.count(1)
        self._last = 0
        self.seen = Seen()

    async def says(self, text: str) -> None:
        number = next(self._numbers)
        account = await bot_account_id(self._services.database, self._channel)
        now = self._services.database.clock.now()
        form = self._telegram if self._channel == "telegram" else self._web
        await self._services.intake.accept(form(text, number, account, now))
        await handle_to_the_end(self._services, self._worker)
        await self._look()

    def _telegram(self, text: str, number: int, account: int, now: Any) -> Incoming:
        chat = int(self._chat)
        user = {"id": chat, "is_bot": False, "first_name": "Клиент"}
        message: dict[str, Any] = {
            "message_id": number,
            "date": int(now.timestamp()),
            "chat": {"id": chat, "type": "private"},
        }
        if button := _BUTTON.fullmatch(text):
            press = {"id": f"p{number}", "from": user, "chat_instance": "1", "message": message,
                     "data": self._action(button[1])}  # fmt: skip
            update: dict[str, Any] = {"callback_query": press}
        elif contact := _CONTACT.fullmatch(text):
            shared = {"phone_number": contact["phone"], "first_name": "Клиент",
                      "user_id": chat + 1 if contact["foreign"] else chat}  # fmt: skip
            update = {"message": message | {"from": user, "contact": shared}}
        else:
            update = {"message": message | {"from": user, "text": text}}
        parsed = parse_update(
            read_object(update | {"update_id": chat * 1000 + number}), account, now
        )
        assert parsed is not None
        return parsed

    def _web(self, text: str, number: int, account: int, now: Any) -> Incoming:
        button = _BUTTON.fullmatch(text)
        assert not _CONTACT.fullmatch(text), "the site's chat has no contact button"
        return Incoming(
            bot_account_id=account,
            channel="web",
            chat_id=self._chat,
            external_id=f"{self._chat}:{number}",
            kind=MessageKind.PRESS if button else MessageKind.TEXT,
            sent_at=now,
            text=button[1] if button else text,
            data={"action": self._action(button[1])} if button else {},
        )

    def _action(self, label: str) -> str:
        assert label in self.seen.buttons, f"no button «{label}»: {list(self.seen.buttons)}"
        return self.seen.buttons[label]

    async def look_again(self) -> None:
        """See what has come without a message of his own."""
        await self._look()

    async def _look(self) -> None:
        async with self._services.database.read() as session:
            rows = (
                await session.execute(
                    select(Delivery.id, Delivery.payload)
                    .join(Conversation, Conversation.id == Delivery.conversation_id)
                    .where(
                        Conversation.chat_id == self._chat,
                        Conversation.channel == self._channel,
                        Delivery.kind == DeliveryKind.MESSAGE,
                        Delivery.id > self._last,
                    )
                    .order_by(Delivery.seq)
                )
            ).all()
        texts, buttons = list[str](), dict[str, str]()
        for row in rows:
            self._last = max(self._last, row.id)
            texts.append(plain(row.payload.get("text", "")))
            for row_of_buttons in row.payload.get("rows", ()):
                buttons |= {plain(button["label"]): button["action"] for button in row_of_buttons}
        self.seen = Seen("\n\n".join(texts), buttons)


def plain(shown: str) -> str:
    text = html.unescape(re.sub(r"<br\s*/?>|</p>|</li>", "\n", shown))
    return " ".join(re.sub(r"<[^>]*>", "", text).replace("**", "").split())


async def play(
    script: Script, channel: str, services: Services, worker: Worker, clock: FakeClock
) -> None:
    """Raises AssertionError with the script's line and what was said instead."""
    actors: dict[str, Actor] = {}
    for number, line in script.lines:
        place = f"{script.file}.md, строка {number}: {line}"
        if passed := _PASSED.fullmatch(line):
            clock.advance(**{_UNITS[passed[2]]: int(passed[1])})
            continue
        said = _LINE.fullmatch(line)
        assert said is not None, f"{place}\nне понятно, чья это реплика"
        who = said["which"] or "1"
        if who not in actors:
            actors[who] = Actor(services, worker, channel, f"70{who}")
        actor, text = actors[who], said["text"].strip()
        if said["who"] == "К":
            await actor.says(text)
            continue
        seen = f"{place}\nа ответ такой:\n{actor.seen.text}\n{list(actor.seen.buttons)}"
        if button := _BUTTON.fullmatch(text):
            assert (button[1] in actor.seen.buttons) is not bool(said["no"]), seen
        else:
            assert (plain(text) in actor.seen.text) is not bool(said["no"]), seen


async def stored_words(services: Services) -> list[str]:
    """Everything that was ever said to customers."""
    async with services.database.read() as session:
        rows = await session.execute(select(Message.text).where(Message.author == "assistant"))
    return [row[0] for row in rows]
