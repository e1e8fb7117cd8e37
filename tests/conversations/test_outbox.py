"""The queue out: order, one number per row, and nothing of it when the work is undone."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from conversations.events import Events
from conversations.marks import Mark, marks_of
from conversations.models import Author, Conversation, Delivery, DeliveryKind, Message
from conversations.service import (
    Outbox,
    Outgoing,
    Signal,
    history,
    lock,
    mark_unreachable,
    record,
)
from storage.database import Database


def outgoing(conversation: int, text: str, parts: int = 1) -> Outgoing:
    rendered = [{"text": f"{text}{n}"} for n in range(parts)]
    return Outgoing(conversation, Author.ASSISTANT, text, rendered, {"text": text})


async def queued(database: Database, conversation: int) -> list[tuple[int, str]]:
    """(seq, text) of a conversation's rows in the order of sending."""
    async with database.read() as session:
        rows = await session.execute(
            select(Delivery).where(Delivery.conversation_id == conversation).order_by(Delivery.seq)
        )
        return [(row.seq, row.payload.get("text", row.kind)) for row in rows.scalars()]


async def test_parts_and_messages_keep_their_order(
    database: Database, outbox: Outbox, chats: list[int]
) -> None:
    anna, boris, _ = chats
    async with database.write() as tx:
        ids = await outbox.queue(
            tx, [outgoing(anna, "a", 2), outgoing(boris, "b"), outgoing(anna, "c", 2)]
        )
    async with database.write() as tx:
        await outbox.queue(tx, [outgoing(anna, "d")])
    assert await queued(database, anna) == [(1, "a0"), (2, "a1"), (3, "c0"), (4, "c1"), (5, "d0")]
    assert await queued(database, boris) == [(1, "b0")]
    async with database.read() as session:
        said = await history(session, anna)
        states = await marks_of(session, ids)
    assert [message.text for message in said] == ["a", "c", "d"]
    assert set(states.values()) == {Mark("queued", None)}


async def test_a_press_is_answered_before_the_reply_is_shown(
    database: Database, outbox: Outbox, chats: list[int]
) -> None:
    async with database.write() as tx:
        answer = Signal(chats[0], DeliveryKind.PRESS_ANSWER, {}, tx.now + timedelta(minutes=1))
        await outbox.queue(tx, [outgoing(chats[0], "a")], [answer])
    assert await queued(database, chats[0]) == [(1, "press_answer"), (2, "a0")]


async def test_many_writers_at_once_never_share_a_number(
    database: Database, outbox: Outbox, chats: list[int]
) -> None:
    async def write(n: int) -> None:
        async with database.write() as tx:
            # Each in another order: locks are always taken in the order of ids.
            turned = chats[n % 3 :] + chats[: n % 3]
            await outbox.queue(tx, [outgoing(chat, f"{n}-", 2) for chat in turned])

    await asyncio.gather(*(write(n) for n in range(20)))
    for chat in chats:
        rows = await queued(database, chat)
        assert [seq for seq, _ in rows] == list(range(1, 41))
        texts = [text for _, text in rows]
        assert all(a[:-1] == b[:-1] for a, b in zip(texts[::2], texts[1::2], strict=True)), texts


async def test_undone_work_leaves_no_gap(
    database: Database, outbox: Outbox, chats: list[int]
) -> None:
    async def fail() -> None:
        async with database.write() as tx:
            await outbox.queue(tx, [outgoing(chats[0], "never")])
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        await fail()
    async with database.write() as tx:
        await outbox.queue(tx, [outgoing(chats[0], "a")])
    assert await queued(database, chats[0]) == [(1, "a0")]
    async with database.read() as session:
        assert len((await session.execute(select(Message))).scalars().all()) == 1


async def test_every_row_has_a_key_of_its_own(
    database: Database, outbox: Outbox, chats: list[int]
) -> None:
    async with database.write() as tx:
        await outbox.queue(tx, [outgoing(chats[0], "a", 30)])
    async with database.read() as session:
        keys = (await session.execute(select(Delivery.random_id))).scalars().all()
    assert len(set(keys)) == 30
    assert all(1 <= key < 2**31 for key in keys)


async def test_the_conversation_knows_when_it_was_last_spoken_in(
    database: Database, outbox: Outbox, chats: list[int]
) -> None:
    async with database.write() as tx:
        now = tx.now
        locked = await lock(tx, [chats[1], chats[0]])
        assert list(locked) == sorted(chats[:2])
        await outbox.queue(tx, [outgoing(chats[0], "a", 3)], locked=locked)
    async with database.read() as session:
        row = (
            await session.execute(select(Conversation).where(Conversation.id == chats[0]))
        ).scalar_one()
    assert (row.last_seq, row.last_message_at) == (3, now)


async def test_a_line_for_staff_is_not_sent(
    database: Database, events: Events, chats: list[int]
) -> None:
    async with database.write() as tx:
        locked = await lock(tx, chats[:1])
        await record(tx, events, locked[chats[0]], "Ольга взяла разговор")
        await mark_unreachable(tx, chats[0], "blocked")
    assert await queued(database, chats[0]) == []
    async with database.read() as session:
        assert [m.author for m in await history(session, chats[0])] == ["system"]


async def test_history_comes_in_pages_oldest_first(
    database: Database, outbox: Outbox, chats: list[int]
) -> None:
    async with database.write() as tx:
        ids = await outbox.queue(tx, [outgoing(chats[0], str(n)) for n in range(7)])
    async with database.read() as session:
        last = await history(session, chats[0], limit=3)
        before = await history(session, chats[0], before=last[0].id, limit=3)
        after = await history(session, chats[0], after=ids[1], limit=2)
    assert [[m.text for m in page] for page in (last, before, after)] == [
        ["4", "5", "6"], ["1", "2", "3"], ["2", "3"],
    ]  # fmt: skip
