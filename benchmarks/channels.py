"""Replies through each messenger's client against a fake that keeps the platform's limits.

    python -m benchmarks.channels [--rate 50] [--seconds 6] [--chats 100]

Replies are queued at the given rate; the delivery of production sends them at its own pace. The
fake refuses what is above the limit, and counts it. A limit that is not published is our setting.
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

import okno.tables  # noqa: F401 (the whole schema)
from bots.delivery import DeliveryLoop
from bots.max.api import MaxApi
from bots.max.sender import MaxSender
from bots.ok.sender import OkApi, OkSender
from bots.outcome import Sender
from bots.pace import Pace
from bots.telegram.sender import TelegramSender, make_bot
from bots.viber.sender import ViberApi, ViberSender
from bots.vk.api import VkApi
from bots.vk.sender import VkSender
from conversations.events import Events
from conversations.models import Author, Contact, Conversation, Delivery, DeliveryState
from conversations.service import Outbox, Outgoing, bot_account_id
from media.shelf import FolderShelf
from media.store import MediaStore
from okno.channels import MAX_CHAT_SECONDS, MAX_PER_SECOND, VIBER_PER_SECOND, VK_PER_SECOND
from okno.settings import Settings
from replies import Button, Reply, render
from storage import migrate
from storage.database import Database
from storage.signals import Signals
from tests.fakes import max as max_fake
from tests.fakes import ok, telegram, viber, vk
from tests.fakes.rates import Rate
from tests.fakes.waiting import until

# What a clock on the other side of a network forgives.
FORGIVEN = 0.05


@dataclass(frozen=True, slots=True)
class Subject:
    """A fake with its limits on, our sender, and a customer's chat by number."""

    fake: Any
    sender: Sender
    customer: Callable[[int], Any]
    chat: Callable[[Any], str]


@asynccontextmanager
async def telegram_subject(media: MediaStore, settings: Settings) -> AsyncIterator[Subject]:
    with telegram.FakeTelegram() as fake:
        fake.rate = Rate(30)
        client = make_bot(telegram.TOKEN, fake.url)
        sender = TelegramSender(client, media, per_second=settings.telegram_per_second)
        yield Subject(fake, sender, fake.customer, lambda one: str(one.chat_id))
        await client.session.close()


@asynccontextmanager
async def vk_subject(media: MediaStore, _settings: Settings) -> AsyncIterator[Subject]:
    with vk.FakeVk() as fake:
        fake.rate = Rate(20)
        api = VkApi(vk.TOKEN, fake.url)
        sender = VkSender(api, media, Pace(VK_PER_SECOND))
        yield Subject(fake, sender, fake.customer, lambda one: str(one.user_id))
        await api.close()


@asynccontextmanager
async def viber_subject(media: MediaStore, _settings: Settings) -> AsyncIterator[Subject]:
    with viber.FakeViber() as fake:
        fake.rate = Rate(round(VIBER_PER_SECOND * (1 + FORGIVEN)))
        api = ViberApi(viber.TOKEN, f"{fake.url}/pa")
        sender = ViberSender(
            api, media, Pace(VIBER_PER_SECOND), name="Энергосбыт", file_url=lambda *_: ""
        )

        def customer(number: int) -> viber.Customer:
            one = fake.customer(f"customer{number}=")
            one.subscribed = True
            return one

        yield Subject(fake, sender, customer, lambda one: str(one.user_id))
        await api.close()


@asynccontextmanager
async def max_subject(media: MediaStore, _settings: Settings) -> AsyncIterator[Subject]:
    with max_fake.FakeMax() as fake:
        fake.rate = Rate(30, MAX_CHAT_SECONDS * (1 - FORGIVEN))
        api = MaxApi(max_fake.TOKEN, fake.url)
        sender = MaxSender(api, media, Pace(MAX_PER_SECOND, MAX_CHAT_SECONDS))
        yield Subject(fake, sender, fake.customer, lambda one: str(one.chat_id))
        await api.close()


