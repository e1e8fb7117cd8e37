"""Readings that wait for an employee: the list, and what he decides.

A decision is one transaction: the reading's state, the audit entry, the words to the customer
and the event that open pages follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from billing import queries
from billing.customers.identity import full_address, full_name
from billing.errors import CorrectionUnfit, ReadingDecided, ReasonMissing
from billing.models import Account, Meter, Reading, ReadingStatus
from billing.readings import review_texts
from billing.readings.delivery_models import ReadingDelivery
from billing.readings.rules import Mark, PastReading, Values
from billing.readings.undelivered import Trouble, troubles, undelivered
from conversations.events import Events
from conversations.models import Author, Message
from conversations.service import Outbox, Outgoing, lock, rendered
from replies import Reply
from staff import audit
from storage.database import Database, Transaction

LONGEST_LIST = 100
LONGEST_REASON = 500
HISTORY_SHOWN = 4
WORDS_SHOWN = 4
EVENT = "reading.decided"


class Tab(StrEnum):
    REVIEW = "review"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reading with what an employee needs to judge it; unmasked. ``words``: what the customer
    wrote up to it, for a reading may have been asked for in several steps.

    ``trouble``: why billing has not got it, of those that it should have by now.
    """

    reading_id: int
    number: str
    account: str
    holder: str
    address: str
    meter: str
    zones: int
    decimals: int
    ratio: int
    values: Values
    history: tuple[PastReading, ...]
    marks: tuple[Mark, ...]
    verified: bool
    taken_on: date
    period: date
    received_at: datetime
    channel: str
    words: tuple[str, ...]
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """``values`` (thousandths) correct the reading; a refusal needs its ``reason``."""

    reading_id: int
    by: int
    accept: bool
    values: Values | None = None
    reason: str = ""


class Reviewing:
    def __init__(self, database: Database, outbox: Outbox, events: Events) -> None:
        self.database = database
        self._outbox = outbox
        self._events = events

    async def waiting(self, session: AsyncSession, tab: Tab) -> list[Waiting]:
        """The longest waiting first."""
        rows = (await session.execute(_statement(tab).limit(LONGEST_LIST))).all()
        histories = await queries.histories_of(session, [row.Meter.id for row in rows])
        stopped = dict[int, Trouble]()
        if tab is Tab.UNDELIVERED:
            stopped = await troubles(session, [row.Reading.id for row in rows])
        return [
            _waiting(
                row,
                histories.get(row.Meter.id, ()),
                await _words(session, row.Reading),
                stopped.get(row.Reading.id),
            )
            for row in rows
        ]

    async def count(self, session: AsyncSession, tab: Tab) -> int:
        counted = _statement(tab).order_by(None).subquery()
        return (await session.execute(select(func.count()).select_from(counted))).scalar_one()

    async def decide(self, decision: Decision) -> str:
        """What became of it, for the page. Raises ReadingDecided (somebody was faster, or the
        customer took it back), ReasonMissing, CorrectionUnfit."""
        reason = " ".join(decision.reason.split())[:LONGEST_REASON]
        if not decision.accept and not reason:
            raise ReasonMissing
        async with self.database.write() as tx:
            reading, meter, account = await self._locked(tx, decision.reading_id)
            if decision.values is not None:
                _check_correction(decision.values, meter)
            said = queries.values_of(reading.t1, reading.t2, reading.t3)
            corrected = decision.values if decision.values not in (None, said) else None
            await _settle(tx, reading, decision, corrected, reason)
            audit.record(
                tx, decision.by, "reading.accept" if decision.accept else "reading.refuse",
                object_kind="reading", object_id=reading.id,
            )  # fmt: skip
            reply = review_texts.decided(
                queries.reading_number(reading.id), account, said, corrected,
                verified=_was_verified(reading), accepted=decision.accept, reason=reason,
            )  # fmt: skip
            await self._tell(tx, reading, reply)
            self._events.emit(
                tx, EVENT, conversation_id=reading.conversation_id, reading=reading.id
            )
        return review_texts.outcome(accepted=decision.accept, corrected=corrected)

    async def _locked(self, tx: Transaction, reading_id: int) -> tuple[Reading, Meter, Account]:
        row = (
            await tx.session.execute(
                select(Reading, Meter, Account)
                .join(Meter, Meter.id == Reading.meter_id)
                .join(Account, Account.id == Meter.account_id)
                .where(Reading.id == reading_id, Reading.status == ReadingStatus.REVIEW)
                # The reading too: who waited for it must see what became of it.
                .with_for_update(key_share=True, of=(Meter, Reading))
            )
        ).one_or_none()
        if row is None:
            raise ReadingDecided(reading_id)
        return row[0], row[1], row[2]

    async def _tell(self, tx: Transaction, reading: Reading, reply: Reply) -> None:
        if reading.conversation_id is None:
            return
        locked = await lock(tx, [reading.conversation_id])
        conversation = locked[reading.conversation_id]
        parts = rendered(reply, conversation)
        message = Outgoing(conversation.id, Author.ASSISTANT, reply.text, parts, reply.to_json())
        await self._outbox.queue(tx, [message], locked=locked)


