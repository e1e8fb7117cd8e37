"""Customers' files are fetched soon after they came: the links of platforms expire.

A row of ``media.models.Attachment`` is the work: who takes it moves ``not_before`` on, so that
nobody else does and a death loses nothing. No transaction is open while a file is on its way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import select, update

from bots.stopping import until_stopped
from conversations.events import Events
from conversations.models import Message
from media import attachments
from media.attachments import keep
from media.errors import NotAllowed, NotFetched, NotReached
from media.fetching import Fetcher
from media.models import Attachment, AttachmentState, Problem
from media.store import LARGEST, MediaStore
from storage.database import Database
from storage.signals import Signals

log = structlog.get_logger(__name__)

FETCHED = Counter("okno_attachments_total", "Customers' files", ["channel", "outcome"])

AT_ONCE = 4
SWEEP_SECONDS = 5.0
# Longer than a fetch can take.
CLAIM = timedelta(minutes=3)
PAUSES = (timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2),
          timedelta(minutes=10), timedelta(minutes=30))  # fmt: skip

Locate = Callable[[Mapping[str, Any]], Awaitable[str]]


async def told_link(source: Mapping[str, Any]) -> str:
    """Where the event itself says where the file is."""
    return str(source["url"])


@dataclass(frozen=True, slots=True)
class FileSource:
    """A platform's files. ``locate`` makes a link of an attachment's source; raises NotFetched."""

    channel: str
    fetcher: Fetcher
    locate: Locate = told_link


@dataclass(frozen=True, slots=True)
class _Taken:
    id: int
    message_id: int
    conversation_id: int
    account_id: int
    source: Mapping[str, Any]
    attempts: int


class Fetching:
    """``sources`` by the id of the bot account that the message came to."""

    def __init__(
        self,
        database: Database,
        events: Events,
        signals: Signals,
        store: MediaStore,
        sources: Mapping[int, FileSource],
    ) -> None:
        self._database = database
        self._events = events
        self._signals = signals
        self._store = store
        self._sources = sources

    async def run(self, stop: asyncio.Event) -> None:
        waiter = self._signals.subscribe(attachments.SIGNAL)
        try:
            await until_stopped(stop, self._work(waiter.wait))
        finally:
            self._signals.unsubscribe(attachments.SIGNAL, waiter)

    async def _work(self, wait: Callable[[float], Awaitable[bool]]) -> None:
        while True:
            try:
                while await self.fetch_due():
                    pass
            except Exception:
                log.exception("bots.fetching_failed")
            await wait(SWEEP_SECONDS)

    async def fetch_due(self) -> int:
        """Fetch a few that are due, side by side; how many there were."""
        taken = await self._take()
        await asyncio.gather(*(self._one(one) for one in taken))
        return len(taken)

    async def _take(self) -> list[_Taken]:
        if not self._sources:
            return []
        due = (
            select(Attachment.id)
            .join(Message, Message.id == Attachment.message_id)
            .where(
                Attachment.state == AttachmentState.WAITING,
                Attachment.not_before <= self._database.clock.now(),
                # A sum, so that no index of messages fits: SQLite would begin with all of them.
                (Message.bot_account_id + 0).in_(self._sources),
            )
            .order_by(Attachment.not_before)
            .limit(AT_ONCE)
        )
        async with self._database.read() as session:
            ids = list((await session.execute(due)).scalars())
        if not ids:
            return []
        async with self._database.write() as tx:
            claimed = await tx.session.execute(
                update(Attachment)
                .where(
                    Attachment.id.in_(ids),
                    Attachment.state == AttachmentState.WAITING,
                    Attachment.not_before <= tx.now,
                )
                .values(attempts=Attachment.attempts + 1, not_before=tx.now + CLAIM)
                .returning(Attachment.id)
            )
            mine = list(claimed.scalars())
            rows = await tx.session.execute(
                select(
                    Attachment.id, Attachment.message_id, Message.conversation_id,
                    Message.bot_account_id, Attachment.source, Attachment.attempts,
                )
                .join(Message, Message.id == Attachment.message_id)
                .where(Attachment.id.in_(mine))
            )  # fmt: skip
            return [_Taken(*row) for row in rows]

    async def _one(self, taken: _Taken) -> None:
        source = self._sources[taken.account_id]
        try:
            link = await source.locate(taken.source)
            kept = await keep(self._store, await source.fetcher.fetch(link, LARGEST))
        except NotFetched as error:
            await self._not_there(taken, source, error)
            return
        except Exception as error:
            # A full disk, a fault of ours: tried again like a silence of the platform.
            log.exception("bots.attachment_failed", attachment=taken.id)
            await self._not_there(taken, source, NotReached(Problem.UNREACHABLE, ""), error)
            return
        await self._mark(
            taken, source, "kept",
            {"state": AttachmentState.KEPT, "source": {}, "problem": None, "host": None,
             **kept.columns()},
        )  # fmt: skip

    async def _not_there(
        self, taken: _Taken, source: FileSource, problem: NotFetched, why: Exception | None = None
    ) -> None:
        final = isinstance(problem, NotAllowed) or taken.attempts > len(PAUSES)
        log.warning(
            "bots.attachment_not_fetched", channel=source.channel, attachment=taken.id,
            problem=problem.problem, host=problem.host, final=final,
            error=type(why or problem).__name__,
        )  # fmt: skip
        values: dict[str, Any] = {"problem": problem.problem, "host": problem.host or None}
        if final:
            await self._mark(taken, source, "failed", {"state": AttachmentState.FAILED, **values})
        else:
            await self._mark(taken, source, "delayed", values, PAUSES[taken.attempts - 1])

    async def _mark(
        self, taken: _Taken, source: FileSource, outcome: str, values: Mapping[str, Any],
        pause: timedelta | None = None,
    ) -> None:  # fmt: skip
        async with self._database.write() as tx:
            timed = {"finished_at": tx.now} if pause is None else {"not_before": tx.now + pause}
            marked = await tx.session.execute(
                update(Attachment)
                .where(
                    Attachment.id == taken.id,
                    # Still the attempt that this is the outcome of.
                    Attachment.state == AttachmentState.WAITING,
                    Attachment.attempts == taken.attempts,
                )
                .values(**values, **timed)
                .returning(Attachment.id)
            )
            if marked.scalar_one_or_none() is None:
                return
            # Open pages show the message anew.
            self._events.emit(
                tx, "message.attached",
                conversation_id=taken.conversation_id, message=taken.message_id,
            )  # fmt: skip
            tx.after_commit(("attachment", taken.id), FETCHED.labels(source.channel, outcome).inc)
