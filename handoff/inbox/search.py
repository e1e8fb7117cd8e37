"""Search over people, accounts, texts and labels; the same hits on both databases."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from billing.models import Account, AccountLink
from conversations.folding import fold
from conversations.models import Author, Contact, Conversation, Message, MessageKind
from handoff.inbox import words
from handoff.inbox.tags import labelled
from handoff.models import Handoff
from nlu.morphology import forms

# Lines of a page, and one that says whether there are more.
FOUND = 201
# So few digits are in every second message.
FEWEST_DIGITS = 4
# Of the messages that fit the newest are looked at.
MOST_MESSAGES = 2_000
AROUND = 40


@dataclass(frozen=True, slots=True)
class Hits:
    """``stays``: the last stay of each conversation found, the newest first; ``said``: for those
    found by a text, by conversation, the words around it. ``partly``: more messages fit than
    were looked at."""

    stays: Sequence[int]
    said: dict[int, str]
    partly: bool = False


async def search(session: AsyncSession, text: str, *, before: int | None = None) -> Hits:
    """Every word of ``text``, or its beginning, must be in the name, or every one in one message;
    a number is also looked for among the accounts and phones of the customer. ``before``: only
    stays with smaller ids, the next page."""
    asked = words.words_of(text)
    if not asked:
        return Hits([], {})
    sqlite = session.get_bind().dialect.name == "sqlite"
    said, partly = await _said(session, asked, sqlite=sqlite)
    named = select(Handoff.conversation_id).where(words.stays(asked, sqlite=sqlite))
    called = select(Handoff.conversation_id).where(labelled(asked))
    found = [Handoff.conversation_id.in_(part) for part in (said, named, called)]
    if (numbered := _numbered(text)) is not None:
        found.append(Handoff.conversation_id.in_(numbered))
    last = func.max(Handoff.id)
    statement = select(last).where(or_(*found)).group_by(Handoff.conversation_id)
    if before is not None:
        statement = statement.having(last < before)
    stays = list((await session.execute(statement.order_by(last.desc()).limit(FOUND))).scalars())
    return Hits(stays, said, partly)


def _numbered(text: str) -> ColumnElement[int] | None:
    """The conversations of customers with this phone or account."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < FEWEST_DIGITS or re.search(r"[^\d\s()+-]", text):
        return None
    # A Russian number is told with 8 and with +7.
    tail = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
    linked = (
        select(AccountLink.contact_id)
        .join(Account, Account.id == AccountLink.account_id)
        .where(AccountLink.unlinked_at.is_(None), Account.number.contains(digits))
    )
    return (
        select(Conversation.id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(or_(Contact.phone.contains(tail), Contact.id.in_(linked)))
        .scalar_subquery()
    )


async def _said(
    session: AsyncSession, asked: Sequence[str], *, sqlite: bool
) -> tuple[dict[int, str], bool]:
    rows = await session.execute(
        select(Message.conversation_id, Message.text)
        .where(
            # Twice as many: what was not said by people is left out of them.
            words.messages(asked, sqlite=sqlite, newest=2 * MOST_MESSAGES),
            Message.kind != MessageKind.COMMAND,
            Message.author != Author.SYSTEM,
        )
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES + 1)
    )
    found: dict[int, str] = {}
    seen = 0
    for conversation_id, text in rows:
        seen += 1
        if conversation_id not in found:
            found[conversation_id] = _around(text, asked[0])
    return found, seen > MOST_MESSAGES


def _around(text: str, word: str) -> str:
    """The words about the hit, in one line."""
    line = " ".join(text.split())
    folded = fold(line)
    known = "|".join([re.escape(word), *(rf"{re.escape(one)}\b" for one in forms(word))])
    hit = re.search(rf"\b(?:{known})", folded)
    at = hit.start() if hit else 0
    if at < AROUND:
        return line[: AROUND * 3]
    return "…" + line[at - AROUND : at + AROUND * 2]
