"""What an operator does with a conversation: take, answer, note, give back, close.

Every step is a conditional UPDATE whose row count is checked, with the conversation's row
locked: of two operators one gets it, the other learns who.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, insert, select, update

from conversations.models import Author, Conversation, Message, MessageKind, Turn
from conversations.service import Outgoing, call_back, record
from handoff.errors import (
    CustomerGone,
    NoFilesHere,
    PersonalDataHere,
    SentDifferently,
    TooLate,
)
from handoff.inbox import answer_text, mentions, personal_data
from handoff.inbox.seen import must_have_seen
from handoff.inbox.uploads import Upload
from handoff.models import CloseReason, Handoff, HandoffState, OperatorLine
from handoff.ratings import Ratings
from handoff.steps import Operator, Steps, must_have
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.holding import is_holding
from media import attachments
from media.models import Attachment
from replies import Reply, escape, render
from staff import audit
from staff.presence import set_break
from storage import jobs
from storage.database import Transaction

IDLE_JOB = "handoff.close_idle"
# For so long an answer can be called back.
UNDO = timedelta(seconds=5)

INTRODUCTION = "Вам отвечает {name}."
RETURNED = "Дальше Вам снова отвечает бот-помощник. Напишите вопрос, если что-то осталось."
FAREWELL = "Спасибо, что написали! Если появятся вопросы, мы на связи здесь же."

# How what happened is told to colleagues, in the conversation itself.
TAKEN_NOTE = "{name}: разговор взят"
TAKEN_OVER_NOTE = "{name}: разговор взят у коллеги"
RETURNED_NOTE = "{name}: возвращено боту"
CLOSED_NOTE = "{name}: разговор закрыт"
NO_ANSWER_NOTE = "{name}: ответа не требует"


@dataclass(frozen=True, slots=True)
class Said:
    """A line that went to the customer. ``owed``: it answers nothing yet, the clock runs on."""

    message_id: int
    owed: bool


class OperatorDesk:
    """Each method is one transaction. All raise HandoffUnknown for an id that never was."""

    def __init__(
        self,
        steps: Steps,
        hours: WorkingHours,
        ratings: Ratings,
        *,
        idle_close: timedelta,
        public_only: Collection[str],
        public: Sequence[str],
    ) -> None:
        """``public_only``: channels that carry nothing about a customer; ``public``: what reads
        like it and is the company's own, its phones and addresses."""
        self._public_only = public_only
        self._public = public
        self._steps = steps
        self._ratings = ratings
        self._database = steps.database
        self._outbox = steps.outbox
        self._events = steps.events
        self._clocks = steps.clocks
        self._hours = hours
        self._idle_close = idle_close

    async def take(self, handoff_id: int, who: Operator, *, instead_of: int | None = None) -> None:
        """Take a waiting conversation, or that of the colleague ``instead_of``.

        Taking one's own again changes nothing. Raises NotYours (somebody else has it),
        NotWaiting (it is closed).
        """
        async with self._database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            await self._take(tx, conversation, handoff_id, who, instead_of)

    async def answer(
        self,
        handoff_id: int,
        who: Operator,
        text: str,
        *,
        client_key: str,
        files: Sequence[Upload] = (),
        seen: int | None = None,
    ) -> Said:
        """Queue the operator's words for the customer, with ``files`` under them or alone.
        ``seen``: the last message that the operator has before him.

        A waiting conversation is taken by answering it. «Минуту, уточняю» is sent, but the
        answer is owed as before. The same ``client_key`` again gives the first message. Raises
        EmptyAnswer, AnswerTooLong, NotYours, NotWaiting, CustomerGone, SentDifferently (the
        first message had another text or other files), PersonalDataHere, NoFilesHere, NewerLine.
        """
        async with self._database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            if seen is not None:
                await must_have_seen(tx, conversation.id, who, seen, client_key)
            return await self.answer_in(tx, conversation, handoff_id, who, text, client_key, files)

    async def answer_in(
        self,
        tx: Transaction,
        conversation: Conversation,
        handoff_id: int,
        who: Operator,
        text: str,
        client_key: str,
        files: Sequence[Upload] = (),
    ) -> Said:
        """The same inside the transaction of another act; the conversation is locked."""
        text = answer_text.checked(text, may_be_empty=bool(files))
        sent = await self._said(tx, client_key, text, files)
        if sent is not None:
            return Said(sent, owed=False)
        if conversation.channel in self._public_only:
            if not all(file.is_public for file in files):
                raise NoFilesHere
            told = personal_data.found(text, public=self._public)
            if told:
                raise PersonalDataHere(told)
        await self._take(tx, conversation, handoff_id, who, None)
        if conversation.unreachable is not None:
            raise CustomerGone(conversation.unreachable)
        introduced = await self._is_introduced(tx, handoff_id, who)
        message_id = await self._send(tx, conversation, who, text, introduced, files)
        stay = await self._steps.change(tx, handoff_id, who, last_operator_at=tx.now)
        holds = not files and stay.next_due_at is not None and is_holding(text, who.name)
        if not holds:
            await self._clocks.answered(tx, stay)
            stay.first_answered_at = stay.first_answered_at or tx.now
        self._remember(tx, client_key, handoff_id, who, message_id)
        await self._close_when_idle(tx, handoff_id)
        self._steps.emit(tx, "handoff.answered", conversation, handoff_id, who)
        return Said(message_id, owed=holds)

    async def undo(self, handoff_id: int, who: Operator, message_id: int) -> None:
        """Call an answer back before it is sent: nothing of it has happened.

        Raises NotYours, NotWaiting, TooLate.
        """
        async with self._database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, operator_id=who.id)
            line = await tx.session.scalar(
                select(OperatorLine).where(
                    OperatorLine.handoff_id == handoff_id,
                    OperatorLine.staff_id == who.id,
                    OperatorLine.message_id == message_id,
                    OperatorLine.is_note.is_(False),
                )
            )
            if line is None or not await call_back(tx, message_id):
                raise TooLate
            line.undone = True
            await self._clocks.unanswered(tx, stay, line.created_at)
            if stay.first_answered_at == line.created_at:
                stay.first_answered_at = None
            self._events.emit(
                tx, "message.undone", conversation_id=conversation.id, message=message_id
            )
            self._steps.emit(tx, "handoff.owed", conversation, handoff_id, who)

    async def send_again(self, handoff_id: int, who: Operator, message_id: int) -> bool:
        """Send what was not delivered of a message of this conversation once more; False when
        nothing of it waits for that."""
        async with self._database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            known = await tx.session.scalar(
                select(Message.id).where(
                    Message.id == message_id, Message.conversation_id == conversation.id
                )
            )
            again = known is not None and await self._outbox.send_again(tx, message_id)
            if again:
                audit.record(
                    tx, who.id, "message.sent_again", object_kind="message", object_id=message_id
                )
        return again

    async def note(self, handoff_id: int, who: Operator, text: str, *, client_key: str) -> int:
        """Write a line that only staff see, at any time; «@Ольга» calls a colleague.

        Raises EmptyAnswer, AnswerTooLong, SentDifferently.
        """
        text = answer_text.checked(text)
        async with self._database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            written = await self._said(tx, client_key, text)
            if written is not None:
                return written
            message_id = await record(
                tx, self._events, conversation, text,
                author=Author.OPERATOR, kind=MessageKind.NOTE, staff_id=who.id,
                data={"name": who.name},
            )  # fmt: skip
            self._remember(tx, client_key, handoff_id, who, message_id, is_note=True)
            named = await mentions.name_in(tx, text, who.id, handoff_id, message_id)
            if named:
                self._events.emit(
                    tx, "note.mention", conversation_id=conversation.id,
                    handoff=handoff_id, people=named,
                )  # fmt: skip
        return message_id

    async def needs_no_answer(self, handoff_id: int, who: Operator) -> None:
        """Stop the clock of the next answer. Raises NotYours, NotWaiting."""
        async with self._database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, last_operator_at=tx.now)
            await self._clocks.waived(tx, stay)
            await self._steps.tell_colleagues(tx, conversation, who, NO_ANSWER_NOTE)
            audit.record(
                tx, who.id, "handoff.no_answer", object_kind="handoff", object_id=handoff_id
            )
            await self._close_when_idle(tx, handoff_id)
            self._steps.emit(tx, "handoff.answered", conversation, handoff_id, who)

    async def return_to_assistant(self, handoff_id: int, who: Operator) -> None:
        """The assistant goes on with the customer. Raises NotYours, NotWaiting."""
        await self._end(handoff_id, who, CloseReason.RETURNED, RETURNED_NOTE, RETURNED)

    async def close(
        self, handoff_id: int, who: Operator, *, subject: str = "", ask_rating: bool = False
    ) -> None:
        """Say goodbye and end the stay. Raises NotYours, NotWaiting.

        ``subject``: what it was about, an intent or topic; ``ask_rating``: ask for a rating too.
        """
        await self._end(
            handoff_id, who, CloseReason.OPERATOR, CLOSED_NOTE, FAREWELL, subject, ask_rating
        )

    async def _end(
        self,
        handoff_id: int,
        who: Operator,
        reason: CloseReason,
        note: str,
        farewell: str,
        subject: str = "",
        ask_rating: bool = False,
    ) -> None:
        async with self._database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            stay = await self._steps.change(tx, handoff_id, who, last_operator_at=tx.now)
            stay.subject = subject
            await self._steps.end_stay(tx, conversation, stay, reason)
            await self._steps.tell_colleagues(tx, conversation, who, note)
            await self._steps.tell_customer(tx, conversation, farewell)
            if ask_rating:
                await self._ratings.ask_in(tx, conversation, stay)

    async def _take(
        self,
        tx: Transaction,
        conversation: Conversation,
        handoff_id: int,
        who: Operator,
        instead_of: int | None,
    ) -> None:
        free = Handoff.state == HandoffState.WAITING
        # A colleague may have given it back in the meantime.
        expected = free if instead_of is None else free | (Handoff.operator_id == instead_of)
        taken = await tx.session.execute(
            update(Handoff)
            .where(Handoff.id == handoff_id, Handoff.state != HandoffState.CLOSED, expected)
            .values(state=HandoffState.TAKEN, operator_id=who.id, taken_at=tx.now)
            .returning(Handoff.id)
            .execution_options(synchronize_session=False)
        )
        if taken.scalar_one_or_none() is None:
            await must_have(tx, handoff_id, who)
            return
        conversation.turn = Turn.OPERATOR
        await set_break(tx, who.id, on=False)
        note = TAKEN_NOTE if instead_of is None else TAKEN_OVER_NOTE
        await self._steps.tell_colleagues(tx, conversation, who, note)
        self._steps.emit(tx, "handoff.taken", conversation, handoff_id, who)

    async def _said(
        self, tx: Transaction, client_key: str, text: str, files: Sequence[Upload] = ()
    ) -> int | None:
        """The message that this press has made already. Raises SentDifferently."""
        row = (
            await tx.session.execute(
                select(Message.id, Message.text, Message.data)
                .join(OperatorLine, OperatorLine.message_id == Message.id)
                .where(OperatorLine.client_key == client_key)
            )
        ).one_or_none()
        if row is None:
            return None
        message_id: int = row.id
        said, data = row.text, row.data
        sent = [file["key"] for file in data.get("files", ())]
        if said != text or sent != [file.kept.digest for file in files]:
            raise SentDifferently
        return message_id

    async def _is_introduced(self, tx: Transaction, handoff_id: int, who: Operator) -> bool:
        """Whether the customer has had an answer of this operator in this stay."""
        found = await tx.session.scalar(
            select(
                exists().where(
                    OperatorLine.handoff_id == handoff_id,
                    OperatorLine.staff_id == who.id,
                    OperatorLine.is_note.is_(False),
                    OperatorLine.undone.is_(False),
                )
            )
        )
        return bool(found)

    async def _send(
        self,
        tx: Transaction,
        conversation: Conversation,
        who: Operator,
        text: str,
        introduced: bool,
        files: Sequence[Upload],
    ) -> int:
        markdown = answer_text.as_markdown(text)
        data: dict[str, Any] = {"name": who.name}
        enclosed = tuple(file.reply_file() for file in files)
        if enclosed:
            data["files"] = [file.to_json() for file in enclosed]
        if not introduced:
            introduction = INTRODUCTION.format(name=who.name)
            data["introduction"] = introduction
            markdown = f"{escape(introduction)}\n\n{markdown}".strip()
        reply = Reply(markdown, files=enclosed)
        parts = [part.to_json() for part in render(reply, conversation.channel)]
        outgoing = Outgoing(
            conversation.id, Author.OPERATOR, text, parts, data, who.id, tx.now + UNDO
        )
        (message_id,) = await self._outbox.queue(
            tx, [outgoing], locked={conversation.id: conversation}
        )
        # For colleagues, as a customer's files are.
        rows = (attachments.row(message_id, n, one.attachment(), tx) for n, one in enumerate(files))
        if files:
            await tx.connection.execute(insert(Attachment), [row for row in rows if row])
        return message_id

    def _remember(
        self,
        tx: Transaction,
        client_key: str,
        handoff_id: int,
        who: Operator,
        message_id: int,
        *,
        is_note: bool = False,
    ) -> None:
        tx.session.add(
            OperatorLine(
                client_key=client_key,
                handoff_id=handoff_id,
                staff_id=who.id,
                message_id=message_id,
                is_note=is_note,
                created_at=tx.now,
            )
        )

    async def _close_when_idle(self, tx: Transaction, handoff_id: int) -> None:
        due_at = self._hours.add_working_time(tx.now, self._idle_close)
        await jobs.schedule(tx, IDLE_JOB, str(handoff_id), due_at, {"handoff": handoff_id})
