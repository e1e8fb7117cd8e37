"""Storing readings: judged again under a lock on the meter, once per message."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import bindparam, func, or_, select, update

from billing import queries
from billing.customers.identity import normalise_number
from billing.customers.linking import lock, note_attempt
from billing.errors import NotLinked
from billing.models import (
    Account,
    AccountLink,
    AttemptPurpose,
    LinkAttempt,
    Meter,
    Reading,
    ReadingStatus,
)
from billing.readings.rules import (
    AcceptanceRules,
    Accepted,
    Mark,
    NeedsConfirmation,
    PastReading,
    Question,
    Refused,
    check,
    consumed,
)
from billing.views import (
    GivenReading,
    TakenReading,
    Unverified,
    UnverifiedOutcome,
    UnverifiedReading,
)
from storage.database import Transaction

# Doubts that become marks where nothing may be asked. Whether the meter was replaced only its
# holder may say.
_NOT_ASKED = tuple(question for question in Question if question is not Question.REPLACED)
MOST_UNVERIFIED = 3
# Of readings that did not fit one number, whoever gave them: enough for a family's mistakes, too
# few to find out a register's value by trying.
MOST_UNFIT = 10
UNVERIFIED_WINDOW = timedelta(days=1)


async def take(
    tx: Transaction, given: GivenReading, rules: AcceptanceRules
) -> TakenReading | NeedsConfirmation | Refused:
    meter, closed_on = await _locked_meter(tx, given)
    facts = queries.meter_facts(meter, closed_on)
    history = await queries.history_of(tx.session, meter.id)

    stored = await tx.session.scalar(
        _STORED, {"message": given.source_message_id, "meter": meter.id}
    )
    if stored is not None:
        values = queries.values_of(stored.t1, stored.t2, stored.t3)
        earlier = [past for past in history if past.accepted and past.period < stored.period]
        previous = earlier[-1] if earlier else None
        known = Mark.REPLACED not in stored.marks
        return replace(
            _taken(stored),
            consumption=consumed(values, previous, facts) if known else (),
            previous=previous,
            repeated=True,
        )

    result = check(given.values, facts, history, given.taken_on, rules, given.confirmed)
    if not isinstance(result, Accepted):
        return result
    status = ReadingStatus.REVIEW if result.marks else ReadingStatus.ACCEPTED
    reading = _row(tx, meter.id, given, result)
    reading.status = status
    if _may_displace(history, result.period):
        reading.replaces_id = await _displace(tx, meter.id, result)
    tx.session.add(reading)
    await tx.session.flush()
    return replace(_taken(reading), consumption=result.consumption, previous=result.previous)


async def take_unverified(
    tx: Transaction, given: UnverifiedReading, rules: AcceptanceRules
) -> Unverified:
    repeated = await tx.session.scalar(
        select(Reading.id).where(
            Reading.source_message_id == given.source_message_id, Reading.verified.is_(False)
        )
    )
    if repeated is not None:
        return Unverified(UnverifiedOutcome.TAKEN, queries.reading_number(repeated))
    number = normalise_number(given.number) or ""
    await lock(tx, f"contact:{given.contact_id}")
    await lock(tx, f"number:{number}")
    if await _tried_enough(tx, given.contact_id, number):
        return Unverified(UnverifiedOutcome.TOO_MANY)
    reading = await _fitting(tx, number, given, rules)
    await note_attempt(tx, given.contact_id, number, AttemptPurpose.READING, ok=reading is not None)
    if reading is None:
        return Unverified(UnverifiedOutcome.DOES_NOT_FIT)
    tx.session.add(reading)
    await tx.session.flush()
    return Unverified(UnverifiedOutcome.TAKEN, queries.reading_number(reading.id))


async def _tried_enough(tx: Transaction, contact_id: int, number: str) -> bool:
    """Counted alike for numbers that exist and for those that do not."""
    own = LinkAttempt.contact_id == contact_id
    same = (LinkAttempt.number == number) & (LinkAttempt.number != "")
    unfit = same & LinkAttempt.ok.is_(False)
    row = (
        await tx.session.execute(
            select(func.count().filter(own), func.count().filter(unfit)).where(
                LinkAttempt.purpose == AttemptPurpose.READING,
                LinkAttempt.at > tx.now - UNVERIFIED_WINDOW,
                or_(own, unfit),
            )
        )
    ).one()
    return bool(row[0] >= MOST_UNVERIFIED or row[1] >= MOST_UNFIT)


async def _fitting(
    tx: Transaction, number: str, given: UnverifiedReading, rules: AcceptanceRules
) -> Reading | None:
    """The row for the one meter of the account that the values fit; ``None`` for none or several.

    Nothing is asked, as a question would tell what the account holds: doubts become marks.
    """
    account = await queries.account_by_number(tx.session, number)
    found, closed_on = (account.id, account.closed_on) if account else (None, None)
    fitting: list[tuple[int, Accepted]] = []
    for meter in await queries.meters_at(tx.session, found, closed_on):
        result = check(given.values, meter.facts, meter.history, given.taken_on, rules, _NOT_ASKED)
        if isinstance(result, Accepted):
            fitting.append((meter.meter_id, result))
    if len(fitting) != 1:
        return None
    meter_id, result = fitting[0]
    row = _row(tx, meter_id, given, replace(result, marks=(Mark.UNVERIFIED, *result.marks)))
    row.status = ReadingStatus.REVIEW
    row.verified = False
    return row


def _may_displace(history: Sequence[PastReading], period: date) -> bool:
    """Whether the meter has a reading for this period, as far as its history tells."""
    if len(history) == queries.HISTORY_LENGTH and period < history[0].period:
        return True
    return any(past.period == period for past in history)


async def _displace(tx: Transaction, meter_id: int, result: Accepted) -> int | None:
    """Take the period's former readings out of force; the one that was in force. What waits for
    review never displaces what is in force: an employee decides that."""
    at = (Reading.meter_id == meter_id, Reading.period == result.period)
    in_force: int | None = await tx.session.scalar(
        select(Reading.id).where(*at, Reading.status == ReadingStatus.ACCEPTED)
    )
    displaced = [ReadingStatus.REVIEW, *([] if result.marks else [ReadingStatus.ACCEPTED])]
    await tx.session.execute(
        update(Reading)
        .where(*at, Reading.verified, Reading.status.in_(displaced))
        .values(status=ReadingStatus.REPLACED)
    )
    return in_force


# Built once: every fifth message is a reading.
_METER = (
    select(Meter, Account.closed_on, AccountLink.id)
    .join(Account, Account.id == Meter.account_id)
    .outerjoin(
        AccountLink,
        (AccountLink.account_id == Account.id)
        & (AccountLink.contact_id == bindparam("contact"))
        & AccountLink.unlinked_at.is_(None),
    )
    .where(Meter.id == bindparam("meter"), Meter.account_id == bindparam("account"))
    .with_for_update(key_share=True, of=Meter)
)
_STORED = select(Reading).where(
    Reading.source_message_id == bindparam("message"), Reading.meter_id == bindparam("meter")
)


async def _locked_meter(tx: Transaction, given: GivenReading) -> tuple[Meter, date | None]:
    """The meter and when its account was closed. Two readings of one meter are judged one after
    the other. Raises ``NotLinked``."""
    asked = {
        "contact": given.contact_id, "account": given.account_id, "meter": given.meter_id
    }  # fmt: skip
    meter, closed_on, link_id = (await tx.session.execute(_METER, asked)).one()
    if link_id is None:
        raise NotLinked(given.contact_id, given.account_id)
    return meter, closed_on


def _row(
    tx: Transaction, meter_id: int, given: GivenReading | UnverifiedReading, result: Accepted
) -> Reading:
    t1, t2, t3 = (*result.values, None, None)[:3]
    return Reading(
        meter_id=meter_id,
        t1=t1,
        t2=t2,
        t3=t3,
        taken_on=given.taken_on,
        period=result.period,
        received_at=tx.now,
        channel=given.channel,
        marks=[mark.value for mark in result.marks],
        source_message_id=given.source_message_id,
        conversation_id=given.conversation_id,
    )


def _taken(reading: Reading) -> TakenReading:
    return TakenReading(
        reading_id=reading.id,
        number=queries.reading_number(reading.id),
        status=ReadingStatus(reading.status),
        values=queries.values_of(reading.t1, reading.t2, reading.t3),
        consumption=(),
        period=reading.period,
        taken_on=reading.taken_on,
        received_at=reading.received_at,
        channel=reading.channel,
        marks=tuple(Mark(mark) for mark in reading.marks),
        replaces=reading.replaces_id is not None,
    )