@asynccontextmanager
async def ok_subject(media: MediaStore, settings: Settings) -> AsyncIterator[Subject]:
    with ok.FakeOk() as fake:
        limit, apart = settings.ok_per_second, settings.ok_chat_seconds
        fake.rate = Rate(round(limit * (1 + FORGIVEN)), apart * (1 - FORGIVEN))
        api = OkApi(ok.TOKEN, f"{fake.url}/graph")
        sender = OkSender(api, media, Pace(limit, apart))
        yield Subject(fake, sender, fake.customer, lambda one: str(one.chat_id))
        await api.close()


SUBJECTS = {
    "telegram": telegram_subject, "vk": vk_subject, "viber": viber_subject, "max": max_subject,
    "ok": ok_subject,
}  # fmt: skip


async def measure(channel: str, folder: Path, rate: float, seconds: float, chats: int) -> str:
    database = Database(f"sqlite:///{folder}/{channel}.db")
    await migrate.upgrade(database)
    signals = Signals(database)
    events = Events(signals)
    outbox = Outbox(events, signals)
    account = await bot_account_id(database, channel)
    media = MediaStore(database, FolderShelf(folder / "media"))
    await signals.start()
    async with SUBJECTS[channel](media, Settings()) as subject:
        customers = [subject.customer(n) for n in range(1, chats + 1)]
        conversations = await _conversations(
            database, account, channel, [subject.chat(one) for one in customers]
        )
        stop = asyncio.Event()
        loop = DeliveryLoop(
            database, events, signals, subject.sender, account_id=account, holder="bench"
        )
        running = asyncio.create_task(loop.run(stop))
        expected: list[list[str]] = [[] for _ in customers]
        total = round(rate * seconds)
        begin = time.monotonic()
        for number, place in zip(range(total), itertools.cycle(range(chats)), strict=False):
            await asyncio.sleep(begin + number / rate - time.monotonic())
            reply = Reply(f"Ответ {number}", (Button("Меню", "menu"),))
            parts = [part.to_json() for part in render(reply, channel)]
            expected[place].append(f"Ответ {number}")
            async with database.write() as tx:
                message = Outgoing(conversations[place], Author.ASSISTANT, reply.text, parts)
                await outbox.queue(tx, [message])
        await until(lambda: _all_sent(database), "all are sent", seconds=120)
        took = time.monotonic() - begin
        stop.set()
        await running
        in_order = all(
            [text for text in one.reads if text.startswith("Ответ")] == texts
            for one, texts in zip(customers, expected, strict=True)
        )
        requests = sum(call.method != "a_check" for call in subject.fake.calls)
        if channel == "vk":
            requests -= sum(call.method == "messages.send" for call in subject.fake.calls) - len(
                _alone(subject.fake.calls)
            )
        broken = subject.fake.rate.broken
    await signals.close()
    await database.close()
    return (
        f"| {channel} | {total} | {total / took:.1f} | {took:.1f} | {requests} | {broken} | "
        f"{'yes' if in_order else 'NO'} |"
    )


def _alone(calls: list[Any]) -> list[Any]:
    """VK's messages that were a request of their own: inside ``execute`` no token is shown."""
    return [
        call for call in calls if call.method == "messages.send" and "access_token" in call.params
    ]


async def _conversations(
    database: Database, account: int, channel: str, chats: list[str]
) -> list[int]:
    async with database.write() as tx:
        rows = []
        for chat in chats:
            contact = Contact(created_at=tx.now)
            tx.session.add(contact)
            await tx.session.flush()
            rows.append(
                Conversation(
                    contact_id=contact.id, bot_account_id=account, channel=channel, chat_id=chat,
                    last_message_at=tx.now, created_at=tx.now,
                )
            )  # fmt: skip
        tx.session.add_all(rows)
        await tx.session.flush()
        return [row.id for row in rows]


async def _all_sent(database: Database) -> bool:
    async with database.read() as session:
        waiting = Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING))
        found = await session.scalar(select(func.count()).select_from(Delivery).where(waiting))
        return not found


async def run(rate: float, seconds: float, chats: int) -> None:
    print("| channel | replies | replies/s | s to the last | requests | over the limit | order |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for channel in SUBJECTS:
            print(await measure(channel, Path(folder), rate, seconds, chats), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--chats", type=int, default=100)
    asked = parser.parse_args()
    asyncio.run(run(asked.rate, asked.seconds, asked.chats))


if __name__ == "__main__":
    main()
