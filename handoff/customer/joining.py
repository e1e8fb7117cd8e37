"""One customer in several messengers: joined by his own one-time code or by a phone that both
messengers have proved, parted by an operator. «The same account» joins nobody: families and
landlords share accounts.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, func, select, update

from billing.models import AccountLink
from conversations.models import Contact, Conversation
from conversations.service import lock, record
from handoff.customer.join_models import JoinCode, JoinTry, ProvenPhone
from handoff.customer.merging import merge, part
from handoff.errors import NotJoined
from handoff.inbox.labels import channel as channel_name
from handoff.steps import Operator, Steps
from replies import Button
from staff import audit
from storage.database import Transaction

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
TRIES_WINDOW = timedelta(minutes=30)

WRONG = (
    "Код не подошёл: возможно, прошли 10 минут или он уже использован. Попросите новый там, "
    "где писали нам раньше: напишите слово «код»."
)
TOO_MANY = "Слишком много неверных кодов. Попробуйте, пожалуйста, через полчаса."
OWN = "Этот код нужно написать в другом мессенджере, а здесь Вас уже узнали."
# What the buttons of the question carry; read by the dialogs.
ACTION = "join:"
YES, NO = "Да, соединить", "Нет"
ASKED = (
    "Этот код получен в другом разговоре: {channel}. Если соединить, там будут видны и Ваши счета. "
    "Код получили Вы сами?"
)
NOT_JOINED = "Хорошо, не соединяем: Ваши счета видны только Вам."
JOINED = "Готово, узнали Вас: Вы уже писали нам ({channel}). Счета теперь общие."
TOLD = (
    "К Вашим разговорам присоединён ещё один: {channel}. Если это сделали не Вы, "
    "напишите сюда «оператор»: отсоединим."
)
NOTE = "Клиент объединил разговоры по коду: {channel}"
PHONE_NOTE = "Разговоры объединены по телефону, подтверждённому мессенджером: {channel}"
PARTED_NOTE = "{name}: разговор отсоединён от других разговоров клиента"


class Joining:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def issue(self, tx: Transaction, conversation: Conversation, code: str) -> None:
        """Keep the code that this customer is told; his earlier ones are void."""
        await tx.session.execute(
            update(JoinCode)
            .where(JoinCode.conversation_id == conversation.id, JoinCode.expires_at > tx.now)
            .values(expires_at=tx.now)
            .execution_options(synchronize_session=False)
        )
        tx.session.add(
            JoinCode(code=code, conversation_id=conversation.id, expires_at=tx.now + LIFETIME)
        )
        await tx.session.flush()

    async def redeem(
        self, tx: Transaction, conversation: Conversation, code: str, *, sure: bool = False
    ) -> None:
        """The customer of the locked conversation has written a code; he is told what became of
        it. A wrong, an old and a used one get the same answer.

        Who has accounts of his own is asked first, unless he is ``sure``: a stranger may have
        told him to write this.
        """
        if await self._tries(tx, conversation.id) >= MOST_TRIES:
            await self._steps.tell_customer(tx, conversation, TOO_MANY)
            return
        found = await tx.session.scalar(
            select(Conversation)
            .join(JoinCode, JoinCode.conversation_id == Conversation.id)
            .where(JoinCode.code == code, JoinCode.used_at.is_(None), JoinCode.expires_at > tx.now)
        )
        if found is not None and found.contact_id == conversation.contact_id:
            await self._steps.tell_customer(tx, conversation, OWN)
            return
        own = found is not None and not sure and await self._has_accounts(tx, conversation)
        if found is not None and own:
            await self._ask(tx, conversation, found.channel, code)
            return
        used = None if found is None else await self._use(tx, code)
        if found is None or used is None:
            tx.session.add(JoinTry(conversation_id=conversation.id, at=tx.now))
            await self._steps.tell_customer(tx, conversation, WRONG)
            return
        first = await self._join(tx, conversation, found.id, "code", NOTE)
        here, there = (channel_name(one.channel)[0] for one in (conversation, first))
        await self._steps.tell_customer(tx, conversation, JOINED.format(channel=there))
        await self._steps.tell_customer(tx, first, TOLD.format(channel=here))

    async def proved(self, tx: Transaction, conversation: Conversation, phone: str) -> None:
        """The messenger has proved this phone to be the customer's: whoever proved the same one
        elsewhere is he."""
        digits = re.sub(r"\D", "", phone)[-10:]
        if len(digits) < 10:
            return
        known = await tx.session.get(ProvenPhone, conversation.id)
        if known is None:
            tx.session.add(ProvenPhone(conversation_id=conversation.id, phone=digits, at=tx.now))
        else:
            known.phone, known.at = digits, tx.now
        contact = await tx.session.get_one(Contact, conversation.contact_id)
        contact.phone = contact.phone or f"+7{digits}"
        await tx.session.flush()
        other = await tx.session.scalar(
            select(Conversation.id)
            .join(ProvenPhone, ProvenPhone.conversation_id == Conversation.id)
            .where(ProvenPhone.phone == digits, Conversation.contact_id != conversation.contact_id)
            .order_by(Conversation.id)
            .limit(1)
        )
        if other is not None:
            first = await self._join(tx, conversation, other, "phone", PHONE_NOTE)
            here = channel_name(conversation.channel)[0]
            await self._steps.tell_customer(tx, first, TOLD.format(channel=here))

    async def part(self, handoff_id: int, who: Operator, conversation_id: int) -> None:
        """Take a conversation of this stay's customer away from his others; what was joined with
        it goes with it. Raises HandoffUnknown, NotJoined."""
        async with self._steps.database.write() as tx:
            here = await self._steps.lock(tx, handoff_id)
            conversation = (await lock(tx, [conversation_id])).get(conversation_id)
            if conversation is None or conversation.contact_id != here.contact_id:
                raise NotJoined
            together = conversation.contact_id
            if not await part(tx, conversation, who.id):
                raise NotJoined
            await tx.session.execute(
                update(ProvenPhone)  # or the next proof would join them again
                .where(ProvenPhone.conversation_id == conversation_id)
                .values(phone="")
                .execution_options(synchronize_session=False)
            )
            audit.record(
                tx, who.id, "contact.parted", object_kind="conversation",
                object_id=conversation_id, contact=together,
            )  # fmt: skip
            await self._steps.tell_colleagues(tx, conversation, who, PARTED_NOTE)
            for one in {here.id, conversation_id}:
                self._steps.events.emit(tx, "handoff.joined", conversation_id=one)

    async def _has_accounts(self, tx: Transaction, conversation: Conversation) -> bool:
        found = await tx.session.scalar(
            select(
                exists().where(
                    AccountLink.contact_id == conversation.contact_id,
                    AccountLink.unlinked_at.is_(None),
                )
            )
        )
        return bool(found)

    async def _ask(
        self, tx: Transaction, conversation: Conversation, channel: str, code: str
    ) -> None:
        buttons = (Button(YES, action=f"{ACTION}{code}"), Button(NO, action=f"{ACTION}no"))
        text = ASKED.format(channel=channel_name(channel)[0])
        await self._steps.tell_customer(tx, conversation, text, *buttons)
        # Also for who types «да, соединить»: the buttons on the screen, as the dialogs keep them.
        on_screen = [[button.label, button.action] for button in buttons]
        conversation.state = {**conversation.state, "buttons": on_screen}

    async def _use(self, tx: Transaction, code: str) -> int | None:
        used = await tx.session.execute(
            update(JoinCode)
            .where(JoinCode.code == code, JoinCode.used_at.is_(None), JoinCode.expires_at > tx.now)
            .values(used_at=tx.now)
            .returning(JoinCode.id)
            .execution_options(synchronize_session=False)
        )
        return used.scalar_one_or_none()

    async def _join(
        self, tx: Transaction, conversation: Conversation, first_id: int, how: str, note: str
    ) -> Conversation:
        """Join the customer of ``conversation`` to that of the first one, which is returned."""
        first = (await lock(tx, [first_id]))[first_id]
        source = conversation.contact_id
        moved: Sequence[int] = await merge(tx, source, first.contact_id, how)
        conversation.contact_id = first.contact_id
        for one, other in ((conversation, first), (first, conversation)):
            told = note.format(channel=channel_name(other.channel)[0])
            await record(tx, self._steps.events, one, told)
        audit.record(
            tx, None, "contact.joined", object_kind="contact", object_id=first.contact_id,
            source=source, how=how, conversations=list(moved),
        )  # fmt: skip
        for concerned in {first_id, *moved}:
            self._steps.events.emit(tx, "handoff.joined", conversation_id=concerned)
        return first

    async def _tries(self, tx: Transaction, conversation_id: int) -> int:
        found = await tx.session.scalar(
            select(func.count()).where(
                JoinTry.conversation_id == conversation_id, JoinTry.at > tx.now - TRIES_WINDOW
            )
        )
        return found or 0
