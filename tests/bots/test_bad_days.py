"""Each class of a platform's errors, as its customer sees it: what comes, when, how often."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bots.intake import Intake
from bots.outcome import Sent
from conversations.events import Events
from conversations.models import Author, BotAccount, DeliveryState
from conversations.service import Outbox, Outgoing
from media.store import MediaStore
from replies import Button, File, FileKind, Reply, render
from storage.database import Database
from storage.signals import Signals
from tests.bots.delivery_bench import Bench
from tests.bots.parcels import parcel
from tests.bots.sides import SIDES, Side
from tests.conftest import FakeClock
from tests.fakes.waiting import until

# What the customer reads of a message «x» with the choice «Да», and after how many seconds.
ONCE, TWICE, PLAIN, NEVER = ["{}"], ["{}", "{}"], ["{}\n\n1. Да"], list[str]()
BROKEN_SECONDS = 30

pytestmark = pytest.mark.parametrize("channel", SIDES)


@pytest.fixture
async def bench(
    database: Database, clock: FakeClock, events: Events, signals: Signals, outbox: Outbox,
    intake: Intake, account: int, side: Side,
) -> AsyncIterator[Bench]:  # fmt: skip
    await signals.start()
    bench = Bench(database, clock, events, signals, outbox, intake, account)
    bench.start(sender=side.sender)
    yield bench
    for one in bench.running:
        await one.die()
    await signals.close()


async def test_what_becomes_of_an_answer(channel: str, side: Side, bench: Bench) -> None:
    """One class after another: flood, server and token are waited out, what nobody knows is sent
    again, what is wrong comes in plain words, and who is gone is marked."""
    unknown = ONCE if side.sender.idempotent else TWICE
    for failure, seconds, reads in (
        ("flood", side.slow, ONCE),
        ("server", 1, ONCE),
        ("garbage", 1, ONCE),
        ("no answer", 1, unknown),
        ("too long", 0, PLAIN),
        ("token", BROKEN_SECONDS, ONCE),
        ("blocked", 0, NEVER),
    ):
        seen = len(side.reads())
        side.fake.fail(side.failures[failure]())
        conversation = await bench.chat(side.chat_id)
        await answer(bench, channel, conversation, failure)
        if seconds:
            await until(lambda: _tried(bench), f"{failure}: tried")
            early = side.reads()[seen:]
            assert early == (["no answer"] if failure == "no answer" else []), failure
            assert (await failing(bench)) is (failure == "token"), failure
            bench.pass_time(seconds=seconds)
        await until(
            bench.all_in(DeliveryState.SENT, DeliveryState.FAILED), f"{failure}: it is over"
        )
        assert side.reads()[seen:] == [one.format(failure) for one in reads], failure
        assert not await failing(bench), failure
        gone = await bench.unreachable(conversation)
        assert (gone == "blocked") is (failure == "blocked"), failure
    (*_, last) = await bench.rows()
    assert (last.state, last.platform_id) == (DeliveryState.FAILED, None)
    assert await bench.chat(side.chat_id) == conversation
    assert await bench.unreachable(conversation) is None, "he has written again"


async def test_a_file_that_is_refused_as_a_document_too_comes_as_a_link(
    channel: str, side: Side, media: MediaStore
) -> None:
    picture = File(FileKind.PICTURE, await media.put(b"\x89PNG\r\n\x1a\n1"), "qr.png", "QR-код")
    (part,) = render(Reply("К **оплате**", (Button("Да", "yes"),), (picture,)), channel)
    refused = side.failures["too long"]()
    methods = ("sendPhoto", "sendDocument") if channel == "telegram" else (refused.method,) * 2
    side.fake.fail(*(replace(refused, method=method) for method in methods))
    assert isinstance(await side.sender.send(parcel(side.chat_id, part)), Sent)
    link = "https://okno.example/" if channel == "viber" else ""
    (text,) = side.reads()
    words, file, choice = text.split("\n\n")
    assert (words, choice) == ("К оплате", "1. Да")
    assert file.startswith(f"📎 QR-код: {link}")
    assert file.endswith("qr.png")


async def answer(bench: Bench, channel: str, conversation: int, text: str) -> None:
    parts = [part.to_json() for part in render(Reply(text, (Button("Да", "yes"),)), channel)]
    async with bench.database.write() as tx:
        message = Outgoing(conversation, Author.ASSISTANT, text, parts)
        await bench.outbox.queue(tx, [message])


async def _tried(bench: Bench) -> bool:
    """An attempt was made, and what came of it is written down."""
    last = (await bench.rows())[-1]
    return last.state == DeliveryState.QUEUED and last.error is not None


async def failing(bench: Bench) -> bool:
    async with bench.database.read() as session:
        account = await session.get(BotAccount, bench.account)
        assert account is not None
        return account.failing_since is not None
