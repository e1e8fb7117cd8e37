"""A word to the supervisors' own chat in a messenger when answers are late: counts, nobody's name.

It goes through the queue out like any message, and not more often than the profile says.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from conversations.models import Author, BotAccount, Contact, Conversation, Message
from conversations.service import Outbox, Outgoing, lock
from handoff.models import Handoff, HandoffState
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.clock import SOON
from replies import Reply, render
from storage import jobs
from storage.database import Transaction

LATE_JOB = "handoff.late_told"
STEP_SECONDS = 5
NAME = "Чат старших смены"


@dataclass(frozen=True, slots=True)
class ChatOfSupervisors:
    """``chat_id`` as the messenger names it; ``every``: not more often than that."""

    channel: str
    chat_id: str
    every: timedelta


class Supervisors:
    def __init__(self, outbox: Outbox, hours: WorkingHours, chat: ChatOfSupervisors | None) -> None:
        self._outbox = outbox
        self._hours = hours
        self._chat = chat

    async def late(self, tx: Transaction) -> None:
        """An answer is late: have it told soon."""
        if self._chat is not None:
            await self._look_at(tx, tx.now)

    async def tell_due(self, tx: Transaction, _payload: dict[str, Any]) -> None:
        """Due work: tell how it stands now, unless it was told a short while ago."""
        if self._chat is None:
            return
        conversation = await self._conversation(tx, self._chat)
        told_at = await tx.session.scalar(
            select(func.max(Message.created_at)).where(
                Message.conversation_id == conversation.id, Message.author == Author.SYSTEM
            )
        )
        if told_at is not None and told_at + self._chat.every > tx.now:
            await self._look_at(tx, told_at + self._chat.every)
            return
        text = await self._text(tx)
        if text:
            parts = [part.to_json() for part in render(Reply(text), self._chat.channel)]
            outgoing = Outgoing(conversation.id, Author.SYSTEM, text, parts)
            await self._outbox.queue(tx, [outgoing], locked={conversation.id: conversation})

    async def _text(self, tx: Transaction) -> str:
        """«» when nobody is late any more."""
        due = Handoff.next_due_at
        late, soon, waiting = (
            await tx.session.execute(
                select(
                    func.count().filter(due <= tx.now),
                    func.count().filter(due > tx.now, due <= tx.now + SOON),
                    func.count().filter(Handoff.state == HandoffState.WAITING),
                ).where(Handoff.state != HandoffState.CLOSED)
            )
        ).one()
        if not late:
            return ""
        at = f"{tx.now.astimezone(self._hours.zone):%H:%M}"
        return (
            f"На {at} опаздываем с ответом: {late}. Меньше 5 минут осталось: {soon}. "
            f"Ждут оператора: {waiting}."
        )

    async def _look_at(self, tx: Transaction, moment: datetime) -> None:
        step = (int(moment.timestamp()) // STEP_SECONDS + 1) * STEP_SECONDS
        await jobs.schedule(tx, LATE_JOB, "all", datetime.fromtimestamp(step, tz=tx.now.tzinfo))

    async def _conversation(self, tx: Transaction, chat: ChatOfSupervisors) -> Conversation:
        """Locked; made when it is first needed. One process at a time runs due work."""
        account_id = await tx.session.scalar(
            select(BotAccount.id).where(
                BotAccount.channel == chat.channel, BotAccount.name == "main"
            )
        )
        if account_id is None:
            account = BotAccount(channel=chat.channel, name="main")
            tx.session.add(account)
            await tx.session.flush()
            account_id = account.id
        found = await tx.session.scalar(
            select(Conversation.id).where(
                Conversation.bot_account_id == account_id, Conversation.chat_id == chat.chat_id
            )
        )
        if found is None:
            contact = Contact(created_at=tx.now)
            tx.session.add(contact)
            await tx.session.flush()
            made = Conversation(
                contact_id=contact.id, bot_account_id=account_id, channel=chat.channel,
                chat_id=chat.chat_id, display_name=NAME, last_message_at=tx.now, created_at=tx.now,
            )  # fmt: skip
            tx.session.add(made)
            await tx.session.flush()
            found = made.id
        return (await lock(tx, [found]))[found]
