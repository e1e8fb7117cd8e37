"""What is kept of one customer: found, written out for him, or forgotten at his word.

152-ФЗ, ст. 14: a person may see what is kept of him; ст. 21: what is kept with his consent is
destroyed when he withdraws it. Readings, requests, ratings and the consents themselves have terms
of their own and stay; so do rows without a word of his that statistics count.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncSession

from billing.customers.claim_models import OrganisationClaim
from billing.models import Account, AccountLink, Consent, LinkAttempt, Reading
from billing.readings.delivery_models import ReadingDelivery, ReadingDeliveryStep
from bots.web_chat.models import Visitor
from conversations.folding import fold
from conversations.models import Author, Contact, Conversation, Correction, Delivery, Message, Turn
from handoff.customer.join_models import ContactJoin, JoinCode, JoinTry, ProvenPhone
from handoff.models import (
    AnswerClock,
    ContactStop,
    Handoff,
    HandoffState,
    Label,
    Mention,
    OperatorLine,
    Rating,
)
from knowledge_base.gaps.models import ArticleShown, Gap
from media.errors import FileGone
from media.models import Attachment, MediaFile
from media.store import MediaStore
from okno.errors import CustomerUnknown, StayOpen
from staff import audit
from storage.base import Base
from storage.database import Database, Transaction

MOST_FOUND = 20
# Older than every term: the night's work removes the bytes.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_WHO = {Author.CUSTOMER: "Клиент", Author.ASSISTANT: "Ассистент", Author.OPERATOR: "Оператор"}

_STAYS = {"reading": "показания", "handoff": "обращения", "consent": "сведения о согласиях"}

# Of what was collected for a request: what it was about. Anything else is the customer's.
_ABOUT = ("intent", "topic", "flow")

# Every table that leads to a contact is in one of the three; a test counts them.
KEPT: tuple[type[Base], ...] = (
    Reading, ReadingDelivery, ReadingDeliveryStep, Consent, AnswerClock, ArticleShown,
    OperatorLine, Mention,
)  # fmt: skip
DELETED: tuple[type[Base], ...] = (
    Attachment, Delivery, Gap, Correction, Label, ProvenPhone, JoinTry, JoinCode, ContactJoin,
    ContactStop, OrganisationClaim, LinkAttempt, AccountLink,
)  # fmt: skip
BLANKED: Mapping[type[Base], Mapping[str, Any]] = {
    Message: {"text": "", "text_folded": "", "data": {}, "understanding": null()},
    Rating: {"comment": ""},
    Handoff: {"name_folded": ""},
    # Under another chat: whoever writes from the old one again is somebody new.
    Conversation: {
        "chat_id": literal("erased:") + sql_cast(Conversation.id, Text),
        "display_name": None, "state": {}, "turn": Turn.ASSISTANT, "unreachable": "erased",
        "handle_at": None, "claim_token": None, "claimed_until": None,
    },
    Contact: {"given_name": None, "phone": None},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    contact_id: int
    names: Sequence[str]
    channels: Sequence[str]
    last_message_at: datetime


@dataclass(frozen=True, slots=True)
class Erased:
    """Rows. ``kept``: what stays within terms of its own, by table, where there is any."""

    messages: int
    files: int
    kept: Mapping[str, int]


async def find(session: AsyncSession, text: str) -> list[Found]:
    """Customers by a name, a phone, an attached account's number or the messenger's chat id; those
    who wrote last come first."""
    digits = "".join(char for char in text if char.isdigit())
    folded = fold(text.strip())
    fits: list[ColumnElement[bool]] = [Conversation.chat_id == text.strip()]
    if folded:
        named = select(Handoff.conversation_id).where(Handoff.name_folded.contains(folded))
        fits += [Conversation.display_name.contains(text.strip()), Conversation.id.in_(named)]
    if len(digits) >= 4:
        linked = (
            select(AccountLink.contact_id)
            .join(Account, Account.id == AccountLink.account_id)
            .where(Account.number == digits)
        )
        fits += [Contact.phone.endswith(digits[-10:]), Contact.id.in_(linked)]
    rows = await session.execute(
        select(
            Contact.id, Conversation.display_name, Conversation.channel,
            Conversation.last_message_at,
        )
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(
            Contact.id.in_(
                select(Contact.id)
                .join(Conversation, Conversation.contact_id == Contact.id)
                .where(or_(*fits))
            )
        )
        .order_by(Conversation.last_message_at.desc())
    )  # fmt: skip
    found: dict[int, Found] = {}
    for contact_id, name, channel, at in rows:
        known = found.get(contact_id)
        if known is None and len(found) == MOST_FOUND:
            continue
        names = [*(known.names if known else ()), *([name] if name else [])]
        channels = [*(known.channels if known else ()), channel]
        found[contact_id] = Found(
            contact_id, list(dict.fromkeys(names)), list(dict.fromkeys(channels)),
            known.last_message_at if known else at,
        )  # fmt: skip
    return list(found.values())


async def export(database: Database, media: MediaStore, contact_id: int, file: Path) -> int:
    """Write ``file``: the conversation to read, every row as JSON, the customer's files.

    How many messages. Raises CustomerUnknown.
    """
    async with database.read() as session:
        await _known(session, contact_id)
        rows = {
            table.name: [
                dict(row)
                for row in (
                    await session.execute(select(table).where(_of(table, contact_id)))
                ).mappings()
            ]
            for table in [*map(_table, KEPT), *map(_table, DELETED), *map(_table, BLANKED)]
        }
    messages = sorted(rows["message"], key=lambda row: (row["conversation_id"], row["id"]))
    unfinished = file.with_name(file.name + ".part")
    # Nobody else's to read, wherever the command was called.
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("переписка.txt", "\n".join(_lines(messages)))
            archive.writestr(
                "данные.json", json.dumps(rows, ensure_ascii=False, indent=1, default=str)
            )
            for attachment in rows["attachment"]:
                if attachment["digest"]:
                    try:
                        content = await media.read(attachment["digest"])
                    except FileGone:
                        continue
                    name = f"файлы/{attachment['id']}-{Path(attachment['name'] or 'файл').name}"
                    archive.writestr(name, content)
        async with database.write() as tx:
            audit.record(tx, None, "customer.exported", object_kind="contact", object_id=contact_id)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(messages)


async def erase(database: Database, contact_id: int) -> Erased:
    """Forget the customer: words, names, phones, files, what his accounts were attached by.

    Raises CustomerUnknown; StayOpen while an operator has to do with him.
    """
    async with database.write() as tx:
        await _known(tx.session, contact_id)
        stays = select(Handoff.id).where(
            _of(_table(Handoff), contact_id), Handoff.state != HandoffState.CLOSED
        )
        if (await tx.session.execute(stays.limit(1))).first() is not None:
            raise StayOpen(contact_id)
        kept = {
            table.name: count
            for table in [*map(_table, KEPT), _table(Handoff)]
            if (count := await _count(tx, table, contact_id))
        }
        messages = await _count(tx, _table(Message), contact_id)
        files = await _forget_files(tx, contact_id)
        await _withdraw(tx, contact_id)
        for model in DELETED:
            table = _table(model)
            await tx.connection.execute(delete(table).where(_of(table, contact_id)))
        for model, values in BLANKED.items():
            table = _table(model)
            await tx.connection.execute(
                update(table).where(_of(table, contact_id)).values(dict(values))
            )
        await _forget_collected(tx, contact_id)
        audit.record(tx, None, "customer.erased", object_kind="contact", object_id=contact_id)
        return Erased(messages, files, kept)


def answer(erased: Erased) -> str:
    """What the customer may be told."""
    parts = [
        f"Удалены слова переписки (сообщений: {erased.messages}), имя, телефон и привязки лицевых "
        f"счетов; файлы ({erased.files}) будут стёрты ближайшей ночью."
    ]
    stays = [f"{title}: {erased.kept[name]}" for name, title in _STAYS.items()
             if name in erased.kept]  # fmt: skip
    if stays:
        parts.append(f"В свои сроки хранятся {', '.join(stays)}.")
    parts.append("Начисления и платежи хранит биллинг.")
    return " ".join(parts)


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


def _of(table: Table, contact_id: int) -> ColumnElement[bool]:
    """The customer's rows of a table that leads to a contact."""
    chats = select(Conversation.id).where(Conversation.contact_id == contact_id)
    columns = table.c
    if table is _table(Contact):
        return columns.id == contact_id
    if table is _table(ContactJoin):
        return or_(columns.from_contact_id == contact_id, columns.to_contact_id == contact_id)
    if "contact_id" in columns:
        return columns.contact_id == contact_id
    if "conversation_id" in columns:
        return columns.conversation_id.in_(chats)
    through: tuple[tuple[str, type[Base]], ...] = (
        ("handoff_id", Handoff), ("message_id", Message), ("reading_id", Reading),
    )  # fmt: skip
    for name, model in through:
        if name in columns:
            of = _table(model)
            ids = select(of.c.id).where(_of(of, contact_id))
            return columns[name].in_(ids)
    raise AssertionError(table.name)


