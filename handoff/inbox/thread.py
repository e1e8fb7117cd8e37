"""A conversation's lines for the operators' page, page by page."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.marks import marks_of
from conversations.models import Author, Message, MessageKind
from conversations.service import history
from handoff.customer.earlier import Span
from handoff.inbox.lines import Line, line
from media.attachments import of_messages
from nlu.taxonomy import TALK

PAGE = 40
# What a page may ask for anew at once.
MOST_CHANGED = 200
# The last lines may have changed without an event of their own (what was understood).
RECENT = 4
LONGEST_NEWS = 200
LONGEST_SPAN = 300
# So far back a question is looked for.
_LOOKED_BACK = 10
_NO_QUESTION = frozenset({*TALK, "operator"})


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Oldest first. ``older``: there are more before. ``previous_day``: of the line before the
    first one, None when that is the first of all or not known."""

    lines: Sequence[Line]
    older: bool
    previous_day: date | None = None


class Thread:
    """Reads lines of conversations; ``intent_title`` names what the assistant understood."""

    def __init__(self, zone: ZoneInfo, intent_title: Callable[[str], str]) -> None:
        self._zone = zone
        self._intent_title = intent_title

    async def page(
        self, session: AsyncSession, conversation_id: int, *, before: int | None = None
    ) -> ThreadPage:
        """The end of the conversation, or what stands before message ``before``."""
        messages = await history(session, conversation_id, before=before, limit=PAGE + 1)
        older = len(messages) > PAGE
        previous_day = self._day(messages[0]) if older else None
        return ThreadPage(await self._lines(session, messages[-PAGE:]), older, previous_day)

    async def span(self, session: AsyncSession, span: Span) -> ThreadPage:
        """A part of another conversation of the customer's: the end of it, when it is long."""
        rows = await session.execute(
            select(Message)
            .where(
                Message.conversation_id == span.conversation_id,
                Message.created_at >= span.since,
                Message.created_at <= span.until,
            )
            .order_by(Message.id.desc())
            .limit(LONGEST_SPAN + 1)
        )
        messages = list(reversed(list(rows.scalars())))
        cut = len(messages) > LONGEST_SPAN
        return ThreadPage(await self._lines(session, messages[-LONGEST_SPAN:]), older=cut)

    async def news(
        self, session: AsyncSession, conversation_id: int, *, after: int, changed: Collection[int]
    ) -> ThreadPage:
        """What came after message ``after``, and the lines up to it that may look different."""
        fresh = await history(session, conversation_id, after=after, limit=LONGEST_NEWS)
        recent = await history(session, conversation_id, before=after + 1, limit=RECENT)
        known = {message.id for message in recent}
        asked = sorted(set(changed) - known)[:MOST_CHANGED]
        earlier: list[Message] = []
        if asked:
            rows = await session.execute(
                select(Message)
                .where(
                    Message.conversation_id == conversation_id,
                    Message.id.in_(asked),
                    Message.id <= after,
                )
                .order_by(Message.id)
            )
            earlier = list(rows.scalars())
        lines = await self._lines(session, [*earlier, *recent, *fresh])
        return ThreadPage(lines, older=False)

    async def _lines(self, session: AsyncSession, messages: Sequence[Message]) -> list[Line]:
        sent = [m.id for m in messages if m.author in (Author.ASSISTANT, Author.OPERATOR)]
        states = await marks_of(session, sent) if sent else {}
        with_files = [
            m.id
            for m in messages
            if m.kind == MessageKind.ATTACHMENT
            or (m.author == Author.OPERATOR and m.data.get("files"))
        ]
        files = await of_messages(session, with_files) if with_files else {}
        return [
            line(
                message, states.get(message.id), zone=self._zone, intent_title=self._intent_title,
                files=files.get(message.id, ()),
            )
            for message in messages
        ]  # fmt: skip

    def _day(self, message: Message) -> date:
        return message.created_at.astimezone(self._zone).date()


async def last_question(session: AsyncSession, conversation_id: int) -> Mapping[str, Any] | None:
    """What the assistant made of the customer's last text that asked for something: «позовите
    человека» and «спасибо» say nothing of it."""
    statement = (
        select(Message.understanding)
        .where(
            Message.conversation_id == conversation_id,
            Message.author == Author.CUSTOMER,
            Message.kind == MessageKind.TEXT,
        )
        .order_by(Message.id.desc())
        .limit(_LOOKED_BACK)
    )
    for read in (await session.execute(statement)).scalars():
        if read and read.get("intent") not in _NO_QUESTION:
            return cast(Mapping[str, Any], read)
    return None
