"""One account's delivery with a scripted platform, for the tests of delivery."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bots.delivery import DeliveryLoop
from bots.incoming import Incoming
from bots.intake import Intake
from bots.outcome import Outcome, Parcel, Sender, Sent
from conversations.events import Events
from conversations.models import (
    Author,
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    MessageKind,
)
from conversations.service import Outbox, Outgoing, Signal, outbox_signal
from storage.database import Database
from storage.signals import Signals
from tests.conftest import FakeClock


class ScriptedSender:
    """Answers each text as the test says (``Sent`` unless told), and remembers what it got."""

    channel = "telegram"
    by_page = False

    def __init__(self, *, idempotent: bool = False) -> None:
        self.idempotent = idempotent
        self.got: list[Parcel] = []
        self.script: dict[str, list[Outcome | Exception]] = {}
        self.held: dict[str, asyncio.Event] = {}

    @property
    def texts(self) -> list[str]:
        return [str(parcel.payload.get("text", parcel.kind)) for parcel in self.got]

    async def send(self, parcel: Parcel) -> Outcome:
        self.got.append(parcel)
        text = self.texts[-1]
        if text in self.held:
            await self.held[text].wait()
        outcome = self.script[text].pop(0) if self.script.get(text) else Sent(f"p{len(self.got)}")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Running:
    def __init__(self, loop: DeliveryLoop) -> None:
        self._stop = asyncio.Event()
        self.task = asyncio.create_task(loop.run(self._stop))

    async def stop(self) -> None:
        self._stop.set()
        await self.task

    async def die(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class Bench:
    """One account's delivery with everything around it."""

    def __init__(
        self, database: Database, clock: FakeClock, events: Events, signals: Signals,
        outbox: Outbox, intake: Intake, account: int,
    ) -> None:  # fmt: skip
        self.database = database
        self.clock = clock
        self.signals = signals
        self.outbox = outbox
        self.intake = intake
        self.account = account
        self.sender = ScriptedSender()
        self.running: list[Running] = []
        self._events = events
        self._number = 0

    def start(self, holder: str = "a", sender: Sender | None = None, grace: float = 0.0) -> Running:
        loop = DeliveryLoop(
            self.database, self._events, self.signals, sender or self.sender,
            account_id=self.account, holder=holder, jitter=lambda: 1.0, grace=grace,
        )  # fmt: skip
        self.running.append(Running(loop))
        return self.running[-1]

    async def chat(self, chat_id: str = "77") -> int:
        """A conversation; the customer has written in it."""
        self._number += 1
        await self.intake.accept(
            Incoming(
                bot_account_id=self.account, channel="telegram", chat_id=chat_id,
                external_id=f"u{self._number}", kind=MessageKind.TEXT, sent_at=self.clock.now(),
                text="?", platform_no=self._number, order_no=self._number,
            )
        )  # fmt: skip
        async with self.database.read() as session:
            found = select(Conversation.id).where(Conversation.chat_id == chat_id)
            return (await session.execute(found)).scalar_one()

    async def queue(self, conversation: int, *texts: str, notice: bool = False) -> None:
        """Each text one message; «a+b» a message of two parts."""
        async with self.database.write() as tx:
            messages = [
                Outgoing(conversation, Author.ASSISTANT, text,
                         [{"text": part} for part in text.split("+")], notice=notice)
                for text in texts
            ]  # fmt: skip
            await self.outbox.queue(tx, messages)

    async def signal(self, conversation: int, kind: DeliveryKind, seconds: float) -> None:
        async with self.database.write() as tx:
            expires = self.clock.now() + timedelta(seconds=seconds)
            await self.outbox.queue(tx, [], [Signal(conversation, kind, {}, expires)])

    def pass_time(self, **delta: float) -> None:
        self.clock.advance(**delta)
        self.signals.wake_here(outbox_signal(self.account))

    async def rows(self) -> Sequence[Any]:
        async with self.database.read() as session:
            return (await session.execute(select(Delivery).order_by(Delivery.id))).scalars().all()

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    def all_in(self, *states: DeliveryState) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return set(await self.states()) <= set(states)

        return check

    async def unreachable(self, conversation: int) -> str | None:
        async with self.database.read() as session:
            found = select(Conversation.unreachable).where(Conversation.id == conversation)
            return (await session.execute(found)).scalar_one()
