"""What the assistant does with the operators' queue: ask for a person, wait, leave.

The dialogs call these inside their finishing transaction with the conversation locked. What
operators do is in ``handoff/desk.py``; the lists of the inbox are in ``handoff/inbox/queue.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from conversations.events import Events
from conversations.models import Contact, Conversation, Turn
from conversations.service import Outbox
from handoff import shift
from handoff.abuse import Abuse
from handoff.board.announcements import Announcements
from handoff.board.supervisors import LATE_JOB, ChatOfSupervisors, Supervisors
from handoff.customer.joining import Joining
from handoff.customer.lending import Lending
from handoff.customer.proving import Proving
from handoff.desk import IDLE_JOB, OperatorDesk
from handoff.first import First
from handoff.inbox import names
from handoff.inbox.tags import Labels
from handoff.later import WAKE_JOB, Later, PromiseTerms
from handoff.models import ClockKind, CloseReason, Handoff, HandoffState, Urgency
from handoff.moving import Moving
from handoff.ratings import Ratings
from handoff.steps import RETURNS_WITHIN, Steps, open_stay, stay_of_job
from handoff.working_time import clocks
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.clocks import Clocks, Terms
from handoff.working_time.notices import NOTICE_JOB, Notices
from handoff.working_time.promise import Promises
from staff import groups
from storage.database import Database, Transaction
from storage.jobs import Handler

IDLE_FAREWELL = (
    "Завершаем разговор с оператором: давно нет новых сообщений. "
    "Если вопрос остался, просто напишите сюда."
)


PROMISE_TERMS = PromiseTerms()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place with the operators. ``due_at``: when the customer is owed the next answer."""

    handoff_id: int
    due_at: datetime
    is_new: bool