async def _known(session: AsyncSession, contact_id: int) -> None:
    if await session.get(Contact, contact_id) is None:
        raise CustomerUnknown(contact_id)


async def _count(tx: Transaction, table: Table, contact_id: int) -> int:
    counted = select(func.count()).select_from(table).where(_of(table, contact_id))
    return int((await tx.connection.execute(counted)).scalar_one())


async def _forget_files(tx: Transaction, contact_id: int) -> int:
    """Let the next night remove what the customer sent and what was made for him, unless somebody
    else's message has the same file."""
    sent = _table(Attachment)
    told = _table(Message)
    digests: set[str] = set()
    rows = await tx.connection.execute(
        select(sent.c.digest, sent.c.preview).where(_of(sent, contact_id))
    )
    for row in rows:
        digests |= {digest for digest in row if digest}
    for (data,) in await tx.connection.execute(select(told.c.data).where(_of(told, contact_id))):
        digests |= set(_files(data))
    others = exists().where(
        or_(sent.c.digest == MediaFile.digest, sent.c.preview == MediaFile.digest),
        ~_of(sent, contact_id),
    )
    await tx.session.execute(
        update(MediaFile)
        .where(MediaFile.digest.in_(sorted(digests)), ~others)
        .values(created_at=_LONG_AGO)
        .execution_options(synchronize_session=False)
    )
    return len(digests)


