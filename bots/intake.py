"""Intake: store, then confirm.

An adapter calls ``Intake.accept`` and confirms the event to its platform only after the call
has returned: then the event is durable, or was there before.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import structlog
from prometheus_client import Counter
from sqlalchemy import Table, bindparam, case, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bots.flood import Floods, Verdict
from bots.incoming import Incoming, storable, storable_json, storable_name
from conversations.events import Events
from conversations.models import (
    FLOOD,
    Author,
    Contact,
    Conversation,
    Message,
    MessageKind,
    Quarantine,
)
from conversations.service import INTAKE_SIGNAL
from media import attachments
from media.models import Attachment
from storage.batching import Batcher
from storage.database import Database, Transaction
from storage.outage import is_outage
from storage.signals import Signals

log = structlog.get_logger(__name__)

ACCEPTED = Counter("okno_intake_events_total", "Events stored", ["channel", "outcome"])
FLOODED = Counter("okno_intake_flooded_total", "Events stored and not answered", ["channel"])

MOST_FILES = 20
_OF_A_FILE = ("type", "name", "size")
_CONVERSATION = cast(Table, Conversation.__table__)
_MESSAGE = cast(Table, Message.__table__)
_FOUND = select(_CONVERSATION.c.bot_account_id, _CONVERSATION.c.chat_id, _CONVERSATION.c.id).where(
    # Two lists: for a list of pairs SQLite reads the whole index.
    _CONVERSATION.c.bot_account_id.in_(bindparam("accounts", expanding=True)),
    _CONVERSATION.c.chat_id.in_(bindparam("chats", expanding=True)),
)

# What the assistant has nothing to answer to, but staff should see.
_SILENT = {
    MessageKind.STOPPED, MessageKind.RETURNED, MessageKind.EDITED, MessageKind.REMOVED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """Of a stored event: its words, and the rest as ``Incoming.data``."""

    text: str
    data: dict[str, Any]


class Intake:
    def __init__(
        self, database: Database, events: Events, signals: Signals, floods: Floods | None = None
    ) -> None:
        """``floods``: whether a chat writes too much to be answered; without it none does."""
        self._floods = floods
        self._database = database
        self._events = events
        self._signals = signals
        self._batcher: Batcher[Incoming, bool] = Batcher(database, self._store)

    def now(self) -> datetime:
        """The moment of storing, for events that do not tell their own."""
        return self._database.clock.now()

    async def accept(self, incoming: Incoming, raw: bytes = b"") -> bool:
        """True when stored now, False when it had been stored before.

        Raises only while the database can't be reached or is full: then the platform must be
        told to come again. An event that can't be stored for its own sake goes to quarantine.
        """
        incoming = cleaned(incoming)
        try:
            stored = await self._batcher.submit(incoming)
        except Exception as error:
            if is_outage(error):
                ACCEPTED.labels(incoming.channel, "outage").inc()
                raise
            await self.quarantine(
                incoming.bot_account_id, incoming.channel, incoming.external_id, raw, error
            )
            return False
        ACCEPTED.labels(incoming.channel, "stored" if stored else "repeated").inc()
        return stored

    async def stored(self, account_id: int, external_id: str) -> Stored | None:
        """What was stored under this id; None where nothing was."""
        async with self._database.read() as session:
            row = (
                await session.execute(
                    select(Message.text, Message.data).where(
                        Message.bot_account_id == account_id,
                        Message.external_id == storable(external_id),
                    )
                )
            ).one_or_none()
        return Stored(row[0], row[1]) if row is not None else None

    async def close(self) -> None:
        await self._batcher.close()

    async def _store(self, tx: Transaction, items: Sequence[Incoming]) -> list[bool]:
        conversations = await self._conversations(tx, items)
        fresh = await self._insert(tx, items, conversations)
        outcome: list[bool] = []
        files: list[dict[str, Any]] = []
        due: set[int] = set()
        touched: dict[int, Incoming] = {}
        for item in items:
            message_id = fresh.pop((item.bot_account_id, item.external_id), None)
            outcome.append(message_id is not None)
            if message_id is None:
                continue
            conversation_id = conversations[item.bot_account_id, item.chat_id]
            touched[conversation_id] = item
            if (
                item.kind not in _SILENT
                and not await _goes_on(tx, conversation_id, message_id, item)
                and await self._is_heard(tx, message_id, item)
            ):
                due.add(conversation_id)
            files += _files(tx, message_id, item)
            self._events.emit(
                tx, "message.received", conversation_id=conversation_id, message=message_id
            )
        if touched:
            await self._touch(tx, touched, due)
        if files:
            await tx.session.execute(insert(Attachment), files)
            self._signals.wake(tx, attachments.SIGNAL)
        if due:
            self._signals.wake(tx, INTAKE_SIGNAL)
        return outcome

    async def _is_heard(self, tx: Transaction, message_id: int, item: Incoming) -> bool:
        """Whether the message is to be handled, and not one too many of its chat."""
        if self._floods is None:
            return True
        verdict = self._floods.look(f"{item.bot_account_id}:{item.chat_id}", item.sent_at)
        if verdict is not Verdict.PASSES:
            first = verdict is Verdict.TOLD
            await tx.session.execute(
                update(Message)
                .where(Message.id == message_id)
                .values(
                    data={**_told(item.data), FLOOD: True},
                    handled_at=None if first else tx.now,
                )
            )
            FLOODED.labels(item.channel).inc()
        return verdict is not Verdict.SILENT

    async def _conversations(
        self, tx: Transaction, items: Sequence[Incoming]
    ) -> dict[tuple[int, str], int]:
        wanted = {(item.bot_account_id, item.chat_id): item for item in items}
        found = await _find(tx, wanted)
        missing = [item for pair, item in sorted(wanted.items()) if pair not in found]
        if missing:
            await self._open(tx, missing)
            found = await _find(tx, wanted)
        return found

    async def _open(self, tx: Transaction, items: Sequence[Incoming]) -> None:
        """First contact. Another process may be opening the same chat: the unique key decides."""
        contact_ids = (
            await tx.session.execute(
                insert(Contact).returning(Contact.id, sort_by_parameter_order=True),
                [{"created_at": tx.now} for _ in items],
            )
        ).scalars()
        insert_or_skip = sqlite_insert if self._database.is_sqlite else postgres_insert
        await tx.session.execute(
            insert_or_skip(Conversation).on_conflict_do_nothing(
                index_elements=["bot_account_id", "chat_id"]
            ),
            [
                {
                    "contact_id": contact_id,
                    "bot_account_id": item.bot_account_id,
                    "channel": item.channel,
                    "chat_id": item.chat_id,
                    "display_name": item.sender_name,
                    "turn": "assistant",
                    "state": {},
                    "last_seq": 0,
                    "attempts": 0,
                    "last_message_at": tx.now,
                    "created_at": tx.now,
                }
                for contact_id, item in zip(contact_ids, items, strict=True)
            ],
        )

    async def _insert(
        self,
        tx: Transaction,
        items: Sequence[Incoming],
        conversations: dict[tuple[int, str], int],
    ) -> dict[tuple[int, str], int]:
        """Ids of the new messages by (account, external id); what was there before is not in it."""
        unique = {(item.bot_account_id, item.external_id): item for item in reversed(items)}
        insert_or_skip = sqlite_insert if self._database.is_sqlite else postgres_insert
        inserted = await tx.connection.execute(
            insert_or_skip(_MESSAGE)
            .on_conflict_do_nothing()
            .returning(_MESSAGE.c.id, _MESSAGE.c.bot_account_id, _MESSAGE.c.external_id),
            [
                {
                    "conversation_id": conversations[item.bot_account_id, item.chat_id],
                    "bot_account_id": item.bot_account_id,
                    "author": Author.CUSTOMER,
                    "kind": item.kind,
                    "text": item.text,
                    "data": _told(item.data),
                    "external_id": item.external_id,
                    "platform_no": item.platform_no,
                    "edit_version": item.edit_version,
                    "order_no": item.order_no,
                    "sent_at": item.sent_at,
                    "created_at": tx.now,
                    "handle_after": tx.now,
                    "handled_at": tx.now if item.kind in _SILENT else None,
                }
                # The reverse of the reverse: the first of two equal ones, in their own order.
                for item in reversed(list(unique.values()))
            ],
        )
        return {(account, str(external)): message_id for message_id, account, external in inserted}

    async def _touch(self, tx: Transaction, touched: dict[int, Incoming], due: set[int]) -> None:
        table = _CONVERSATION
        soonest = case(
            (or_(table.c.handle_at.is_(None), table.c.handle_at > tx.now), tx.now),
            else_=table.c.handle_at,
        )
        statement = (
            update(table)
            .where(table.c.id == bindparam("key"))
            .values(
                last_message_at=tx.now,
                unreachable=bindparam("reason"),
                # Not every platform's events carry the name: then it stays as it was.
                display_name=func.coalesce(bindparam("name"), table.c.display_name),
            )
        )
        connection = tx.connection
        for ids, values in ((due, {"handle_at": soonest}), (touched.keys() - due, {})):
            if ids:
                await connection.execute(
                    statement.values(values),
                    [
                        {
                            "key": id_,
                            "reason": _unreachable(touched[id_]),
                            "name": touched[id_].sender_name,
                        }
                        for id_ in sorted(ids)
                    ],
                )

    async def quarantine(
        self, account_id: int, channel: str, external_id: str, raw: bytes, error: Exception
    ) -> None:
        """Keep an event that is no message for us as it came, so that it can be confirmed."""
        log.error("bots.quarantined", channel=channel, error=type(error).__name__)
        async with self._database.write() as tx:
            tx.session.add(
                Quarantine(
                    bot_account_id=account_id,
                    external_id=storable(external_id),
                    body=raw,
                    error=type(error).__name__,
                    created_at=tx.now,
                )
            )
        ACCEPTED.labels(channel, "quarantined").inc()


async def _find(tx: Transaction, chats: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Conversations by account and chat; of several accounts also some that are not asked for."""
    accounts, names = zip(*chats, strict=True)
    asked = {"accounts": sorted(set(accounts)), "chats": sorted(set(names))}
    return {(row[0], row[1]): row[2] for row in await tx.connection.execute(_FOUND, asked)}