class HandoffService:
    """``answer_within``: working time to an answer; ``idle_close``: working time after the
    operator's last answer after which a silent conversation ends by itself."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        events: Events,
        hours: WorkingHours,
        *,
        answer_within: timedelta,
        idle_close: timedelta,
        promise_terms: PromiseTerms = PROMISE_TERMS,
        public_only: Collection[str] = (),
        public: Sequence[str] = (),
        supervisors: ChatOfSupervisors | None = None,
    ) -> None:
        """``public_only`` and ``public`` as ``OperatorDesk`` has them; ``supervisors``: their chat
        in a messenger."""
        self.database = database
        self.hours = hours
        self.clocks = Clocks(hours, Terms(answer_within), events, shift.look_soon)
        self._steps = Steps(database, outbox, events, self.clocks)
        self.ratings = Ratings(self._steps)
        self.desk = OperatorDesk(
            self._steps,
            hours,
            self.ratings,
            idle_close=idle_close,
            public_only=public_only,
            public=public,
        )
        self.later = Later(self._steps, hours, promise_terms, public_only)
        self.abuse = Abuse(self._steps, hours)
        self.shift = shift.Shift(self._steps)
        self.announcements = Announcements(database)
        self.promises = Promises(database, hours, answer_within)
        self.notices = Notices(self._steps, self.promises)
        self.supervisors = Supervisors(outbox, hours, supervisors)
        self.moving = Moving(self._steps)
        self.labels = Labels(self._steps)
        self.lending = Lending(self._steps, public_only)
        self.proving = Proving(self._steps, public_only)
        self.first = First(self._steps, self.desk)
        self.joining = Joining(self._steps)
        self._events = events
        self._idle_close = idle_close

    def jobs(self) -> Mapping[str, Handler]:
        """Handlers of this room's due work, by kind."""
        return {
            IDLE_JOB: self._close_idle,
            clocks.JOB: self._look_at_clocks,
            WAKE_JOB: self.later.wake_due,
            shift.JOB: self.shift.look,
            NOTICE_JOB: self.notices.tell_due,
            LATE_JOB: self.supervisors.tell_due,
        }

    async def calendar_loaded(self) -> None:
        """At the start of due work: running clocks follow the calendar that is in force now."""
        more = True
        while more:
            async with self.database.write() as tx:
                more = bool(await self.clocks.recompute(tx))

    async def request(
        self,
        tx: Transaction,
        conversation: Conversation,
        *,
        reason: str,
        summary: Mapping[str, Any],
        danger: bool = False,
    ) -> Ticket:
        """Put the locked conversation into the queue; asking again changes nothing, except that
        danger to life moves it to the front and a taken one is owed an answer again."""
        found = await open_stay(tx, conversation.id)
        if found is None:
            found = await self._begin(tx, conversation, reason, summary, danger)
            return Ticket(found.id, found.first_due_at, is_new=True)
        if danger and not found.danger:
            found.urgency = Urgency.DANGER
            found.reason = reason
            found.summary = {**found.summary, **summary}
            self._emit(tx, "handoff.requested", found)
        due_at = await self.clocks.owe(tx, found)
        return Ticket(found.id, due_at, is_new=False)

    async def leave_queue(self, tx: Transaction, conversation: Conversation) -> None:
        """«Уже не нужно», or «Продолжить с ботом» while the operator is away.

        Nobody has to answer a conversation that only waited. One that an operator had and still
        owes an answer goes back into the queue: nothing that was written is lost.
        """
        found = await open_stay(tx, conversation.id)
        if found is None:
            conversation.turn = Turn.ASSISTANT
        elif found.state == HandoffState.TAKEN and found.next_due_at is not None:
            found.state = HandoffState.WAITING
            found.operator_id = None
            conversation.turn = Turn.QUEUE
            self._emit(tx, "handoff.requeued", found)
        else:
            await self._steps.end_stay(tx, conversation, found, CloseReason.CUSTOMER)

    async def customer_wrote(self, tx: Transaction, conversation: Conversation) -> None:
        """A line that an operator has to read: the clock of the next answer starts."""
        found = await open_stay(tx, conversation.id)
        if found is not None:
            found.snoozed_at = None  # whoever writes is seen at once
            await self.clocks.owe(tx, found)

    async def waiting(self) -> int:
        """How many conversations wait for an operator."""
        statement = select(func.count()).where(Handoff.state == HandoffState.WAITING)
        async with self.database.read() as session:
            return (await session.execute(statement)).scalar_one()

    async def _begin(
        self,
        tx: Transaction,
        conversation: Conversation,
        reason: str,
        summary: Mapping[str, Any],
        danger: bool,
    ) -> Handoff:
        due_at = self.clocks.due(ClockKind.FIRST_ANSWER, tx.now)
        given_name = await tx.session.scalar(
            select(Contact.given_name).where(Contact.id == conversation.contact_id)
        )
        known = await groups.all_groups(tx.session)
        before = None if danger else await _served_before(tx, conversation.id)
        topics = (summary.get("topic", ""), summary.get("intent", ""))
        own_group = before.group_id if before is not None else None
        stay = Handoff(
            conversation_id=conversation.id,
            group_id=own_group or groups.fitting(known, topics),
            reason=reason,
            summary=dict(summary),
            state=HandoffState.WAITING,
            urgency=Urgency.DANGER if danger else Urgency.USUAL,
            name_folded=names.folded(given_name, conversation.display_name),
            requested_at=tx.now,
            first_due_at=due_at,
        )
        tx.session.add(stay)
        await tx.session.flush()
        await self.clocks.begin(tx, stay)
        await self.notices.schedule(tx, stay)
        conversation.turn = Turn.QUEUE
        self._emit(tx, "handoff.requested", stay)
        if before is not None:
            await self.moving.back_to(tx, conversation, stay, before.operator_id)
        return stay

    async def _look_at_clocks(self, tx: Transaction, _payload: dict[str, Any]) -> None:
        if await self.clocks.sweep(tx):
            await self.supervisors.late(tx)

    async def _close_idle(self, tx: Transaction, payload: dict[str, Any]) -> None:
        """Due work: a job per answer; only the last one finds the conversation silent."""
        if (found := await stay_of_job(tx, payload)) is None:
            return
        conversation, stay = found
        if (
            stay.state != HandoffState.TAKEN
            or stay.next_due_at is not None
            or stay.snoozed_at is not None
            or stay.wake_at is not None
            or stay.last_operator_at is None
            or self.hours.add_working_time(stay.last_operator_at, self._idle_close) > tx.now
        ):
            return
        await self._steps.end_stay(tx, conversation, stay, CloseReason.IDLE)
        await self._steps.tell_customer(tx, conversation, IDLE_FAREWELL)

    def _emit(self, tx: Transaction, kind: str, stay: Handoff) -> None:
        self._events.emit(tx, kind, conversation_id=stay.conversation_id, handoff=stay.id)


async def _served_before(tx: Transaction, conversation_id: int) -> Handoff | None:
    """The last stay, when an operator ended it within the last day."""
    rows = await tx.session.scalars(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.state == HandoffState.CLOSED)
        .order_by(Handoff.id.desc())
        .limit(1)
    )
    last = rows.one_or_none()
    if last is None or last.operator_id is None or last.closed_at is None:
        return None
    served = last.close_reason in (CloseReason.OPERATOR, CloseReason.IDLE)
    return last if served and last.closed_at > tx.now - RETURNS_WITHIN else None
