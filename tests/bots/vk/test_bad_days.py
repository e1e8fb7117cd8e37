"""VK's bad days as customers see them: what is refused, who waits, who gets his answer at once."""

import json
from collections.abc import AsyncIterator

import pytest

from bots.intake import Intake
from bots.vk.sender import VkSender
from conversations.events import Events
from conversations.models import Author, DeliveryState
from conversations.service import Outbox, Outgoing
from replies import Button, Reply, render
from storage.database import Database
from storage.signals import Signals
from tests.bots.delivery_bench import Bench
from tests.conftest import FakeClock
from tests.fakes.vk import FakeVk, refused
from tests.fakes.waiting import until

ANNA, BORIS = 77, 78


@pytest.fixture
async def bench(
    database: Database, clock: FakeClock, events: Events, signals: Signals, outbox: Outbox,
    intake: Intake, account: int, sender: VkSender, vk: FakeVk,
) -> AsyncIterator[Bench]:  # fmt: skip
    await signals.start()
    bench = Bench(database, clock, events, signals, outbox, intake, account)
    bench.start(sender=sender)
    vk.customer(ANNA), vk.customer(BORIS)
    yield bench
    for one in bench.running:
        await one.die()
    await signals.close()


async def answer(bench: Bench, chat: int, *texts: str) -> int:
    """Queue what stands for the assistant's replies, with a button."""
    conversation = await bench.chat(str(chat))
    async with bench.database.write() as tx:
        await bench.outbox.queue(
            tx,
            [
                Outgoing(
                    conversation, Author.ASSISTANT, text,
                    [part.to_json() for part in render(Reply(text, (Button("Да", "yes"),)), "vk")],
                )
                for text in texts
            ],
        )  # fmt: skip
    return conversation


async def tried(vk: FakeVk, bench: Bench, times: int) -> None:
    """The first message was tried so often, and what came of it is written down."""
    await until(lambda: len(_calls(vk, ANNA)) >= times, f"attempt {times}")
    await until(
        bench.all_in(DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.FAILED), "written down"
    )


def _calls(vk: FakeVk, chat: int) -> list[object]:
    return [call for call in vk.called("messages.send") if call.params["peer_id"] == str(chat)]


@pytest.mark.parametrize(
    ("code", "seconds"), [(6, 1), (9, 300), (10, 1), (1, 1), (14, 1), (29, 30), (5, 30), (4711, 1)]
)
async def test_what_passes_is_waited_out_and_nothing_is_lost_or_doubled(
    vk: FakeVk, bench: Bench, code: int, seconds: int
) -> None:
    """Too many, flood, internal, unknown, captcha, quota, token, and a code nobody knows."""
    vk.fail(refused("messages.send", code, peer_id=ANNA))
    await answer(bench, ANNA, "раз", "два")
    await tried(vk, bench, 1)
    assert vk.customer(ANNA).reads == []
    bench.pass_time(seconds=seconds)
    await until(lambda: vk.customer(ANNA).reads == ["раз", "два"], "both in order")
    if code not in {5, 29}:
        await answer(bench, BORIS, "и вам")
        await until(lambda: vk.customer(BORIS).reads == ["и вам"], "others get theirs")


@pytest.mark.parametrize("code", [901, 902, 900, 936])
async def test_who_may_not_be_written_to_is_marked_until_he_writes(
    vk: FakeVk, bench: Bench, code: int
) -> None:
    vk.fail(refused("messages.send", code, peer_id=ANNA))
    conversation = await answer(bench, ANNA, "раз")
    await until(bench.all_in(DeliveryState.FAILED), "given up at once")
    assert await bench.unreachable(conversation) == "blocked"
    assert (await bench.rows())[0].error == f"VK {code}"
    await answer(bench, ANNA, "снова")
    assert await bench.unreachable(conversation) is None, "he has written"
    await until(lambda: vk.customer(ANNA).reads == ["снова"], "the next one goes out")


async def test_captcha_for_one_message_holds_up_nobody_else(vk: FakeVk, bench: Bench) -> None:
    """It is tried more and more seldom, then operators find it among what was not delivered."""
    vk.fail(*[refused("messages.send", 14, peer_id=ANNA)] * 8)
    await answer(bench, ANNA, "раз", "два")
    for n in range(8):
        await tried(vk, bench, n + 1)
        await answer(bench, BORIS, f"Борису {n}")
        await until(lambda n=n: len(vk.customer(BORIS).reads) == n + 1, "another gets his")  # type: ignore[misc]
        await until(
            bench.all_in(DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.FAILED), ""
        )
        bench.pass_time(seconds=2**n)
    await until(lambda: vk.customer(ANNA).reads == ["два"], "the conversation goes on")
    assert (await bench.rows())[0].error == "VK 14"


async def test_what_is_wrong_with_our_content_arrives_in_plain_words(
    vk: FakeVk, bench: Bench
) -> None:
    vk.fail(refused("messages.send", 911, peer_id=ANNA))
    await answer(bench, ANNA, "раз")
    await until(lambda: vk.customer(ANNA).reads == ["раз\n\n1. Да"], "the choice is numbered")
    assert json.loads(vk.customer(ANNA).sees[0].get("keyboard", "{}")) == {}
