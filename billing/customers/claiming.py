"""Organisations: a customer names contract and ИНН, an operator confirms with one press [14].

Until then he gets public answers only, and nothing tells him whether there is such a contract.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from billing import queries
from billing.customers import claim_texts
from billing.customers.claim_models import ClaimState, OrganisationClaim
from billing.customers.identity import full_address, number_spellings
from billing.customers.linking import link_account, lock
from billing.errors import ClaimDecided, ClaimUnfit, GatewayDown
from billing.mirror import Mirror
from billing.models import Account, Category, Proof
from conversations.events import Events
from conversations.models import Author
from conversations.service import Outbox, Outgoing, rendered
from conversations.service import lock as lock_conversations
from replies import Reply
from staff import audit
from storage.database import Database, Transaction

EVENT = "claim.decided"
# An accountant keeps several contracts; who names more than this is looking for some.
MOST_WAITING = 5
LONGEST_REASON = 500


class Comparison(StrEnum):
    """What our base says of a claim."""

    FITS = "fits"
    NOT_KNOWN = "not_known"  # the contract is there, its ИНН is not
    OTHER_INN = "other_inn"
    NO_CONTRACT = "no_contract"  # or it is a person's account

    @property
    def may_confirm(self) -> bool:
        return self in {Comparison.FITS, Comparison.NOT_KNOWN}


@dataclass(frozen=True, slots=True)
class Claim:
    """For an operator: what was named, and what the base has beside it; unmasked."""

    id: int
    number: str
    inn: str
    at: datetime
    comparison: Comparison
    organisation: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """``contact_id``: whose claim it has to be. ``reason`` of a refusal goes to the customer."""

    claim_id: int
    contact_id: int
    by: int
    accept: bool
    reason: str = ""


async def record(
    tx: Transaction, contact_id: int, conversation_id: int, number: str, inn: str
) -> None:
    """Keep the claim for an operator; the same again only brings the ИНН up to date."""
    await lock(tx, f"contact:{contact_id}")
    waiting = await tx.session.scalars(
        select(OrganisationClaim.number).where(
            OrganisationClaim.contact_id == contact_id,
            OrganisationClaim.state == ClaimState.WAITING,
        )
    )
    others = set(waiting) - {number}
    if len(others) >= MOST_WAITING:
        return
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    named = {"inn": inn, "at": tx.now, "conversation_id": conversation_id}
    await tx.session.execute(
        insert(OrganisationClaim)
        .values(contact_id=contact_id, number=number, state=ClaimState.WAITING, **named)
        .on_conflict_do_update(
            index_elements=["contact_id", "number"],
            index_where=OrganisationClaim.state == ClaimState.WAITING,
            set_=named,
        )
    )


def compare(account: Account | None, inn: str) -> Comparison:
    if account is None or account.category != Category.BUSINESS:
        return Comparison.NO_CONTRACT
    if account.inn is None:
        return Comparison.NOT_KNOWN
    return Comparison.FITS if account.inn == inn else Comparison.OTHER_INN


class Claims:
    """``mirror``: where accounts come from the company's billing system."""

    def __init__(
        self, database: Database, outbox: Outbox, events: Events, mirror: Mirror | None = None
    ) -> None:
        self.database = database
        self._outbox = outbox
        self._events = events
        self._mirror = mirror

    async def waiting(self, contact_id: int) -> list[Claim]:
        """What an operator has to decide about this customer, the oldest first."""
        waiting = (
            select(OrganisationClaim)
            .where(
                OrganisationClaim.contact_id == contact_id,
                OrganisationClaim.state == ClaimState.WAITING,
            )
            .order_by(OrganisationClaim.id)
        )
        async with self.database.read() as session:
            rows = list(await session.scalars(waiting))
        if self._mirror is not None:
            for row in rows:
                with suppress(GatewayDown):
                    await self._mirror.refresh(row.number)
        async with self.database.read() as session:
            return [_claim(row, await _account(session, row.number)) for row in rows]

    async def decide(self, decision: ClaimDecision) -> str:
        """What became of it, for the page. One transaction: the link, the audit entry, the words
        to the customer and the event. Raises ClaimDecided (a colleague was faster, or it is
        another customer's), ClaimUnfit (our base says no)."""
        reason = " ".join(decision.reason.split())[:LONGEST_REASON]
        async with self.database.write() as tx:
            row = await tx.session.scalar(
                select(OrganisationClaim)
                .where(
                    OrganisationClaim.id == decision.claim_id,
                    OrganisationClaim.contact_id == decision.contact_id,
                    OrganisationClaim.state == ClaimState.WAITING,
                )
                .with_for_update(key_share=True)
            )
            if row is None:
                raise ClaimDecided(decision.claim_id)
            if decision.accept:
                account = await _account(tx.session, row.number)
                if account is None or not compare(account, row.inn).may_confirm:
                    raise ClaimUnfit
                await link_account(tx, row.contact_id, account.id, Proof.OPERATOR)
                row.state, reply = ClaimState.CONFIRMED, claim_texts.confirmed(account)
            else:
                row.state, row.reason = ClaimState.REFUSED, reason or None
                reply = claim_texts.refused(row.number, reason)
            row.decided_at, row.decided_by = tx.now, decision.by
            await tx.session.flush()
            audit.record(
                tx, decision.by, "account.confirm" if decision.accept else "account.refuse",
                object_kind="organisation_claim", object_id=row.id,
            )  # fmt: skip
            await self._tell(tx, row.conversation_id, reply)
            self._events.emit(tx, EVENT, conversation_id=row.conversation_id, claim=row.id)
        return claim_texts.outcome(accepted=decision.accept)

    async def _tell(self, tx: Transaction, conversation_id: int, reply: Reply) -> None:
        locked = await lock_conversations(tx, [conversation_id])
        parts = rendered(reply, locked[conversation_id])
        message = Outgoing(conversation_id, Author.ASSISTANT, reply.text, parts, reply.to_json())
        await self._outbox.queue(tx, [message], locked=locked)


async def _account(session: AsyncSession, number: str) -> Account | None:
    """By the number as it was typed, Latin lookalikes of Cyrillic letters forgiven."""
    spellings = number_spellings(number)
    found = await session.scalars(
        select(Account)
        .where(Account.number.in_(spellings))
        .order_by((Account.number == number).desc())
        .limit(1)
    )
    return found.one_or_none()


def _claim(row: OrganisationClaim, account: Account | None) -> Claim:
    comparison = compare(account, row.inn)
    named = account is not None and comparison is not Comparison.NO_CONTRACT
    facts = queries.account_facts(account) if account is not None and named else None
    return Claim(
        id=row.id,
        number=row.number,
        inn=row.inn,
        at=row.at,
        comparison=comparison,
        organisation=facts.organisation or "" if facts else "",
        address=full_address(facts.address) if facts else "",
    )