def _told(data: dict[str, Any]) -> dict[str, Any]:
    """Of files a message says what they are; where they lie stands with the attachment alone."""
    if "files" not in data:
        return data
    told = [{key: file[key] for key in _OF_A_FILE if key in file} for file in data["files"]]
    return {**data, "files": told}


async def _goes_on(tx: Transaction, conversation_id: int, message_id: int, item: Incoming) -> bool:
    """Whether it is a further picture of an album: one answer to all of them is enough. Then it is
    marked as handled. A platform sends an album as messages of their own."""
    album = item.data.get("album")
    if not album or item.text.strip():
        return False
    first = await tx.session.scalar(
        select(func.min(Message.id)).where(
            Message.conversation_id == conversation_id, Message.data["album"].as_string() == album
        )
    )
    if first is None or first >= message_id:
        return False
    await tx.session.execute(
        update(Message).where(Message.id == message_id).values(handled_at=tx.now)
    )
    return True


def _files(tx: Transaction, message_id: int, item: Incoming) -> list[dict[str, Any]]:
    """Links of platforms expire: the files are fetched by ``bots/fetching.py`` at once."""
    told = item.data.get("files", ())[:MOST_FILES] if item.kind is MessageKind.ATTACHMENT else ()
    rows = (attachments.row(message_id, place, file, tx) for place, file in enumerate(told))
    return [row for row in rows if row is not None]


def _unreachable(item: Incoming) -> str | None:
    return "blocked" if item.kind is MessageKind.STOPPED else None


def cleaned(item: Incoming) -> Incoming:
    """As it can be stored, and no longer than it may be."""
    return replace(
        item,
        text=storable(item.text),
        chat_id=storable(item.chat_id),
        external_id=storable(item.external_id),
        data=storable_json(item.data),
        sender_name=storable_name(item.sender_name) if item.sender_name else None,
    )
