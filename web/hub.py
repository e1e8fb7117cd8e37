"""Live events for open pages: one reader per process, any number of pages.

The reader looks into the event table when it is woken (and from time to time anyway) and hands
what is new to the pages' queues. A page that comes with the last number it saw first gets
exactly what it missed. Numbers become visible in order, so nothing can slip in between.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from conversations import events, typing
from conversations.events import Change
from storage.database import Database
from storage.signals import Signals

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 5.0
# Reading in steps shares one query and one frame between changes that come close together.
STEP_SECONDS = 0.05
HEARTBEAT_SECONDS = 15.0
READ_LIMIT = 500
# Under this name staff pages of all processes are told what is worth no row.
PAGES = "pages"
QUEUE_LIMIT = 1_000
CATCH_UP_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of a stream: the wanted changes up to event number ``last``.

    Without changes it is a heartbeat. ``signals``: what is true only now (who types), without
    numbers and never made good. ``reload``: what was missed cannot be told any more, the
    page has to read its data anew; nothing follows.
    """

    last: int
    changes: tuple[Change, ...] = ()
    signals: tuple[Change, ...] = ()
    reload: bool = False


class _Listener:
    """A page's queue. Changes up to ``after`` come to it another way."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.woken = asyncio.Event()
        self.overflowing = False
        self._waiting: list[Change] = []
        self._signals: list[Change] = []

    def put(self, changes: Sequence[Change]) -> None:
        if self.overflowing:
            return
        self._waiting += [change for change in changes if change.id > self.after]
        if len(self._waiting) > QUEUE_LIMIT:
            self.overflowing = True
            self._waiting.clear()
        self.woken.set()

    def signal(self, change: Change) -> None:
        if len(self._signals) < QUEUE_LIMIT:
            self._signals.append(change)
            self.woken.set()

    def take(self) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        taken = tuple(self._waiting), tuple(self._signals)
        self._waiting.clear()
        self._signals.clear()
        return taken


class EventHub:
    """``start()`` before the first page, ``close()`` ends all streams.

    ``stop``: set at shutdown; streams end then, before the server waits for its connections.
    """

    def __init__(
        self,
        database: Database,
        signals: Signals,
        stop: asyncio.Event,
        *,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._database = database
        self._signals = signals
        self._stop = stop
        self._heartbeat = heartbeat
        self._position = 0
        self._closed = False
        # By conversation; under None those who want everything.
        self._listeners: dict[int | None, set[_Listener]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def position(self) -> int:
        """The last number read. Whatever a page reads from the database afterwards contains
        all changes up to it: take it first, give it to the page as its starting point."""
        return self._position

    async def tell(self, kind: str, conversation_id: int, /, **ids: Any) -> None:
        """Tell the staff pages of all processes something that is not worth storing."""
        await self._signals.tell(PAGES, kind=kind, conversation=conversation_id, ids=ids)

    def _told(self, told: dict[str, Any]) -> None:
        for listener in self._listeners.get(None, ()):
            listener.signal(Change(0, told["kind"], told["conversation"], told["ids"]))

    def _typed(self, told: dict[str, Any]) -> None:
        """The customer's own page shows that an answer is being written."""
        for listener in self._listeners.get(told["conversation"], ()):
            listener.signal(Change(0, typing.NAME, told["conversation"]))

    async def start(self) -> None:
        self._signals.hear(PAGES, self._told)
        self._signals.hear(typing.NAME, self._typed)
        async with self._database.read() as session:
            _, self._position = await events.bounds(session)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._watch_stop())]

    async def close(self) -> None:
        self._signals.unhear(PAGES, self._told)
        self._signals.unhear(typing.NAME, self._typed)
        self._end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def subscribe(
        self,
        after: int | None,
        *,
        conversation_id: int | None = None,
        catch_up: int = CATCH_UP_LIMIT,
    ) -> AsyncGenerator[Frame, None]:
        """Frames from event number ``after`` on (None: from now on); the first comes at once.

        ``conversation_id``: only changes of this conversation. More than ``catch_up`` events to
        look through for what was missed is answered with ``reload``. Close the generator when
        the page is gone.
        """
        listener = _Listener(self._position)
        self._listeners[conversation_id].add(listener)
        try:
            start = listener.after
            if after is not None and after < start:
                async for frame in self._missed(after, start, conversation_id, catch_up):
                    yield frame
                    if frame.reload:
                        return
            else:
                if after is not None and after > start:
                    # Another process's page may have shown more than we have read yet. Said
                    # before asking: what we read meanwhile is not told once more.
                    listener.after = start = after
                    async with self._database.read() as session:
                        _, newest = await events.bounds(session)
                    if after > newest:
                        yield Frame(newest, reload=True)  # the database is not the one it was
                        return
                yield Frame(start)
            async for frame in self._live(listener):
                yield frame
        finally:
            self._listeners[conversation_id].discard(listener)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]

    async def _missed(
        self, after: int, upto: int, conversation_id: int | None, catch_up: int
    ) -> AsyncGenerator[Frame, None]:
        position, looked_at = after, 0
        while position < upto:
            async with self._database.read() as session:
                changes = await events.since(session, position, READ_LIMIT)
                # Asked last: had anything been pruned before, this says so.
                oldest, _ = await events.bounds(session)
            looked_at += len(changes)
            if not changes or oldest > position + 1 or looked_at > catch_up:
                yield Frame(upto, reload=True)
                return
            position = min(changes[-1].id, upto)
            yield Frame(
                position,
                tuple(
                    change
                    for change in changes
                    if change.id <= upto and conversation_id in (None, change.conversation_id)
                ),
            )

    async def _live(self, listener: _Listener) -> AsyncGenerator[Frame, None]:
        while not self._closed:
            try:
                async with asyncio.timeout(self._heartbeat):
                    await listener.woken.wait()
            except TimeoutError:
                pass
            listener.woken.clear()
            # Nothing awaits from here on: what was put up to our position has been taken.
            last = max(self._position, listener.after)
            if listener.overflowing:
                yield Frame(last, reload=True)
                return
            if not self._closed:
                changes, signals = listener.take()
                yield Frame(last, changes, signals)

    async def _read(self) -> None:
        waiter = self._signals.subscribe(events.SIGNAL)
        try:
            while True:
                try:
                    while await self._advance():
                        pass
                except Exception:
                    log.exception("web.events_unread")
                await asyncio.sleep(STEP_SECONDS)
                await waiter.wait(SWEEP_SECONDS)
        finally:
            self._signals.unsubscribe(events.SIGNAL, waiter)

    async def _advance(self) -> bool:
        """Hand out what is new; whether there may be more."""
        async with self._database.read(brief=True) as session:
            changes = await events.since(session, self._position, READ_LIMIT)
        if not changes:
            return False
        self._position = changes[-1].id
        for listener in self._listeners.get(None, ()):
            listener.put(changes)
        by_conversation: dict[int, list[Change]] = defaultdict(list)
        for change in changes:
            if change.conversation_id in self._listeners and change.conversation_id is not None:
                by_conversation[change.conversation_id].append(change)
        for conversation_id, own in by_conversation.items():
            for listener in self._listeners[conversation_id]:
                listener.put(own)
        return len(changes) == READ_LIMIT

    async def _watch_stop(self) -> None:
        await self._stop.wait()
        self._end_streams()

    def _end_streams(self) -> None:
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.woken.set()
