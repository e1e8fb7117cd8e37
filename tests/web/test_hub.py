"""Catching up and following, by the hub itself and by the stream that a browser reads."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from conversations.models import Event
from storage.database import Database
from storage.signals import Signals
from web import hub as hub_module
from web.hub import EventHub, Frame


async def emit(database: Database, events: Events, *conversations: int | None) -> None:
    for conversation_id in conversations:
        async with database.write() as tx:
            events.emit(tx, "message.received", conversation_id=conversation_id)


async def prune(database: Database, upto: int) -> None:
    async with database.write() as tx:
        await tx.session.execute(delete(Event).where(Event.id <= upto))


async def read_up_to(frames: AsyncGenerator[Frame, None], last: int) -> list[int]:
    """The numbers of the changes until the stream has come to number ``last``."""
    seen: list[int] = []
    async with asyncio.timeout(10):
        async for frame in frames:
            assert not frame.reload
            seen += [change.id for change in frame.changes]
            if frame.last >= last:
                return seen
    raise AssertionError("the stream ended")


async def first(frames: AsyncIterator[Frame]) -> Frame:
    async with asyncio.timeout(10):
        return await anext(aiter(frames))


async def reach(hub: EventHub, position: int) -> None:
    async with asyncio.timeout(10):
        frames = hub.subscribe(None)
        async for frame in frames:
            if frame.last >= position:
                await frames.aclose()
                return


async def test_page_gets_exactly_what_it_missed_then_what_comes(
    database: Database, events: Events, hub: EventHub
) -> None:
    await emit(database, events, 1, 2, None, 1)
    await reach(hub, 4)
    frames = hub.subscribe(2)
    assert await read_up_to(frames, 4) == [3, 4]
    await emit(database, events, 5, 6)
    assert await read_up_to(frames, 6) == [5, 6]
    await frames.aclose()


async def test_page_that_missed_nothing_gets_a_first_frame_at_once(
    database: Database, events: Events, hub: EventHub
) -> None:
    await emit(database, events, 1, 1)
    await reach(hub, 2)
    for after in (2, None):
        frames = hub.subscribe(after)
        assert await first(frames) == Frame(2)
        await frames.aclose()


async def test_what_happens_while_a_page_catches_up_is_neither_lost_nor_doubled(
    database: Database, events: Events, hub: EventHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "READ_LIMIT", 2)
    await emit(database, events, *[1] * 7)
    await reach(hub, 7)
    frames = hub.subscribe(0)
    begun = await first(frames)
    assert [change.id for change in begun.changes] == [1, 2]
    await emit(database, events, 1, 1, 1)
    await reach(hub, 10)
    assert await read_up_to(frames, 10) == [3, 4, 5, 6, 7, 8, 9, 10]
    await frames.aclose()


async def test_pruned_history_says_reload(
    database: Database, events: Events, hub: EventHub
) -> None:
    await emit(database, events, 1, 1, 1, 1)
    await reach(hub, 4)
    await prune(database, 2)
    frames = hub.subscribe(1)
    assert (await first(frames)).reload
    with pytest.raises(StopAsyncIteration):
        await anext(frames)
    kept = hub.subscribe(2)
    assert await read_up_to(kept, 4) == [3, 4]
    await kept.aclose()


async def test_all_history_pruned(database: Database, events: Events, hub: EventHub) -> None:
    await emit(database, events, 1, 1)
    await reach(hub, 2)
    await prune(database, 2)
    assert (await first(hub.subscribe(1))).reload
    assert await first(hub.subscribe(2)) == Frame(2)


async def test_number_that_never_was_says_reload(hub: EventHub) -> None:
    assert (await first(hub.subscribe(1000))).reload


async def test_number_that_another_process_has_seen_first_is_waited_for(
    database: Database, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "SWEEP_SECONDS", 0.01)
    deaf = EventHub(database, Signals(database), asyncio.Event(), heartbeat=0.01)
    await deaf.start()
    await emit(database, events, 1, 1, 1)
    frames = deaf.subscribe(2)
    assert await first(frames) == Frame(2)
    assert await read_up_to(frames, 3) == [3]
    await frames.aclose()
    await deaf.close()


async def test_what_is_read_while_asking_for_the_newest_is_not_told_twice(
    database: Database, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = EventHub(database, Signals(database), asyncio.Event(), heartbeat=0.01)
    await emit(database, events, 1, 1, 1)
    bounds = hub_module.events.bounds

    async def catching_up(session: AsyncSession) -> tuple[int, int]:
        await behind._advance()
        return await bounds(session)

    monkeypatch.setattr(hub_module.events, "bounds", catching_up)
    frames = behind.subscribe(2)
    assert await first(frames) == Frame(2)
    assert await read_up_to(frames, 3) == [3]
    await frames.aclose()


async def test_conversation_s_page_sees_its_own_changes_only(
    database: Database, events: Events, hub: EventHub
) -> None:
    await emit(database, events, 7, 8, None, 7)
    await reach(hub, 4)
    frames = hub.subscribe(0, conversation_id=7)
    assert await read_up_to(frames, 4) == [1, 4]
    await emit(database, events, 8, 7, None)
    assert await read_up_to(frames, 7) == [6]
    await frames.aclose()


async def test_too_much_to_look_through_says_reload(
    database: Database, events: Events, hub: EventHub
) -> None:
    await emit(database, events, *[1] * 5)
    await reach(hub, 5)
    assert (await first(hub.subscribe(0, catch_up=4))).reload
    assert not (await first(hub.subscribe(0, catch_up=5))).reload


async def test_page_that_does_not_read_is_told_to_reload_and_costs_no_more(
    database: Database, events: Events, hub: EventHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "QUEUE_LIMIT", 3)
    slow, quick = hub.subscribe(None), hub.subscribe(None)
    await first(slow)
    await first(quick)
    await emit(database, events, 1, 1)
    assert await read_up_to(quick, 2) == [1, 2]
    await emit(database, events, 1, 1)
    assert await read_up_to(quick, 4) == [3, 4]
    assert (await first(slow)).reload
    with pytest.raises(StopAsyncIteration):
        await anext(slow)
    await quick.aclose()


async def test_changes_that_come_together_share_a_frame(
    database: Database, events: Events, hub: EventHub
) -> None:
    frames = hub.subscribe(None)
    await first(frames)
    async with database.write() as tx:
        for message in range(5):
            events.emit(tx, "message.received", conversation_id=1, message=message)
    async with asyncio.timeout(10):
        async for frame in frames:
            if frame.changes:
                break
    assert [change.ids for change in frame.changes] == [{"message": number} for number in range(5)]
    await frames.aclose()


async def test_stop_ends_the_streams(hub: EventHub, stop: asyncio.Event) -> None:
    frames = hub.subscribe(None)
    await first(frames)
    stop.set()
    async with asyncio.timeout(10):
        assert [frame async for frame in frames if frame.changes or frame.reload] == []


async def test_hub_goes_on_after_the_database_was_away(
    database: Database, events: Events, hub: EventHub
) -> None:
    frames = hub.subscribe(None)
    await first(frames)
    async with database.write() as tx:
        await tx.session.execute(text("ALTER TABLE event RENAME TO event_away"))
    hub._signals.wake_here("events")
    await first(frames)
    async with database.write() as tx:
        await tx.session.execute(text("ALTER TABLE event_away RENAME TO event"))
    await emit(database, events, 1)
    assert await read_up_to(frames, 1) == [1]
    await frames.aclose()


def test_json_of_a_change_names_kind_and_ids_only() -> None:
    from conversations.events import Change
    from web.stream import to_event

    event = to_event(Frame(9, (Change(9, "handoff.taken", 7, {"staff": 3}),)))
    assert event.id == "9"
    assert event.event == "changes"
    assert json.loads(str(event.data)) == [
        {"id": 9, "kind": "handoff.taken", "conversation": 7, "ids": {"staff": 3}}
    ]
