"""Who gets what without asking: waiting conversations to the free, unanswered ones back.

Due work that runs on while somebody is owed an answer, and rests when nobody is.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import Turn
from conversations.service import lock, record
from handoff.models import Handoff, HandoffState
from handoff.steps import Steps, open_stay
from staff.models import SERVING, GroupMember, Person, StaffGroup
from staff.presence import here
from storage import jobs
from storage.database import Transaction
from storage.jobs import Job

JOB = "handoff.shift"
EVERY_SECONDS = 15
BATCH = 50
# Jobs that are done are of no use to anybody.
KEPT = timedelta(hours=1)

GIVEN_NOTE = "Разговор передан автоматически: {name}"
BACK_NOTE = "{name} не на месте: разговор вернулся в очередь"


async def look_soon(tx: Transaction) -> None:
    """Have the shift looked at within seconds."""
    step = (int(tx.now.timestamp()) // EVERY_SECONDS + 1) * EVERY_SECONDS
    await jobs.schedule(tx, JOB, "all", datetime.fromtimestamp(step, tz=tx.now.tzinfo))


class Shift:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def look(self, tx: Transaction, _payload: dict[str, Any]) -> None:
        """Due work."""
        await tx.session.execute(delete(Job).where(Job.kind == JOB, Job.done_at < tx.now - KEPT))
        await self._give_back(tx)
        await self._distribute(tx)
        owed = await tx.session.scalar(
            select(exists().where(Handoff.next_due_at.is_not(None), _OPEN))
        )
        if owed:
            await look_soon(tx)

    async def _give_back(self, tx: Transaction) -> None:
        """What somebody owes who has been away for ten minutes waits again, as due as before."""
        rows = await tx.session.execute(
            select(Handoff.conversation_id, Person.display_name)
            .join(Person, Person.id == Handoff.operator_id)
            .where(
                _OPEN,  # said of itself, for the index of the open ones
                Handoff.state == HandoffState.TAKEN,
                Handoff.next_due_at.is_not(None),
                ~here(tx.now),
            )
            .limit(BATCH)
        )
        names = {row.conversation_id: row.display_name for row in rows}
        for conversation in (await lock(tx, names)).values():
            stay = await open_stay(tx, conversation.id)
            if stay is None or stay.state != HandoffState.TAKEN or stay.next_due_at is None:
                continue
            stay.state = HandoffState.WAITING
            stay.operator_id = None
            stay.snoozed_at = None
            conversation.turn = Turn.QUEUE
            note = BACK_NOTE.format(name=names[conversation.id])
            await record(tx, self._steps.events, conversation, note)
            self._steps.events.emit(
                tx, "handoff.requeued", conversation_id=conversation.id, handoff=stay.id
            )

    async def _distribute(self, tx: Transaction) -> None:
        rows = await tx.session.execute(
            select(Handoff.conversation_id, Handoff.group_id)
            .join(StaffGroup, StaffGroup.id == Handoff.group_id)
            .where(Handoff.state == HandoffState.WAITING, StaffGroup.distribute)
            .order_by(Handoff.urgency, Handoff.rank_at, Handoff.id)
            .limit(BATCH)
        )
        waiting = [(row.conversation_id, row.group_id) for row in rows]
        if not waiting:
            return
        free = await _free(tx.session, tx.now)
        locked = await lock(tx, (conversation_id for conversation_id, _ in waiting))
        for conversation_id, group_id in waiting:
            able = [one for one in free if group_id in one.groups and one.room > 0]
            stay = await open_stay(tx, conversation_id)
            if not able or stay is None or stay.state != HandoffState.WAITING:
                continue
            chosen = min(able, key=lambda one: (one.open, one.person_id))
            chosen.open += 1
            conversation = locked[conversation_id]
            stay.state = HandoffState.TAKEN
            stay.operator_id = chosen.person_id
            stay.taken_at = tx.now
            conversation.turn = Turn.OPERATOR
            note = GIVEN_NOTE.format(name=chosen.name)
            await record(tx, self._steps.events, conversation, note)
            self._steps.events.emit(
                tx, "handoff.taken", conversation_id=conversation_id, handoff=stay.id,
                operator=chosen.person_id,
            )  # fmt: skip


class _Free:
    """Somebody who is here, with how many he has."""

    def __init__(self, person_id: int, name: str, capacity: int, open_ones: int) -> None:
        self.person_id = person_id
        self.name = name
        self.open = open_ones
        self.groups: set[int] = set()
        self._capacity = capacity

    @property
    def room(self) -> int:
        return self._capacity - self.open


_OPEN = Handoff.state != HandoffState.CLOSED


async def _free(session: AsyncSession, now: datetime) -> list[_Free]:
    taken = (
        select(Handoff.operator_id, func.count().label("open"))
        .where(Handoff.state == HandoffState.TAKEN, Handoff.snoozed_at.is_(None))
        .group_by(Handoff.operator_id)
        .subquery()
    )
    rows = await session.execute(
        select(Person.id, Person.display_name, Person.capacity, taken.c.open)
        .outerjoin(taken, taken.c.operator_id == Person.id)
        .where(here(now), Person.role.in_(SERVING))
    )
    people = {row.id: _Free(row.id, row.display_name, row.capacity, row.open or 0) for row in rows}
    for group_id, person_id in await session.execute(
        select(GroupMember.group_id, GroupMember.person_id)
    ):
        if person_id in people:
            people[person_id].groups.add(group_id)
    return list(people.values())
