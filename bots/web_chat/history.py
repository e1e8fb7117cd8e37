"""What the chat page shows of a conversation: the customer's words and the answers sent to him.

An answer appears when its parts are marked as sent, not in the order of its number; so a page
asks for what has changed since an event number (numbers become visible in order, see
``conversations/events.py``) and never misses or doubles anything.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations import events
from conversations.models import (
    Author,
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Event,
    Message,
    MessageKind,
    Turn,
)
from media.attachments import Enclosed, of_messages

PAGE = 40
# More missed than this, and the page starts again from its end.
MOST_CHANGES = 200
LONGEST_GAP = 20_000

_SAID = (MessageKind.TEXT, MessageKind.PRESS, MessageKind.COMMAND, MessageKind.CONTACT,
         MessageKind.ATTACHMENT)  # fmt: skip
_ANSWERERS = (Author.ASSISTANT, Author.OPERATOR)


class Link(Protocol):
    """The address of a kept file; ``saved``: one that a browser does not show."""

    def __call__(self, digest: str, name: str, *, saved: bool = False) -> str: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """``parts`` of an answer as ``replies.Part.to_json`` made them; ``text`` of the customer's.

    ``key`` is what the page itself gave its message; ``files``: what came with it.
    """

    id: int
    author: str
    at: datetime
    text: str
    key: str | None
    parts: Sequence[Mapping[str, Any]]
    files: Sequence[Enclosed] = ()

    def to_json(self, link: Link) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": self.id,
            "author": self.author,
            "time": self.at.isoformat(timespec="seconds"),
        }
        if self.author == Author.CUSTOMER:
            files = [_own_file(file, link) for file in self.files]
            return shown | {"text": self.text, "key": self.key, "files": files}
        return shown | {"parts": [_part(part, link) for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Page:
    """``position``: the event number up to which this is complete. ``more``: older ones exist.

    ``reset``: the page must forget what it shows. ``busy``: an answer is being made.
    """

    position: int
    messages: Sequence[Shown] = ()
    turn: str = Turn.ASSISTANT
    busy: bool = False
    more: bool = False
    reset: bool = False

    def to_json(self, link: Link) -> dict[str, Any]:
        return {
            "position": self.position,
            "messages": [message.to_json(link) for message in self.messages],
            "turn": self.turn,
            "busy": self.busy,
            "more": self.more,
            "reset": self.reset,
        }


def _own_file(file: Enclosed, link: Link) -> dict[str, Any]:
    """As sent it is saved only; what the page shows is the picture that we made of it."""
    shown: dict[str, Any] = {"name": file.name, "kind": "document"}
    if file.digest:
        shown["url"] = link(file.digest, file.name, saved=True)
    if file.preview:
        picture = {"width": file.width, "height": file.height}
        return shown | picture | {"kind": "picture", "preview": link(file.preview, "photo.jpg")}
    return shown


def _part(part: Mapping[str, Any], link: Link) -> dict[str, Any]:
    shown = {"html": part["text"], "rows": part["rows"], "markup": part["markup"]}
    file = part.get("file")
    if file is None:
        return shown
    url = link(file["key"], file["name"])
    return shown | {
        "file": {"kind": file["kind"], "name": file["name"], "alt": file["alt"], "url": url}
    }


async def find(session: AsyncSession, account_id: int, chat_id: str) -> Conversation | None:
    statement = select(Conversation).where(
        Conversation.bot_account_id == account_id, Conversation.chat_id == chat_id
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def nothing(session: AsyncSession) -> Page:
    """For one who has said nothing yet: whatever comes after this position is new to him."""
    _, position = await events.bounds(session)
    return Page(position)


async def latest(
    session: AsyncSession, account_id: int, chat_id: str, *, before: int | None = None
) -> Page:
    """The last messages, or those before message number ``before``; oldest first."""
    # Asked first: whatever is read afterwards contains the changes up to it.
    _, position = await events.bounds(session)
    conversation = await find(session, account_id, chat_id)
    if conversation is None:
        return Page(position)
    condition = _visible(conversation.id)
    if before is not None:
        condition = and_(condition, Message.id < before)
    rows = await session.execute(
        select(Message).where(condition).order_by(Message.id.desc()).limit(PAGE + 1)
    )
    found = list(rows.scalars())
    messages = await _shown(session, found[:PAGE][::-1])
    return _page(conversation, position, messages, more=len(found) > PAGE)


async def changed(session: AsyncSession, account_id: int, chat_id: str, *, after: int) -> Page:
    """What events later than number ``after`` have brought."""
    oldest, position = await events.bounds(session)
    conversation = await find(session, account_id, chat_id)
    if conversation is None:
        return Page(position)
    told = oldest - 1 <= after <= position and position - after <= LONGEST_GAP
    changes = await _changed_ids(session, conversation.id, after, position) if told else None
    if changes is None:
        page = await latest(session, account_id, chat_id)
        return Page(page.position, page.messages, page.turn, page.busy, page.more, reset=True)
    condition = and_(_visible(conversation.id), Message.id.in_(changes))
    rows = await session.execute(select(Message).where(condition).order_by(Message.id))
    return _page(conversation, position, await _shown(session, list(rows.scalars())))


async def label_of(
    session: AsyncSession, conversation_id: int, message_id: int, action: str
) -> str | None:
    """The label of a button that was really shown under this message; None: there is none."""
    rows = await session.execute(
        select(Delivery.payload).where(
            Delivery.conversation_id == conversation_id,
            Delivery.message_id == message_id,
            Delivery.kind == DeliveryKind.MESSAGE,
            Delivery.state == DeliveryState.SENT,
        )
    )
    for payload in rows.scalars():
        for row in payload["rows"]:
            for button in row:
                if button["action"] == action:
                    return str(button["label"])
    return None


def _page(
    conversation: Conversation, position: int, messages: Sequence[Shown], *, more: bool = False
) -> Page:
    busy = conversation.handle_at is not None and conversation.turn != Turn.OPERATOR
    return Page(position, messages, conversation.turn, busy, more)


def _visible(conversation_id: int) -> ColumnElement[bool]:
    """Notes and system lines are the staff's; an answer is the customer's once it is sent."""
    sent = exists().where(
        Delivery.message_id == Message.id, Delivery.state == DeliveryState.SENT
    )  # fmt: skip
    return and_(
        Message.conversation_id == conversation_id,
        or_(
            and_(Message.author == Author.CUSTOMER, Message.kind.in_(_SAID)),
            and_(Message.author.in_(_ANSWERERS), Message.kind == MessageKind.TEXT, sent),
        ),
    )


async def _changed_ids(
    session: AsyncSession, conversation_id: int, after: int, upto: int
) -> set[int] | None:
    rows = await session.execute(
        select(Event.ids)
        .where(Event.id > after, Event.id <= upto, Event.conversation_id == conversation_id)
        .limit(MOST_CHANGES + 1)
    )
    found = list(rows.scalars())
    if len(found) > MOST_CHANGES:
        return None
    return {int(ids["message"]) for ids in found if "message" in ids}


async def _shown(session: AsyncSession, messages: Sequence[Message]) -> list[Shown]:
    answers = [message.id for message in messages if message.author != Author.CUSTOMER]
    parts: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    if answers:
        rows = await session.execute(
            select(Delivery.message_id, Delivery.payload)
            .where(
                Delivery.message_id.in_(answers),
                Delivery.kind == DeliveryKind.MESSAGE,
                Delivery.state == DeliveryState.SENT,
            )
            .order_by(Delivery.seq)
        )
        for message_id, payload in rows:
            if message_id is not None:
                parts[message_id].append(payload)
    enclosing = [m.id for m in messages if m.kind == MessageKind.ATTACHMENT]
    files = await of_messages(session, enclosing) if enclosing else {}
    return [
        Shown(
            id=message.id,
            author=message.author,
            at=message.created_at,
            text=message.text,
            key=_key_of(message.external_id),
            parts=parts[message.id],
            files=files.get(message.id, ()),
        )
        for message in messages
    ]


def external_id(chat_id: str, key: str) -> str:
    """Unique in the whole channel: no visitor can use up another's key."""
    return f"{chat_id}:{key}"


def _key_of(external: str | None) -> str | None:
    return external.partition(":")[2] if external else None
