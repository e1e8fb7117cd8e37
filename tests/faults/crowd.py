"""Customers who write to Okno through Telegram or VK, and the reckoning afterwards."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any, Protocol

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from billing.models import Account, Category, Meter, Reading
from billing.readings.delivery_models import ReadingDelivery, ReadingDeliveryStep
from conversations.models import (
    Author,
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Message,
    Quarantine,
)
from storage.database import Database
from tests.fakes import telegram, vk
from tests.fakes.telegram_limits import visible_text

MONTHLY = 120_000  # thousandths of kWh: an ordinary month


Script = tuple[tuple[str, str], ...]


Event = dict[str, Any]


class Side(Protocol):
    """A platform with its customers by number."""

    channel: str

    def make(self, number: int, text: str, *, ago: float = 0.0) -> tuple[str, Event]:
        """(the event's number, the event): as written ``ago`` seconds before now."""
        ...

    def push(self, event: Event, *, times: int = 1) -> None:
        """Have it delivered ``times``, each until it is confirmed."""
        ...

    def reads(self, number: int) -> list[str]: ...

    def shows(self, payload: dict[str, Any]) -> str:
        """What the customer reads of a queued message."""
        ...


class TelegramSide:
    channel = "telegram"

    def __init__(self, fake: telegram.FakeTelegram) -> None:
        self.fake = fake

    def make(self, number: int, text: str, *, ago: float = 0.0) -> tuple[str, Event]:
        update = self.fake.customer(number).text(text)
        update["message"]["date"] = int(time.time() - ago)
        return str(update["update_id"]), update

    def push(self, event: Event, *, times: int = 1) -> None:
        self.fake.push(event, times=times)

    def reads(self, number: int) -> list[str]:
        return self.fake.customer(number).reads

    def shows(self, payload: dict[str, Any]) -> str:
        return visible_text({"text": payload["text"], "parse_mode": "HTML"})


class VkSide:
    channel = "vk"

    def __init__(self, fake: vk.FakeVk) -> None:
        self.fake = fake

    def make(self, number: int, text: str, *, ago: float = 0.0) -> tuple[str, Event]:
        event = self.fake.customer(number).message(text)
        event["object"]["message"]["date"] = int(time.time() - ago)
        return str(event["event_id"]), event

    def push(self, event: Event, *, times: int = 1) -> None:
        self.fake.push(event, times=times)

    def reads(self, number: int) -> list[str]:
        return self.fake.customer(number).reads

    def shows(self, payload: dict[str, Any]) -> str:
        return str(payload["text"])


def writes(side: Side, number: int, text: str) -> str:
    """Now, once; the event's number."""
    key, event = side.make(number, text)
    side.push(event)
    return key


@dataclass(frozen=True, slots=True)
class Member:
    """A customer, his account and its meter, the reading he gives, and what he expects to read."""

    side: Side
    number: int
    account: str
    surname: str
    meter_id: int
    value: int
    script: Script

    def reads(self) -> list[str]:
        return self.side.reads(self.number)


async def gather_crowd(
    database: Database, side: Side, size: int, round_number: int = 0, *, skip: int = 0
) -> list[Member]:
    """Each with an account of his own, ``skip`` accounts left to others; in every round other
    people. What they write can be answered in any order."""
    async with database.read() as session:
        accounts = list(await ordinary_flats(session, size + skip))[skip:]
    crowd = []
    for place, (number, surname, meter_id, last) in enumerate(accounts):
        value = last + MONTHLY
        script = (
            ("какой тариф на электроэнергию", "5,47"),
            (f"лс {number} {surname} показания {value // 1000}", "Показания приняты"),
            ("где находится Ваш офис?", "Светлая"),
            ("спасибо", "Рад"),
        )
        customer = 1_000 * (round_number + 1) + skip + place
        crowd.append(Member(side, customer, number, surname, meter_id, value, script))
    return crowd


async def ordinary_flats(session: AsyncSession, size: int) -> Iterator[tuple[str, str, int, int]]:
    """(account, surname, meter, last value) of ordinary flats with one ordinary meter."""
    last = (
        select(Reading.meter_id, func.max(Reading.t1).label("value"))
        .group_by(Reading.meter_id)
        .subquery()
    )
    single = select(Meter.account_id).group_by(Meter.account_id).having(func.count() == 1)
    rows = await session.execute(
        select(Account.number, Account.surname, Meter.id, last.c.value)
        .join(Meter, Meter.account_id == Account.id)
        .join(last, last.c.meter_id == Meter.id)
        .where(
            Account.category == Category.HOUSEHOLD,
            Account.closed_on.is_(None),
            Account.id.in_(single),
            Meter.zones == 1,
            Meter.decimals == 0,
            Meter.remote.is_(False),
            Meter.removed_on.is_(None),
            # A reading of a meter whose verification has run out goes to review.
            Meter.verification_due > datetime.now(UTC).date(),
            last.c.value + MONTHLY < 99_999_000,
        )
        .order_by(Account.id.desc())
        .limit(size)
    )
    found = [(row[0], row[1], row[2], row[3]) for row in rows]
    assert len(found) == size, "the demo company is too small"
    return iter(found)


def everybody_writes(
    crowd: Sequence[Member], *, times: int = 1, shuffled: Random | None = None
) -> list[str]:
    """All messages of all at once, each delivered ``times``; the events' numbers. ``shuffled``:
    they overtake each other on their way."""
    made = [
        (member.side, *member.side.make(member.number, member.script[step][0]))
        for step in range(len(crowd[0].script))
        for member in crowd
    ]
    if shuffled is not None:
        shuffled.shuffle(made)
    for side, _, event in made:
        side.push(event, times=times)
    return [key for _, key, _ in made]


def answered(crowd: Sequence[Member]) -> int:
    """How many messages the crowd has got so far."""
    return sum(len(member.reads()) for member in crowd)


async def forget_readings(database: Database) -> None:
    """So that the next round can give this month's readings once more."""
    async with database.write() as tx:
        for table in (ReadingDeliveryStep, ReadingDelivery):
            await tx.session.execute(delete(table))
        await tx.session.execute(delete(Reading).where(Reading.source_message_id.is_not(None)))


async def settled(database: Database) -> bool:
    """Nothing is left to handle or to send."""
    async with database.read() as session:
        unhandled = select(func.count()).where(Message.handled_at.is_(None))
        unsent = select(func.count()).where(
            Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING))
        )
        counts = [(await session.execute(s)).scalar_one() for s in (unhandled, unsent)]
    return counts == [0, 0]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """``repeated``: how many messages customers read a second time. ``unknown``: how many sends
    Okno says it could not know the outcome of."""

    messages: int
    repeated: int
    unknown: int