def _files(data: Mapping[str, Any]) -> Iterator[str]:
    files = data.get("files")
    for file in files if isinstance(files, list) else ():
        if isinstance(file, dict) and isinstance(key := file.get("key"), str):
            yield key


async def _forget_collected(tx: Transaction, contact_id: int) -> None:
    """Of a request stays what it was about, not the phone, the name and the account told for it."""
    stay = _table(Handoff)
    rows = await tx.connection.execute(
        select(stay.c.id, stay.c.summary).where(_of(stay, contact_id))
    )
    for id_, summary in rows.all():
        about = {key: summary[key] for key in _ABOUT if key in summary}
        await tx.connection.execute(update(stay).where(stay.c.id == id_).values(summary=about))


async def _withdraw(tx: Transaction, contact_id: int) -> None:
    """The consents end now; the site chat no longer knows the browser."""
    await tx.session.execute(
        update(Consent)
        .where(Consent.contact_id == contact_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=tx.now)
    )
    chats = select(Conversation.chat_id).where(
        Conversation.contact_id == contact_id, Conversation.channel == "web"
    )
    await tx.session.execute(
        delete(Visitor)
        .where(Visitor.chat_id.in_(chats))
        .execution_options(synchronize_session=False)
    )


def _lines(messages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in messages:
        if row["author"] in _WHO and row["text"]:
            at = row["created_at"].strftime("%d.%m.%Y %H:%M UTC")
            yield f"{at}  {_WHO[row['author']]}: {row['text']}"
