"""Personal data: what the customer was told or agreed to, by the profile's choice (152-ФЗ)."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from billing.customers.claim_models import ClaimState, OrganisationClaim
from billing.customers.linking import lock
from billing.models import AccountLink, Consent, ConsentKind, Purpose
from billing.views import ProofSet
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class ConsentText:
    """``kind``: the customer is only told, or has to agree before his account is looked for."""

    kind: ConsentKind
    version: str
    text: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What to say before an account is looked for (``given``: nothing any more), and which
    ``proofs`` count."""

    kind: ConsentKind
    text: str
    given: bool
    proofs: frozenset[ProofSet] = frozenset(ProofSet)


# Built once: most questions about money ask it.
_STANDING = select(Consent.id).where(
    Consent.contact_id == bindparam("contact"),
    Consent.purpose == bindparam("of"),
    Consent.withdrawn_at.is_(None),
    Consent.version == bindparam("as_of"),
)


async def standing(
    session: AsyncSession,
    contact_id: int,
    asked: ConsentText,
    proofs: frozenset[ProofSet],
    purpose: Purpose = Purpose.SERVICE,
) -> Standing:
    """A newer version of the text is told or asked anew."""
    found = await session.scalar(
        _STANDING, {"contact": contact_id, "of": purpose, "as_of": asked.version}
    )
    return Standing(asked.kind, asked.text, found is not None, proofs)


async def record(
    tx: Transaction,
    contact_id: int,
    given: ConsentText,
    message_id: int | None,
    purpose: Purpose = Purpose.SERVICE,
) -> None:
    """Keep the text with its version and time; again with the same version changes nothing."""
    await lock(tx, f"contact:{contact_id}")
    open_one = await tx.session.scalar(
        select(Consent).where(
            Consent.contact_id == contact_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
    )
    if open_one is not None:
        if open_one.version == given.version:
            return
        open_one.withdrawn_at = tx.now
        await tx.session.flush()
    tx.session.add(
        Consent(
            contact_id=contact_id,
            purpose=purpose,
            kind=given.kind,
            version=given.version,
            text=given.text,
            at=tx.now,
            message_id=message_id,
        )
    )
    await tx.session.flush()


async def withdraw_mailings(tx: Transaction, contact_id: int) -> None:
    """End the consent to mailings; the accounts stay."""
    await tx.session.execute(
        update(Consent)
        .where(
            Consent.contact_id == contact_id,
            Consent.purpose == Purpose.MAILINGS,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=tx.now)
    )


async def withdraw(tx: Transaction, contact_id: int) -> int:
    """End every consent of the contact, detach his accounts and drop what waits for an operator's
    confirmation; how many were attached."""
    await lock(tx, f"contact:{contact_id}")
    await tx.session.execute(
        update(Consent)
        .where(Consent.contact_id == contact_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=tx.now)
    )
    await tx.session.execute(
        update(OrganisationClaim)
        .where(
            OrganisationClaim.contact_id == contact_id,
            OrganisationClaim.state == ClaimState.WAITING,
        )
        .values(state=ClaimState.REFUSED, decided_at=tx.now)
    )
    detached = await tx.session.execute(
        update(AccountLink)
        .where(AccountLink.contact_id == contact_id, AccountLink.unlinked_at.is_(None))
        .values(unlinked_at=tx.now, is_default=False)
        .returning(AccountLink.id)
    )
    return len(detached.all())
