"""Search over people, accounts and texts; the same hits on both databases."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from billing.models import Account, AccountLink
from conversations.folding import fold
from conversations.models import Author, Contact, Conversation, Message, MessageKind
from handoff.models import Handoff

FOUND = 100
# So few digits are in every second message.
FEWEST_DIGITS = 4
# Of the messages that fit the newest are looked at.
MOST_MESSAGES = 400
AROUND = 40


@dataclass(frozen=True, slots=True)
class Hits:
    """``stays``: the last stay of each conversation found, the newest first; ``said``: for those
    found by a text, by conversation, the words around it."""

    stays: Sequence[int]
    said: dict[int, str]


async def search(session: AsyncSession, text: str) -> Hits:
    """Every word of ``text`` must be in the name, or every one in one message; a number is also
    looked for among the accounts and phones of the customer."""
    words = fold(text).split()
    if not words:
        return Hits([], {})
    said = await _said(session, words)
    found = or_(_named(words), _numbered(text), Conversation.id.in_(said))
    last = (
        select(func.max(Handoff.id))
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(found)
        .group_by(Handoff.conversation_id)
        .order_by(func.max(Handoff.id).desc())
        .limit(FOUND)
    )
    return Hits(list((await session.execute(last)).scalars()), said)


def _named(words: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(Handoff.name_folded.contains(word, autoescape=True) for word in words))


def _numbered(text: str) -> ColumnElement[bool]:
    digits = re.sub(r"\D", "", text)
    if len(digits) < FEWEST_DIGITS or re.search(r"[^\d\s()+-]", text):
        return Conversation.id < 0
    # A Russian number is told with 8 and with +7.
    tail = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
    linked = (
        select(AccountLink.contact_id)
        .join(Account, Account.id == AccountLink.account_id)
        .where(AccountLink.unlinked_at.is_(None), Account.number.contains(digits))
    )
    return or_(Contact.phone.contains(tail), Contact.id.in_(linked))


async def _said(session: AsyncSession, words: Sequence[str]) -> dict[int, str]:
    fits = and_(*(Message.text_folded.contains(word, autoescape=True) for word in words))
    rows = await session.execute(
        select(Message.conversation_id, Message.text)
        .where(fits, Message.kind != MessageKind.COMMAND, Message.author != Author.SYSTEM)
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES)
    )
    found: dict[int, str] = {}
    for conversation_id, text in rows:
        found.setdefault(conversation_id, _around(text, words[0]))
    return found


def _around(text: str, word: str) -> str:
    """The words about the hit, in one line."""
    line = " ".join(text.split())
    at = fold(line).find(word)
    if at < AROUND:
        return line[: AROUND * 3]
    return "…" + line[at - AROUND : at + AROUND * 2]
