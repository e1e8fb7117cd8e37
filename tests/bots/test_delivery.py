"""Delivery: order per chat, what each outcome leads to, leases, and death in the middle."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from bots import delivery
from bots.circuit import FAILURES
from bots.delivery import MAX_ATTEMPTS, NOTICES_AT_ONCE
from bots.intake import Intake
from bots.outcome import (
    AccountBroken,
    Outcome,
    Rejected,
    SlowDown,
    TryAgain,
    Unknown,
)
from conversations import events as live
from conversations.events import Events
from conversations.models import (
    Author,
    BotAccount,
    DeliveryKind,
    DeliveryState,
)
from conversations.service import Outbox, Outgoing, bot_account_id
from storage import leases
from storage.database import Database
from storage.signals import Signals
from tests.bots.delivery_bench import Bench, ScriptedSender
from tests.conftest import FakeClock
from tests.fakes.waiting import until


@pytest.fixture
async def bench(
    database: Database, clock: FakeClock, events: Events, signals: Signals, outbox: Outbox,
    intake: Intake, account: int,
) -> AsyncIterator[Bench]:  # fmt: skip
    await signals.start()
    bench = Bench(database, clock, events, signals, outbox, intake, account)
    yield bench
    for one in bench.running:
        await one.die()
    await signals.close()


def unknown_count() -> float:
    value = REGISTRY.get_sample_value("okno_delivery_unknown_total", {"channel": "telegram"})
    return value or 0.0


async def test_a_chat_gets_its_messages_in_order_and_chats_do_not_wait_for_each_other(
    bench: Bench,
) -> None:
    anna, boris = await bench.chat("77"), await bench.chat("78")
    bench.sender.held["a1"] = asyncio.Event()
    await bench.queue(anna, "a1+a2", "a3")
    await bench.queue(boris, "b1", "b2")
    bench.start()
    await until(lambda: "b2" in bench.sender.texts, "Boris is served")
    assert bench.sender.texts.count("a1") == 1
    assert "a2" not in bench.sender.texts
    bench.sender.held["a1"].set()
    await until(bench.all_in(DeliveryState.SENT), "everything is sent")
    assert [t for t in bench.sender.texts if t.startswith("a")] == ["a1", "a2", "a3"]
    assert [row.platform_id is not None for row in await bench.rows()] == [True] * 5
    async with bench.database.read() as session:
        kinds = [change.kind for change in await live.since(session, 0)]
    assert kinds.count("message.sent") == 5


async def test_slow_down_is_waited_out_and_is_no_attempt(bench: Bench) -> None:
    conversation = await bench.chat()
    bench.sender.script["1"] = [SlowDown(7)] * (MAX_ATTEMPTS + 2)
    await bench.queue(conversation, "1", "2")
    bench.start()
    for n in range(MAX_ATTEMPTS + 2):
        await until(lambda n=n: len(bench.sender.got) == n + 1, f"attempt {n + 1}")  # type: ignore[misc]
        await until(bench.all_in(DeliveryState.QUEUED), "it is back in the queue")
        bench.pass_time(seconds=6.9)
        row = (await bench.rows())[0]
        assert (row.attempts, row.not_before > bench.clock.now()) == (0, True)
        bench.pass_time(seconds=0.2)
    await until(bench.all_in(DeliveryState.SENT), "everything is sent")
    assert bench.sender.texts == ["1"] * (MAX_ATTEMPTS + 3) + ["2"]


async def test_faults_are_repeated_with_growing_pauses_then_the_message_fails(
    bench: Bench,
) -> None:
    """Others get theirs meanwhile: it is this message that fails, and not the platform."""
    conversation, other = await bench.chat(), await bench.chat("78")
    bench.sender.script["1"] = [TryAgain("500")] * MAX_ATTEMPTS
    await bench.queue(conversation, "1", "2")
    bench.start()
    pauses = []
    for n in range(MAX_ATTEMPTS - 1):
        await until(lambda n=n: bench.sender.texts.count("1") == n + 1, f"attempt {n + 1}")  # type: ignore[misc]
        await bench.queue(other, f"other {n}")
        await until(lambda n=n: f"other {n}" in bench.sender.texts, "another one's")  # type: ignore[misc]
        await until(bench.all_in(DeliveryState.QUEUED, DeliveryState.SENT), "it is back")
        row = (await bench.rows())[0]
        assert (row.attempts, row.error) == (n + 1, "500")
        pauses.append((row.not_before - bench.clock.now()).total_seconds())
        bench.pass_time(seconds=pauses[-1])
    await until(bench.all_in(DeliveryState.SENT, DeliveryState.FAILED), "the rest goes on")
    assert pauses == [1, 2, 4, 8, 16, 32, 64]
    assert (await bench.states())[:2] == [DeliveryState.FAILED, DeliveryState.SENT]
    assert [t for t in bench.sender.texts if t in "12"] == ["1"] * MAX_ATTEMPTS + ["2"]


async def test_a_platform_that_does_not_answer_is_left_alone_and_nothing_is_given_up(
    bench: Bench,
) -> None:
    chats = [await bench.chat(str(n)) for n in range(FAILURES + 5)]
    for n, chat in enumerate(chats):
        bench.sender.script[str(n)] = [TryAgain("no connection")] * 40
        await bench.queue(chat, str(n))
    bench.start()
    await until(lambda: len(bench.sender.got) == len(chats), "all were tried")
    await until(bench.all_in(DeliveryState.QUEUED), "they wait")
    async with bench.database.read() as session:
        since = (await session.execute(select(BotAccount.failing_since))).scalar_one()
        kinds = [change.kind for change in await live.since(session, 0)]
    assert since == bench.clock.now()
    assert kinds.count("channel.failing") == 1
    for n in range(20):
        bench.pass_time(seconds=61)
        await until(lambda n=n: len(bench.sender.got) == len(chats) + n + 1, "one tries, not all")  # type: ignore[misc]
        await until(bench.all_in(DeliveryState.QUEUED), "it waits on")
    assert len(bench.sender.got) == len(chats) + 20
    assert max(row.attempts for row in await bench.rows()) < MAX_ATTEMPTS
    bench.sender.script.clear()
    bench.pass_time(seconds=400)
    await until(bench.all_in(DeliveryState.SENT), "all are sent once it answers")
    async with bench.database.read() as session:
        assert (await session.execute(select(BotAccount.failing_since))).scalar_one() is None
        kinds = [change.kind for change in await live.since(session, 0)]
    assert kinds.count("channel.back") == 1


async def test_after_a_day_without_an_answer_a_message_is_given_up(bench: Bench) -> None:
    conversation = await bench.chat()
    bench.sender.script["1"] = [TryAgain("no connection")] * 40
    await bench.queue(conversation, "1")
    bench.start()
    while DeliveryState.FAILED not in await bench.states():
        count = len(bench.sender.got)
        bench.pass_time(hours=2)
        await until(lambda count=count: len(bench.sender.got) > count, "it is tried")  # type: ignore[misc]
        await until(bench.all_in(DeliveryState.QUEUED, DeliveryState.FAILED), "its outcome")
    assert bench.clock.now() - (await bench.rows())[0].created_at > timedelta(days=1)


@pytest.mark.parametrize("failure", [Unknown("reset"), ValueError("a bug of the adapter")])
async def test_an_unknown_outcome_is_repeated_and_counted(
    bench: Bench, failure: Outcome | Exception
) -> None:
    conversation = await bench.chat()
    bench.sender.script["1"] = [failure]
    before = unknown_count()
    await bench.queue(conversation, "1", "2")
    bench.start()
    await until(lambda: len(bench.sender.got) == 1, "the first attempt")
    await until(bench.all_in(DeliveryState.QUEUED), "it is back in the queue")
    bench.pass_time(seconds=1)
    await until(bench.all_in(DeliveryState.SENT), "everything is sent")
    assert bench.sender.texts == ["1", "1", "2"]
    assert unknown_count() == before + 1
    first, second = bench.sender.got[0], bench.sender.got[1]
    assert first.random_id == second.random_id, "the same key for every attempt"


async def test_where_the_platform_has_a_key_an_unknown_outcome_is_not_counted(
    bench: Bench,
) -> None:
    conversation = await bench.chat()
    bench.sender = ScriptedSender(idempotent=True)
    bench.sender.script["1"] = [Unknown("reset")]
    before = unknown_count()
    await bench.queue(conversation, "1")
    bench.start()
    await until(lambda: len(bench.sender.got) == 1, "the first attempt")
    await until(bench.all_in(DeliveryState.QUEUED), "it is back in the queue")
    bench.pass_time(seconds=1)
    await until(bench.all_in(DeliveryState.SENT), "it is sent")
    assert unknown_count() == before


async def test_blocked_marks_the_contact_until_the_next_message(bench: Bench) -> None:
    conversation = await bench.chat()
    bench.sender.script["1"] = [Rejected("blocked by the customer", unreachable=True)]
    await bench.queue(conversation, "1")
    bench.start()
    await until(bench.all_in(DeliveryState.FAILED), "it is given up")
    assert await bench.unreachable(conversation) == "blocked"
    assert await bench.chat() == conversation
    assert await bench.unreachable(conversation) is None
    await bench.queue(conversation, "2")
    await until(lambda: bench.sender.texts == ["1", "2"], "the next one goes out")


async def test_a_broken_account_keeps_its_queue(bench: Bench) -> None:
    conversation = await bench.chat()
    bench.sender.script["1"] = [AccountBroken("401")] * 3
    await bench.queue(conversation, "1")
    bench.start()
    for n in range(3):
        await until(lambda n=n: len(bench.sender.got) == n + 1, f"attempt {n + 1}")  # type: ignore[misc]
        await until(bench.all_in(DeliveryState.QUEUED), "it is back in the queue")
        assert (await bench.rows())[0].attempts == 0
        bench.pass_time(seconds=30)
    await until(bench.all_in(DeliveryState.SENT), "it is sent")


async def test_a_bot_that_is_refused_for_days_answers_nobody_with_what_is_long_past(
    bench: Bench,
) -> None:
    conversation = await bench.chat()
    bench.sender.script["1"] = [AccountBroken("401")] * 2
    await bench.queue(conversation, "1")
    bench.start()
    await until(lambda: len(bench.sender.got) == 1, "the first attempt")
    await until(bench.all_in(DeliveryState.QUEUED), "it is back in the queue")
    bench.pass_time(hours=25)
    await until(bench.all_in(DeliveryState.FAILED), "operators find it in their list")
    await bench.queue(conversation, "2")
    bench.pass_time(seconds=60)
    await until(lambda: bench.sender.texts == ["1", "1", "2"], "the next one goes out")


async def test_answers_go_before_a_mailing_and_a_mailing_still_goes(bench: Bench) -> None:
    chats = [await bench.chat(str(n)) for n in range(NOTICES_AT_ONCE + 2)]
    for chat in chats:
        bench.sender.held[f"notice {chat}"] = asyncio.Event()
        await bench.queue(chat, f"notice {chat}", notice=True)
    bench.start()
    await until(lambda: len(bench.sender.got) == NOTICES_AT_ONCE, "so many are on their way")
    # The last two wait. One of their customers asks: his notice must not keep the answer.
    await bench.queue(chats[-1], "answer")
    bench.sender.held[f"notice {chats[-1]}"].set()
    await until(lambda: bench.sender.texts[-1] == "answer", "it passes the whole mailing")
    assert bench.sender.texts[-2:] == [f"notice {chats[-1]}", "answer"]
    assert f"notice {chats[-2]}" not in bench.sender.texts
    for held in bench.sender.held.values():
        held.set()
    await until(bench.all_in(DeliveryState.SENT), "everything is sent")
    assert len(bench.sender.got) == len(chats) + 1


async def test_a_late_press_answer_is_never_sent_and_holds_nothing_back(bench: Bench) -> None:
    conversation = await bench.chat()
    await bench.signal(conversation, DeliveryKind.PRESS_ANSWER, seconds=60)
    await bench.signal(conversation, DeliveryKind.TYPING, seconds=5)
    await bench.queue(conversation, "1")
    bench.clock.advance(seconds=61)
    bench.start()
    await until(lambda: bench.sender.texts == ["1"], "the message is sent")
    await until(bench.all_in(DeliveryState.SENT, DeliveryState.EXPIRED), "the marks are there")
    assert await bench.states() == [
        DeliveryState.EXPIRED, DeliveryState.EXPIRED, DeliveryState.SENT,
    ]  # fmt: skip


async def test_a_press_answer_in_time_goes_before_the_reply(bench: Bench) -> None:
    conversation = await bench.chat()
    await bench.signal(conversation, DeliveryKind.PRESS_ANSWER, seconds=60)
    await bench.queue(conversation, "1")
    bench.start()
    await until(bench.all_in(DeliveryState.SENT), "both are sent")
    assert [parcel.kind for parcel in bench.sender.got] == [
        DeliveryKind.PRESS_ANSWER, DeliveryKind.MESSAGE,
    ]  # fmt: skip


async def _take_lease(bench: Bench, holder: str) -> None:
    async with bench.database.write() as tx:
        await tx.session.execute(
            update(leases.Lease)
            .where(leases.Lease.name == f"sender:{bench.account}")
            .values(holder=holder, epoch=leases.Lease.epoch + 1)
        )


async def test_who_lost_the_lease_sends_nothing_more(bench: Bench) -> None:
    conversation = await bench.chat()
    await bench.queue(conversation, "1")
    bench.start("a")
    await until(bench.all_in(DeliveryState.SENT), "the holder sends")
    await _take_lease(bench, "b")
    await bench.queue(conversation, "2")
    bench.pass_time(seconds=1)

    other = ScriptedSender()
    bench.start("b", other)
    await until(lambda: other.texts == ["2"], "the new holder sends")
    assert bench.sender.texts == ["1"]


async def test_only_one_of_two_processes_sends(bench: Bench) -> None:
    conversations = [await bench.chat(str(n)) for n in range(5)]
    other = ScriptedSender()
    bench.start("a")
    bench.start("b", other)
    for conversation in conversations:
        await bench.queue(conversation, f"{conversation}-1", f"{conversation}-2")
    await until(bench.all_in(DeliveryState.SENT), "everything is sent")
    assert sorted([len(bench.sender.got), len(other.got)]) == [0, 10]


async def test_death_between_sending_and_the_mark_is_repeated_by_the_next_holder(
    bench: Bench,
) -> None:
    conversation = await bench.chat()
    bench.sender.held["1"] = asyncio.Event()
    await bench.queue(conversation, "1", "2")
    first = bench.start("a")
    await until(lambda: bench.sender.texts == ["1"], "the call is under way")
    assert await bench.states() == [DeliveryState.SENDING, DeliveryState.QUEUED]
    await first.die()
    await leases.release(bench.database, f"sender:{bench.account}", "a")
    before = unknown_count()
    other = ScriptedSender()
    bench.start("b", other)
    await until(bench.all_in(DeliveryState.SENT), "everything is sent")
    assert other.texts == ["1", "2"]
    assert unknown_count() == before + 1


async def test_a_former_holders_outcome_does_not_undo_the_next_ones(bench: Bench) -> None:
    conversation = await bench.chat()
    bench.sender.held["1"] = asyncio.Event()
    bench.sender.script["1"] = [TryAgain("500")]
    await bench.queue(conversation, "1")
    bench.start("a")
    await until(lambda: bench.sender.texts == ["1"], "the call is under way")
    await _take_lease(bench, "b")
    other = ScriptedSender()
    bench.start("b", other)
    await until(bench.all_in(DeliveryState.SENT), "the next holder has sent it")
    bench.sender.held["1"].set()
    await bench.running[0].stop()
    assert await bench.states() == [DeliveryState.SENT]
    bench.pass_time(minutes=10)
    await bench.running[1].stop()
    assert (bench.sender.texts, other.texts) == (["1"], ["1"])


async def test_a_former_holder_that_lives_may_still_tell_that_it_has_sent(bench: Bench) -> None:
    bench.sender.held["1"] = asyncio.Event()
    await bench.queue(await bench.chat("1"), "1")
    bench.start("a")
    await until(lambda: bench.sender.texts == ["1"], "the call is under way")
    await _take_lease(bench, "b")
    other = ScriptedSender()
    bench.start("b", other, grace=600)
    await bench.queue(await bench.chat("2"), "2")
    await until(lambda: other.texts == ["2"], "the next holder is at work")
    bench.sender.held["1"].set()
    await until(bench.all_in(DeliveryState.SENT), "the former one's outcome is stored")
    assert other.texts == ["2"]


class FlakyDatabase(Database):
    """Away while ``away`` is set."""

    away = False
    refused = 0

    def write(self, *, brief: bool = False) -> Any:
        if self.away:
            self.refused += 1
            raise OperationalError("COMMIT", {}, OSError("away"))
        return super().write(brief=brief)


async def test_an_outcome_that_cannot_be_stored_is_stored_later_and_not_sent_again(
    database_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SWEEP_SECONDS", 0.02)
    database = FlakyDatabase(database_url, clock)
    signals = Signals(database)
    events = Events(signals)
    account = await bot_account_id(database, "telegram")
    bench = Bench(database, clock, events, signals, Outbox(events, signals),
                  Intake(database, events, signals), account)  # fmt: skip
    conversation = await bench.chat()
    bench.sender.held["1"] = asyncio.Event()
    await bench.queue(conversation, "1", "2")
    running = bench.start()
    await until(lambda: bench.sender.texts == ["1"], "the call is under way")
    database.away = True
    bench.sender.held["1"].set()
    await until(lambda: database.refused > 0, "the mark is tried")
    assert await bench.states() == [DeliveryState.SENDING, DeliveryState.QUEUED]
    database.away = False
    await until(bench.all_in(DeliveryState.SENT), "both are sent and marked")
    assert bench.sender.texts == ["1", "2"]
    await running.stop()
    await database.close()


async def test_told_to_stop_it_finishes_what_is_in_hand_and_gives_the_lease_back(
    bench: Bench,
) -> None:
    conversation = await bench.chat()
    bench.sender.held["1"] = asyncio.Event()
    await bench.queue(conversation, "1", "2")
    running = bench.start("a")
    await until(lambda: bench.sender.texts == ["1"], "the call is under way")
    ending = asyncio.create_task(running.stop())
    bench.sender.held["1"].set()
    await ending
    assert await bench.states() == [DeliveryState.SENT, DeliveryState.QUEUED]
    assert await leases.acquire(bench.database, f"sender:{bench.account}", "b") is not None


async def test_what_a_page_fetches_is_sent_as_soon_as_it_is_queued(bench: Bench) -> None:
    bench.sender.by_page = True
    conversation = await bench.chat()
    await bench.queue(conversation, "1+2", "3")
    bench.start()
    await until(bench.all_in(DeliveryState.SENT), "everything is marked")
    assert bench.sender.got == []


async def test_a_rolled_back_reply_is_never_sent(bench: Bench) -> None:
    conversation = await bench.chat()

    async def queue_and_fail() -> None:
        async with bench.database.write() as tx:
            outgoing = Outgoing(conversation, Author.ASSISTANT, "x", [{"text": "x"}])
            await bench.outbox.queue(tx, [outgoing])
            raise RuntimeError("the last moment")

    with pytest.raises(RuntimeError, match="the last moment"):
        await queue_and_fail()
    await bench.queue(conversation, "1")
    bench.start()
    await until(bench.all_in(DeliveryState.SENT), "the other is sent")
    assert bench.sender.texts == ["1"]
