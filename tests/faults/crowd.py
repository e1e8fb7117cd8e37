"""Two hundred customers who write to Okno through Telegram, and the reckoning afterwards."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from billing.models import Account, Category, Meter, Reading
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
from tests.fakes.telegram import Customer, FakeTelegram
from tests.fakes.telegram_limits import visible_text

MONTHLY = 120_000  # thousandths of kWh: an ordinary month


@dataclass(frozen=True, slots=True)
class Member:
    """A customer, the account whose reading he gives, and what he expects to read."""

    customer: Customer
    meter_id: int
    value: int
    script: tuple[tuple[str, str], ...]


async def gather_crowd(
    database: Database, telegram: FakeTelegram, size: int, round_number: int = 0
) -> list[Member]:
    """Each with an account of his own; in every round other people."""
    async with database.read() as session:
        accounts = list(await _accounts(session, size))
    crowd = []
    for place, (number, surname, meter_id, last) in enumerate(accounts):
        value = last + MONTHLY
        script = (
            ("какой тариф на электроэнергию", "5,47"),
            (f"лс {number} {surname} показания {value // 1000}", "Показания приняты"),
            ("сколько я должен", "1"),
            ("спасибо", "Рад помочь"),
        )
        customer = telegram.customer(1_000 * (round_number + 1) + place)
        crowd.append(Member(customer, meter_id, value, script))
    return crowd


async def _accounts(session: AsyncSession, size: int) -> Iterator[tuple[str, str, int, int]]:
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


def everybody_writes(crowd: Sequence[Member]) -> list[int]:
    """All messages of all at once; Telegram delivers each chat's in order. Updates' numbers."""
    numbers = []
    for step in range(len(crowd[0].script)):
        numbers += [member.customer.says(member.script[step][0])["update_id"] for member in crowd]
    return numbers


def answered(crowd: Sequence[Member]) -> int:
    """How many messages the crowd has got so far."""
    return sum(len(member.customer.sees) for member in crowd)


async def forget_readings(database: Database) -> None:
    """So that the next round can give this month's readings once more."""
    async with database.write() as tx:
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


async def reckon(
    database: Database, crowd: Sequence[Member], updates: Sequence[int], log: Path
) -> int:
    """Nothing lost, nothing twice, everything in order; how many messages came twice because
    nobody could know whether they had come. Raises AssertionError."""
    async with database.read() as session:
        await _nothing_is_lost(session, updates)
        for member in crowd:
            await _one_reading(session, member)
        repeated = 0
        for member in crowd:
            repeated += await _in_order(session, member)
    known = _unknown_outcomes(log)
    assert repeated <= known, f"{repeated} came twice, only {known} outcomes were unknown"
    return repeated


async def _nothing_is_lost(session: AsyncSession, updates: Sequence[int]) -> None:
    stored = await session.execute(
        select(Message.external_id).where(Message.author == Author.CUSTOMER)
    )
    kept = list(stored.scalars())
    assert len(kept) == len(set(kept))
    assert {str(number) for number in updates} <= set(kept)
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


async def _in_order(session: AsyncSession, member: Member) -> int:
    """The customer sees exactly what was queued, in its order; how much of it twice."""
    rows = await session.execute(
        select(Delivery.payload, Delivery.state)
        .join(Conversation, Conversation.id == Delivery.conversation_id)
        .where(
            Conversation.chat_id == str(member.customer.chat_id),
            Delivery.kind == DeliveryKind.MESSAGE,
        )
        .order_by(Delivery.seq)
    )
    queued = [(visible_text(_call(payload)), state) for payload, state in rows]
    assert {state for _, state in queued} == {DeliveryState.SENT}
    texts = [text for text, _ in queued]
    for (_, expected), text in zip(member.script, texts, strict=True):
        assert expected in text, (expected, text)
    seen = member.customer.reads
    assert _runs(seen) == _runs(texts), (seen, texts)
    return len(seen) - len(texts)


def _call(payload: dict[str, str]) -> dict[str, str]:
    return {"text": payload["text"], "parse_mode": "HTML"}


def _runs(texts: Sequence[str]) -> list[str]:
    return [text for text, _ in groupby(texts)]


def _unknown_outcomes(log: Path) -> int:
    """As Okno itself has counted and told them."""
    count = 0
    for line in log.read_text(errors="replace").splitlines():
        if "bots.repeating_unknown" in line:
            count += json.loads(line)["count"]
    return count
