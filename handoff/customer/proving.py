"""An operator marks by what the customer has shown that an account is his.

The operator types the number and the holder as the customer named them; our base compares. So an
account is not opened by a slip of the pen, and what the base holds is not read from the refusal.
"""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import func, select

from billing.customers.identity import mask_number
from billing.customers.linking import held_by, link_account
from billing.models import Proof
from handoff.errors import NothingShown, ProofWrong, TooManyTries
from handoff.steps import Operator, Steps
from staff import audit
from staff.models import AuditEntry
from storage.database import Transaction

FAILED = "account.proof_failed"
MOST_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=30)


class Shown(StrEnum):
    """What the operator was given as a proof."""

    VOICE = "voice"
    CHAT = "chat"
    DOCUMENT = "document"
    PROXY = "proxy"
    OFFICE = "office"


NAMES = {
    Shown.VOICE: "назвал по телефону",
    Shown.CHAT: "назвал в переписке",
    Shown.DOCUMENT: "показал документ",
    Shown.PROXY: "есть доверенность",
    Shown.OFFICE: "был в офисе",
}
NOTE = "{name}: личность подтверждена, счёт {number}: {shown}"
TOLD = "Оператор подтвердил, что лицевой счёт {number} Ваш: теперь о нём можно спрашивать и здесь."


class Proving:
    def __init__(self, steps: Steps, public_only: Collection[str]) -> None:
        """``public_only``: channels in which the customer is told nothing about an account."""
        self._steps = steps
        self._public_only = frozenset(public_only)

    async def confirm(
        self, handoff_id: int, who: Operator, number: str, holder: str, shown: Collection[Shown]
    ) -> None:
        """Link the customer to the account. ``holder``: a person's surname, or name in full; an
        organisation's ИНН. A wrong try is kept and counted.

        Raises HandoffUnknown, NotYours, NotWaiting, NothingShown, ProofWrong, TooManyTries.
        """
        if not shown:
            raise NothingShown
        async with self._steps.database.write() as tx:
            conversation = await self._steps.lock(tx, handoff_id)
            await self._steps.change(tx, handoff_id, who, operator_id=who.id)
            if await _failures(tx, who.id) >= MOST_FAILURES:
                raise TooManyTries
            account = await held_by(tx.session, number, holder)
            if account is None:
                audit.record(
                    tx, who.id, FAILED, object_kind="contact", object_id=conversation.contact_id
                )
            else:
                codes = [one.value for one in Shown if one in shown]
                await link_account(
                    tx, conversation.contact_id, account.id, Proof.OPERATOR,
                    shown=codes, by=who.id,
                )  # fmt: skip
                audit.record(
                    tx, who.id, "account.confirmed",
                    object_kind="contact", object_id=conversation.contact_id,
                    account=account.id, shown=codes,
                )  # fmt: skip
                masked = mask_number(account.number)
                named = ", ".join(NAMES[one] for one in Shown if one in shown)
                note = NOTE.format(name="{name}", number=masked, shown=named)
                await self._steps.tell_colleagues(tx, conversation, who, note)
                if conversation.channel not in self._public_only:
                    text = TOLD.format(number=masked)
                    await self._steps.tell_customer(tx, conversation, text)
                self._steps.emit(tx, "handoff.proved", conversation, handoff_id, who)
        if account is None:
            raise ProofWrong


async def _failures(tx: Transaction, person_id: int) -> int:
    """Wrong tries of this operator, whoever the customer was."""
    found = await tx.session.scalar(
        select(func.count()).where(
            AuditEntry.person_id == person_id,
            AuditEntry.action == FAILED,
            AuditEntry.at > tx.now - FAILURE_WINDOW,
        )
    )
    return found or 0
