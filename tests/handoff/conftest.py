"""A house with one conversation, two operators and office hours."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bots.incoming import Incoming
from bots.intake import Intake
from conversations import events as live
from conversations.events import Change, Events
from conversations.models import Conversation, Delivery, Message, MessageKind
from conversations.service import Outbox, bot_account_id, lock
from handoff.models import AnswerClock, Handoff
from handoff.service import HandoffService
from handoff.steps import Operator
from handoff.working_time.calendar import WorkingHours
from staff.models import Person, Role
from storage.database import Database, Transaction
from storage.jobs import JobRunner
from storage.signals import Signals
from tests.conftest import FakeClock

MOSCOW = ZoneInfo("Europe/Moscow")
WEEK = {
    "mon": ["08:00-12:00", "13:00-17:00"],
    "tue": ["08:00-12:00", "13:00-17:00"],
    "wed": ["08:00-12:00", "13:00-17:00"],
    "thu": ["08:00-12:00", "13:00-17:00"],
    "fri": ["08:00-12:00", "13:00-16:00"],
}
WORKDAY = {"weekly": {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}


@dataclass
class House:
    """The room's service over a real database, with what tests ask of it."""

    database: Database
    clock: FakeClock
    signals: Signals
    events: Events
    outbox: Outbox
    intake: Intake
    service: HandoffService
    account: int
    written: int = 0

    async def customer(self, text: str, chat: str = "77", name: str | None = "Анна") -> int:
        """A message of a customer, stored; the conversation's id."""
        self.written += 1
        await self.intake.accept(
            Incoming(
                bot_account_id=self.account,
                channel="telegram",
                chat_id=chat,
                external_id=f"u{chat}-{self.written}",
                kind=MessageKind.TEXT,
                sent_at=self.clock.now(),
                text=text,
                sender_name=name,
                platform_no=self.written,
                order_no=self.written,
            )
        )
        async with self.database.read() as session:
            found = await session.execute(
                select(Conversation.id).where(
                    Conversation.bot_account_id == self.account, Conversation.chat_id == chat
                )
            )
            return found.scalar_one()

    async def request(self, conversation: int, reason: str = "asked", **more: Any) -> int:
        """As the dialogs do it: in a transaction with the conversation locked; the stay's id."""
        async with self.database.write() as tx:
            locked = (await lock(tx, [conversation]))[conversation]
            ticket = await self.service.request(
                tx, locked, reason=reason, summary=more.pop("summary", {}), **more
            )
        return ticket.handoff_id

    async def waiting(self, chat: str = "77", name: str | None = "Анна", **more: Any) -> int:
        """A customer who asked for an operator; the stay's id."""
        return await self.request(await self.customer("позовите человека", chat, name), **more)

    async def wrote(self, conversation: int) -> None:
        async with self.database.write() as tx:
            locked = (await lock(tx, [conversation]))[conversation]
            await self.service.customer_wrote(tx, locked)

    async def left(self, conversation: int) -> None:
        async with self.database.write() as tx:
            locked = (await lock(tx, [conversation]))[conversation]
            await self.service.leave_queue(tx, locked)

    async def locked(self, tx: Transaction, conversation: int) -> Conversation:
        return (await lock(tx, [conversation]))[conversation]

    async def stay(self, handoff_id: int) -> Handoff:
        async with self.database.read() as session:
            found = await session.get(Handoff, handoff_id)
            assert found is not None
            return found

    async def clocks(self, handoff_id: int) -> dict[str, AnswerClock]:
        """The last clock of each kind."""
        async with self.database.read() as session:
            rows = await session.execute(
                select(AnswerClock)
                .where(AnswerClock.handoff_id == handoff_id)
                .order_by(AnswerClock.id)
            )
            return {row.kind: row for row in rows.scalars()}

    async def conversation(self, conversation_id: int) -> Conversation:
        async with self.database.read() as session:
            found = await session.get(Conversation, conversation_id)
            assert found is not None
            return found

    async def sent(self, conversation_id: int) -> list[str]:
        """The platform messages queued for the customer, in order."""
        async with self.database.read() as session:
            rows = await session.execute(
                select(Delivery.payload)
                .where(Delivery.conversation_id == conversation_id)
                .order_by(Delivery.seq)
            )
            return [payload["text"] for payload in rows.scalars()]

    async def notes(self, conversation_id: int) -> list[str]:
        async with self.database.read() as session:
            rows = await session.execute(
                select(Message.text)
                .where(Message.conversation_id == conversation_id, Message.kind == MessageKind.NOTE)
                .order_by(Message.id)
            )
            return list(rows.scalars())

    async def changes(self, prefix: str = "handoff.") -> list[Change]:
        async with self.database.read() as session:
            found = await live.since(session, 0)
        return [change for change in found if change.kind.startswith(prefix)]

    async def run_jobs(self) -> int:
        runner = JobRunner(self.database, self.service.jobs(), holder="test", period=1)
        return await runner.run_due()


async def person(database: Database, login: str, name: str, role: Role = Role.OPERATOR) -> Operator:
    async with database.write() as tx:
        row = Person(
            login=login, display_name=name, password_hash="-", role=role, created_at=tx.now
        )
        tx.session.add(row)
        await tx.session.flush()
        return Operator(row.id, row.display_name)


@pytest.fixture
def hours() -> WorkingHours:
    return WorkingHours.from_profile(WORKDAY, MOSCOW)


@pytest.fixture
async def house(database: Database, clock: FakeClock, hours: WorkingHours) -> House:
    signals = Signals(database)
    events = Events(signals)
    outbox = Outbox(events, signals)
    service = HandoffService(
        database, outbox, events, hours,
        answer_within=timedelta(minutes=15), idle_close=timedelta(hours=4),
    )  # fmt: skip
    return House(
        database=database,
        clock=clock,
        signals=signals,
        events=events,
        outbox=outbox,
        intake=Intake(database, events, signals),
        service=service,
        account=await bot_account_id(database, "telegram"),
    )


@pytest.fixture
async def olga(database: Database) -> Operator:
    return await person(database, "olga", "Ольга")


@pytest.fixture
async def ivan(database: Database) -> Operator:
    return await person(database, "ivan", "Иван")
