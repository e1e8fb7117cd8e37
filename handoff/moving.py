"""Handing a conversation to a colleague or a group."""

from sqlalchemy import select

from conversations.models import Author, Conversation, MessageKind, Turn
from conversations.service import record
from handoff.errors import NobodyThere, NotWaiting
from handoff.inbox import answer_text
from handoff.models import Handoff, HandoffState
from handoff.steps import Operator, Steps, open_stay
from staff.models import SERVING, Person, StaffGroup
from staff.presence import is_here
from storage.database import Transaction

CAME_BACK_NOTE = "Клиент вернулся в течение суток, снова отвечает {name}"


class Moving:
    """The clocks run on: the customer does not wait longer because we moved him."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def to_person(
        self, handoff_id: int, who: Operator, person_id: int, note: str = ""
    ) -> None:
        """Raises NotYours, NotWaiting, NobodyThere."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, taken_at=tx.now)
            await self._give(tx, conversation, stay, who, person_id, note)

    async def to_group(self, handoff_id: int, who: Operator, group_id: int, note: str = "") -> None:
        """Into the queue of a group. Raises NotYours, NotWaiting, NobodyThere."""
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, taken_at=tx.now)
            await self._into(tx, conversation, stay, who, group_id, note)

    async def back_to(
        self, tx: Transaction, conversation: Conversation, stay: Handoff, person_id: int | None
    ) -> None:
        """A customer who comes back within a day has the same operator, if that one is here; else
        ``stay`` waits for everybody."""
        if person_id is None or not await is_here(tx.session, person_id, tx.now):
            return
        person = await tx.session.get_one(Person, person_id)
        if person.role not in SERVING:
            return
        stay.state = HandoffState.TAKEN
        stay.operator_id = person_id
        stay.taken_at = tx.now
        conversation.turn = Turn.OPERATOR
        note = CAME_BACK_NOTE.format(name=person.display_name)
        await record(tx, self._steps.events, conversation, note)
        self._steps.events.emit(
            tx, "handoff.transferred", conversation_id=conversation.id, handoff=stay.id,
            operator=None, to=person_id,
        )  # fmt: skip

    async def assign(self, handoff_id: int, by: Operator, person_id: int) -> None:
        """A supervisor gives an open conversation to somebody, whoever has it now.

        Raises NotWaiting (closed), NobodyThere.
        """
        async with self._steps.database.write() as tx:
            conversation, stay = await self._open(tx, handoff_id)
            await self._give(tx, conversation, stay, by, person_id, "")

    async def assign_group(self, handoff_id: int, by: Operator, group_id: int) -> None:
        """A supervisor puts an open conversation into the queue of a group, whoever has it now.

        Raises NotWaiting (closed), NobodyThere.
        """
        async with self._steps.database.write() as tx:
            conversation, stay = await self._open(tx, handoff_id)
            await self._into(tx, conversation, stay, by, group_id, "")

    async def _open(self, tx: Transaction, handoff_id: int) -> tuple[Conversation, Handoff]:
        """Locked, whoever has it. Raises NotWaiting."""
        conversation = await self._steps.lock(tx, handoff_id)
        stay = await open_stay(tx, conversation.id)
        if stay is None or stay.id != handoff_id:
            raise NotWaiting
        return conversation, stay

    async def _into(
        self,
        tx: Transaction,
        conversation: Conversation,
        stay: Handoff,
        who: Operator,
        group_id: int,
        note: str,
    ) -> None:
        name = await tx.session.scalar(select(StaffGroup.name).where(StaffGroup.id == group_id))
        if name is None:
            raise NobodyThere
        stay.group_id = group_id
        stay.state = HandoffState.WAITING
        stay.operator_id = None
        stay.snoozed_at = None
        conversation.turn = Turn.QUEUE
        # Somebody has to look at it, though the customer may be owed nothing at the moment.
        await self._steps.clocks.owe(tx, stay)
        text = "{name}: передано в группу «" + _plain(name) + "»"
        await self._steps.tell_colleagues(tx, conversation, who, text)
        await self._note(tx, conversation, who, note)
        self._steps.emit(tx, "handoff.requeued", conversation, stay.id, who)

    async def _give(
        self,
        tx: Transaction,
        conversation: Conversation,
        stay: Handoff,
        who: Operator,
        person_id: int,
        note: str,
    ) -> None:
        name = await tx.session.scalar(
            select(Person.display_name).where(
                Person.id == person_id, Person.active, Person.role.in_(SERVING)
            )
        )
        if name is None:
            raise NobodyThere
        stay.state = HandoffState.TAKEN
        stay.operator_id = person_id
        stay.taken_at = tx.now
        stay.snoozed_at = None
        conversation.turn = Turn.OPERATOR
        text = "{name}: передано, теперь отвечает " + _plain(name)
        await self._steps.tell_colleagues(tx, conversation, who, text)
        await self._note(tx, conversation, who, note)
        self._steps.events.emit(
            tx,
            "handoff.transferred",
            conversation_id=conversation.id,
            handoff=stay.id,
            operator=who.id,
            to=person_id,
        )

    async def _note(
        self, tx: Transaction, conversation: Conversation, who: Operator, note: str
    ) -> None:
        if not note.strip():
            return
        await record(
            tx, self._steps.events, conversation, answer_text.checked(note),
            author=Author.OPERATOR, kind=MessageKind.NOTE, staff_id=who.id,
            data={"name": who.name},
        )  # fmt: skip


def _plain(name: str) -> str:
    """Safe inside a template of ``str.format``."""
    return name.replace("{", "").replace("}", "")