async def reckon(
    database: Database,
    crowd: Sequence[Member],
    events: Sequence[str],
    *,
    unknown: int,
    any_order: bool = False,
) -> Reckoning:
    """Nothing lost, no reading twice, every chat in order. Raises AssertionError.

    ``any_order``: the messages came to us out of order, so their answers may stand so too; seen
    they must be in the order in which they were queued all the same.
    """
    async with database.read() as session:
        await _nothing_is_lost(session, events)
        for member in crowd:
            await _one_reading(session, member)
        repeated = 0
        for member in crowd:
            repeated += await _in_order(session, member, any_order=any_order)
    assert repeated <= unknown, f"{repeated} came twice, only {unknown} outcomes were unknown"
    return Reckoning(len(events), repeated, unknown)


async def _nothing_is_lost(session: AsyncSession, events: Sequence[str]) -> None:
    stored = await session.execute(
        select(Message.external_id).where(Message.author == Author.CUSTOMER)
    )
    kept = list(stored.scalars())
    assert len(kept) == len(set(kept))
    assert set(events) <= set(kept)
    quarantined = await session.execute(select(func.count()).select_from(Quarantine))
    assert quarantined.scalar_one() == 0


async def _one_reading(session: AsyncSession, member: Member) -> None:
    rows = await session.execute(
        select(Reading.t1).where(
            Reading.meter_id == member.meter_id, Reading.source_message_id.is_not(None)
        )
    )
    taken = list(rows.scalars())
    assert taken.count(member.value) == 1, taken
    assert len(taken) == len(set(taken)), taken


async def _in_order(session: AsyncSession, member: Member, *, any_order: bool) -> int:
    """The customer sees exactly what was queued, in its order; how much of it twice."""
    rows = await session.execute(
        select(Delivery.payload, Delivery.state)
        .join(Conversation, Conversation.id == Delivery.conversation_id)
        .where(
            Conversation.channel == member.side.channel,
            Conversation.chat_id == str(member.number),
            Delivery.kind == DeliveryKind.MESSAGE,
        )
        .order_by(Delivery.seq)
    )
    queued = [(member.side.shows(payload), state) for payload, state in rows]
    assert {state for _, state in queued} == {DeliveryState.SENT}
    texts = [text for text, _ in queued]
    assert len(texts) == len(member.script), texts
    for place, (_, expected) in enumerate(member.script):
        among = texts if any_order else texts[place : place + 1]
        assert any(expected in text for text in among), (expected, texts)
    seen = member.reads()
    assert _runs(seen) == _runs(texts), (seen, texts)
    return len(seen) - len(texts)


def _runs(texts: Sequence[str]) -> list[str]:
    return [text for text, _ in groupby(texts)]


def unknown_outcomes(*logs: Path) -> int:
    """What dead senders left behind, as Okno itself has counted and told it."""
    count = 0
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            if "bots.repeating_unknown" in line:
                count += json.loads(line)["count"]
    return count