def _statement(tab: Tab) -> Select[Reading, Meter, Account]:
    statement = (
        select(Reading, Meter, Account)
        .join(Meter, Meter.id == Reading.meter_id)
        .join(Account, Account.id == Meter.account_id)
        .outerjoin(ReadingDelivery, ReadingDelivery.reading_id == Reading.id)
        .order_by(Reading.received_at, Reading.id)
    )
    return statement.where(_CONDITIONS[tab])


_CONDITIONS: dict[Tab, ColumnElement[bool]] = {
    Tab.REVIEW: Reading.status == ReadingStatus.REVIEW,
    Tab.UNDELIVERED: undelivered(),
}


def _waiting(
    row: Row[Reading, Meter, Account],
    history: Sequence[PastReading],
    words: tuple[str, ...],
    trouble: Trouble | None,
) -> Waiting:  # fmt: skip
    reading, meter = row.Reading, row.Meter
    facts = queries.account_facts(row.Account)
    number = queries.reading_number(reading.id)
    return Waiting(
        reading_id=reading.id,
        number=number,
        account=facts.number,
        holder=facts.organisation or full_name(facts.holder),
        address=full_address(facts.address),
        meter=meter.number,
        zones=meter.zones,
        decimals=meter.decimals,
        ratio=meter.ratio,
        values=queries.values_of(reading.t1, reading.t2, reading.t3),
        history=tuple(past for past in history if past.number != number)[-HISTORY_SHOWN:],
        marks=tuple(Mark(mark) for mark in reading.marks),
        verified=reading.verified,
        taken_on=reading.taken_on,
        period=reading.period,
        received_at=reading.received_at,
        channel=reading.channel,
        words=words,
        trouble=trouble,
    )


async def _words(session: AsyncSession, reading: Reading) -> tuple[str, ...]:
    if reading.conversation_id is None or reading.source_message_id is None:
        return ()
    texts = await session.scalars(
        select(Message.text)
        .where(
            Message.conversation_id == reading.conversation_id,
            Message.author == Author.CUSTOMER,
            Message.id <= reading.source_message_id,
            Message.text != "",
        )
        .order_by(Message.id.desc())
        .limit(WORDS_SHOWN)
    )
    return tuple(reversed(list(texts)))


def _check_correction(values: Values, meter: Meter) -> None:
    capacity = 10**meter.digits * 1000
    if len(values) != meter.zones or not all(0 <= value < capacity for value in values):
        raise CorrectionUnfit


async def _settle(
    tx: Transaction, reading: Reading, decision: Decision, corrected: Values | None, reason: str
) -> None:
    """An accepted one displaces what was in force for its period; a corrected one is a new row,
    so that the customer's own figures stay."""
    reading.decided_at, reading.decided_by, reading.decision = tx.now, decision.by, reason or None
    if not decision.accept:
        reading.status = ReadingStatus.REFUSED
        await tx.session.flush()
        return
    await tx.session.execute(
        update(Reading)
        .where(
            Reading.meter_id == reading.meter_id,
            Reading.period == reading.period,
            Reading.status == ReadingStatus.ACCEPTED,
        )
        .values(status=ReadingStatus.REPLACED)
        .execution_options(synchronize_session=False)
    )
    if corrected is None:
        reading.verified, reading.status = True, ReadingStatus.ACCEPTED
        await tx.session.flush()
        return
    reading.status = ReadingStatus.REPLACED
    await tx.session.flush()
    t1, t2, t3 = (*corrected, None, None)[:3]
    tx.session.add(
        Reading(
            meter_id=reading.meter_id, t1=t1, t2=t2, t3=t3, taken_on=reading.taken_on,
            period=reading.period, received_at=tx.now, channel=reading.channel,
            status=ReadingStatus.ACCEPTED, verified=True, marks=[], replaces_id=reading.id,
            conversation_id=reading.conversation_id, decided_at=tx.now, decided_by=decision.by,
            decision=reason or None,
        )
    )  # fmt: skip
    await tx.session.flush()


def _was_verified(reading: Reading) -> bool:
    """Whether the one who gave it had shown that he is the holder."""
    return Mark.UNVERIFIED not in reading.marks
