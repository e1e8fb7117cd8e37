"""Putting a conversation off: until a moment, until the customer writes, until a promised date."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from conversations.models import Turn
from conversations.service import record
from handoff.errors import AnswerOwed
from handoff.models import Handoff, HandoffState
from handoff.steps import Operator, Steps, stay_of_job
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.clock import SOON
from staff.presence import is_here
from storage import jobs
from storage.database import Transaction

WAKE_JOB = "handoff.wake"
CALL_LEAD = timedelta(hours=1)

SNOOZED_NOTE = "{name}: отложено {until}"
WOKEN_NOTE = "Отложенный разговор вернулся"
PROMISE_NOTE = "Пришёл день обещанного ответа: клиенту обещано {by}"


class Preset(StrEnum):
    HOUR = "hour"
    TOMORROW = "tomorrow"  # at opening
    CUSTOMER = "customer"  # until the customer writes


class Promise(StrEnum):
    """An honest way out of a hard case [4]."""

    DEPARTMENT = "department"  # another department: an interim answer
    OUTSIDE = "outside"  # an organisation outside
    CALL = "call"  # we call back today


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """Working days for another department, calendar days for an organisation outside [4]."""

    department_days: int = 3
    outside_days: int = 30


TO_CUSTOMER = {
    Promise.DEPARTMENT: (
        "Чтобы ответить точно, передаём вопрос в профильный отдел. "
        "О том, что выяснится, напишем Вам {by}."
    ),
    Promise.OUTSIDE: (
        "Чтобы решить вопрос, нужен ответ другой организации. Вернёмся к Вам с ответом {by}."
    ),
    Promise.CALL: "Перезвоним Вам {by} на номер {phone}.",
}
CALL_UNNAMED = "Перезвоним Вам {by}."
ASK_PHONE = "Перезвоним Вам {by}. Напишите, пожалуйста, номер телефона."
NOTES = {
    Promise.DEPARTMENT: "{name}: другой отдел, ответ обещан {by}",
    Promise.OUTSIDE: "{name}: сторонняя организация, ответ обещан {by}",
    Promise.CALL: "{name}: обещан звонок {by}",
}


def preset_until(preset: Preset, hours: WorkingHours, now: datetime) -> datetime | None:
    """When a conversation put off at ``now`` comes back; None: when the customer writes."""
    match preset:
        case Preset.HOUR:
            return now + timedelta(hours=1)
        case Preset.TOMORROW:
            tomorrow = now.astimezone(hours.zone).date() + timedelta(days=1)
            return hours.next_opening(datetime.combine(tomorrow, time(), tzinfo=hours.zone))
        case Preset.CUSTOMER:
            return None


def promised_by(
    promise: Promise, hours: WorkingHours, terms: PromiseTerms, now: datetime
) -> datetime:
    """The moment by which the customer is promised to hear from us."""
    match promise:
        case Promise.DEPARTMENT:
            return hours.add_working_days(now, terms.department_days)
        case Promise.OUTSIDE:
            last = now + timedelta(days=terms.outside_days - 1)
            # The work on the day before: a date that falls on a day off is met before it.
            return hours.last_closing(last)
        case Promise.CALL:
            return hours.last_closing(hours.next_opening(now))


def back_at(promise: Promise, hours: WorkingHours, by: datetime) -> datetime:
    """When the conversation returns to the operator, so that there is time to keep the word."""
    if promise is Promise.CALL:
        return by - CALL_LEAD
    day = (by - timedelta(seconds=1)).astimezone(hours.zone).date()
    return hours.next_opening(datetime.combine(day, time(), tzinfo=hours.zone))


class Later:
    """Each method is one transaction. All raise NotYours, NotWaiting, HandoffUnknown."""

    def __init__(
        self,
        steps: Steps,
        hours: WorkingHours,
        terms: PromiseTerms,
        public_only: Collection[str] = (),
    ) -> None:
        self._public_only = public_only
        self._steps = steps
        self._hours = hours
        self._terms = terms

    def promised_by(self, promise: Promise, now: datetime) -> datetime:
        return promised_by(promise, self._hours, self._terms, now)

    async def snooze(self, handoff_id: int, who: Operator, preset: Preset) -> None:
        """Out of the list until then. An answer that is owed brings it back in time; raises
        AnswerOwed when it is owed within minutes."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, snoozed_at=tx.now)
            until = preset_until(preset, self._hours, tx.now)
            if stay.next_due_at is not None:
                latest = stay.next_due_at - SOON
                if latest <= tx.now:
                    raise AnswerOwed
                until = min(until or latest, latest)
            stay.wake_at = until
            await self._schedule(tx, stay)
            told = self._moment(until, tx.now) if until else "до сообщения клиента"
            note = SNOOZED_NOTE.format(name=who.name, until=told)
            await self._steps.tell_colleagues(tx, conversation, who, note)
            self._steps.emit(tx, "handoff.snoozed", conversation, handoff_id, who)

    async def unsnooze(self, handoff_id: int, who: Operator) -> None:
        """Back into the list now."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            await self._steps.change(tx, handoff_id, who, snoozed_at=None)
            self._steps.emit(tx, "handoff.woken", conversation, handoff_id, who)

    async def promise(
        self, handoff_id: int, who: Operator, promise: Promise, *, phone: str = ""
    ) -> None:
        """Tell the customer a date and put the conversation off until its day."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, last_operator_at=tx.now)
            due_at = self.promised_by(promise, tx.now)
            by = self._hours.clock_time(due_at, tx.now)
            await self._steps.clocks.promise(tx, stay, due_at)
            stay.first_answered_at = stay.first_answered_at or tx.now
            stay.promised_at = due_at
            stay.wake_at = max(back_at(promise, self._hours, due_at), tx.now)
            stay.snoozed_at = tx.now
            text = TO_CUSTOMER[promise]
            if promise is Promise.CALL and conversation.channel in self._public_only:
                text = CALL_UNNAMED
            elif promise is Promise.CALL and not phone:
                text = ASK_PHONE
            await self._steps.tell_customer(tx, conversation, text.format(by=by, phone=phone))
            note = NOTES[promise].format(name=who.name, by=by)
            await self._steps.tell_colleagues(tx, conversation, who, note)
            self._steps.emit(tx, "handoff.promised", conversation, handoff_id, who)
            if stay.wake_at <= tx.now:
                await self._wake(tx, stay)
            else:
                await self._schedule(tx, stay)

    async def wake_due(self, tx: Transaction, payload: dict[str, Any]) -> None:
        """Due work: the moment has come, unless it was moved meanwhile."""
        if (found := await stay_of_job(tx, payload)) is None:
            return
        conversation, stay = found
        if stay.wake_at is None or stay.wake_at > tx.now:
            return
        note = WOKEN_NOTE
        if stay.promised_at is not None:
            by = self._hours.clock_time(stay.promised_at, tx.now)
            note = PROMISE_NOTE.format(by=by)
        await record(tx, self._steps.events, conversation, note)
        await self._wake(tx, stay)
        if stay.next_due_at is not None and not await is_here(tx.session, stay.operator_id, tx.now):
            stay.state = HandoffState.WAITING
            stay.operator_id = None
            conversation.turn = Turn.QUEUE

    async def _wake(self, tx: Transaction, stay: Handoff) -> None:
        stay.snoozed_at = stay.wake_at = None
        if stay.promised_at is not None:
            await self._steps.clocks.promise_is_near(tx, stay, stay.promised_at)
            stay.promised_at = None
        self._steps.events.emit(
            tx, "handoff.woken", conversation_id=stay.conversation_id, handoff=stay.id
        )

    async def _schedule(self, tx: Transaction, stay: Handoff) -> None:
        if stay.wake_at is not None:
            await jobs.schedule(tx, WAKE_JOB, str(stay.id), stay.wake_at, {"handoff": stay.id})

    def _moment(self, at: datetime, now: datetime) -> str:
        return self._hours.clock_time(at, now)
