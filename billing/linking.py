"""Showing that one is the holder: the link between a contact and an account.

A wrong number and a wrong name get the same answer and are counted alike, so that nobody can
find out which accounts exist.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from billing import queries
from billing.identity import Holder, is_holder, normalise_number
from billing.models import Account, AccountLink, AttemptPurpose, Category, LinkAttempt, Proof
from billing.views import LinkOutcome
from storage.database import Transaction

MOST_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=30)


async def identify(tx: Transaction, contact_id: int, number: str, name: str) -> LinkOutcome:
    claimed = normalise_number(number) or ""
    await lock(tx, f"contact:{contact_id}")
    for link, account in await queries.links_of(tx.session, contact_id):
        if account.number == claimed:
            return LinkOutcome(queries.linked_account(link, account), attempts_left=MOST_FAILURES)
    if claimed:
        await lock(tx, f"number:{claimed}")
    own, others = await _failures(tx.session, contact_id, claimed, tx.now - FAILURE_WINDOW)
    if max(own, others) >= MOST_FAILURES:
        return LinkOutcome(blocked=True)

    found = await queries.account_by_number(tx.session, claimed) if claimed else None
    proved = found is not None and _proves(name, found)
    await note_attempt(tx, contact_id, claimed, AttemptPurpose.LINK, ok=proved)
    if found is None or not proved:
        left = MOST_FAILURES - own - 1
        return LinkOutcome(blocked=left == 0, attempts_left=left)
    link = await _link(tx, contact_id, found.id)
    return LinkOutcome(queries.linked_account(link, found), attempts_left=MOST_FAILURES - own)


def _proves(name: str, account: Account) -> bool:
    """An organisation is confirmed by an operator, not by anybody's name."""
    holder = Holder(account.surname, account.name, account.patronymic)
    return account.category == Category.HOUSEHOLD and is_holder(name, holder)


async def _link(tx: Transaction, contact_id: int, account_id: int) -> AccountLink:
    default = await tx.session.scalar(
        select(AccountLink.id).where(
            AccountLink.contact_id == contact_id,
            AccountLink.unlinked_at.is_(None),
            AccountLink.is_default,
        )
    )
    link = AccountLink(
        contact_id=contact_id,
        account_id=account_id,
        proof=Proof.NAME,
        is_default=default is None,
        linked_at=tx.now,
    )
    tx.session.add(link)
    await tx.session.flush()
    return link


async def _failures(
    session: AsyncSession, contact_id: int, number: str, since: datetime
) -> tuple[int, int]:
    """Wrong tries since then: of this contact, and of anybody at this number."""
    by_contact = LinkAttempt.contact_id == contact_id
    by_number = (LinkAttempt.number == number) & (LinkAttempt.number != "")
    row = (
        await session.execute(
            select(func.count().filter(by_contact), func.count().filter(by_number)).where(
                LinkAttempt.purpose == AttemptPurpose.LINK,
                LinkAttempt.at > since,
                LinkAttempt.ok.is_(False),
                or_(by_contact, by_number),
            )
        )
    ).one()
    return row[0], row[1]


async def note_attempt(
    tx: Transaction, contact_id: int, number: str, purpose: AttemptPurpose, *, ok: bool
) -> None:
    tx.session.add(
        LinkAttempt(contact_id=contact_id, purpose=purpose, number=number, at=tx.now, ok=ok)
    )
    await tx.session.flush()


async def lock(tx: Transaction, key: str) -> None:
    """Hold ``key`` until the end of ``tx``, so that counting and adding are one step.

    SQLite's write transactions follow one another anyway.
    """
    if not tx.is_sqlite:
        await tx.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
            {"key": f"billing/{key}"},
        )
