"""What the assistant says without having been asked: a payment has come [24]."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.customers.identity import mask_number
from billing.models import Account, AccountLink
from billing.money import roubles
from billing.payments.incoming import GivenPayment
from conversations.models import Author, Conversation
from conversations.service import Outbox, Outgoing, rendered
from dialogs.actions import intent_button
from dialogs.flows.money_words import day
from replies import Reply
from storage.database import Transaction


class PaymentNotices:
    """``personal_data``: what each channel may carry; a sum goes where everything may."""

    def __init__(self, outbox: Outbox, personal_data: Mapping[str, str], zone: ZoneInfo) -> None:
        self._outbox = outbox
        self._personal_data = personal_data
        self._zone = zone

    async def tell(self, tx: Transaction, payments: Mapping[int, Sequence[GivenPayment]]) -> None:
        """Queue a line for each contact linked to the accounts, in the chat he wrote in last."""
        rows = await tx.session.execute(
            select(
                AccountLink.account_id, AccountLink.contact_id, AccountLink.nickname,
                Account.number,
            )
            .join(Account, Account.id == AccountLink.account_id)
            .where(AccountLink.account_id.in_(payments), AccountLink.unlinked_at.is_(None))
            .order_by(AccountLink.id)
        )  # fmt: skip
        links = rows.all()
        chats = await self._chats(tx, {link.contact_id for link in links})
        messages = []
        for link in links:
            chat = chats.get(link.contact_id)
            if chat is None:
                continue
            name = f"Счёт «{link.nickname}»" if link.nickname else "Лицевой счёт"
            for paid in payments[link.account_id]:
                reply = self._reply(f"{name} {mask_number(link.number)}", paid)
                parts = rendered(reply, chat)
                messages.append(
                    Outgoing(
                        chat.id, Author.ASSISTANT, reply.text, parts, reply.to_json(), notice=True
                    )
                )
        await self._outbox.queue(tx, messages)

    async def _chats(self, tx: Transaction, contacts: set[int]) -> dict[int, Conversation]:
        """Each contact's last conversation that can be reached and may carry a sum."""
        full = [name for name, rule in self._personal_data.items() if rule == "full"]
        rows = await tx.session.scalars(
            select(Conversation)
            .where(
                Conversation.contact_id.in_(contacts),
                Conversation.unreachable.is_(None),
                Conversation.channel.in_(full),
            )
            .order_by(Conversation.last_message_at)
        )
        return {row.contact_id: row for row in rows}

    def _reply(self, who: str, paid: GivenPayment) -> Reply:
        when = day(paid.paid_at.astimezone(self._zone).date())
        text = (
            f"✅ {who}: платёж **{roubles(paid.kopecks)}** от {when} получен и зачислен. Спасибо!"
        )
        return Reply(text, (intent_button("Сколько к оплате", "balance"),))
