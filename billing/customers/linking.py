"""Showing that one is the holder: the link between a contact and an account.

A wrong number and a wrong name get the same answer and are counted alike, so that nobody can
find out which accounts exist.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from billing import queries
from billing.customers.addresses import house_forms, is_address, numbers_in
from billing.customers.identity import (
    Holder,
    fold,
    is_holder,
    normalise_number,
    number_spellings,
    same_phone,
)
from billing.models import Account, AccountLink, AttemptPurpose, Category, LinkAttempt, Proof
from billing.views import LinkOutcome
from storage.database import Transaction

MOST_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=30)


Find = Callable[[AsyncSession, str], Awaitable[Account | None]]
# Of one house's flats with the same number at most so many streets are looked through.
MOST_CANDIDATES = 5_000
LEAST_NAME_WORDS = 2


async def identify(tx: Transaction, contact_id: int, number: str, name: str) -> LinkOutcome:
    """By the account's number and its holder's name."""

    async def find(session: AsyncSession, claimed: str) -> Account | None:
        found = await queries.account_by_number(session, claimed) if claimed else None
        return found if found is not None and _is_held_by(name, found) else None

    return await _prove(tx, contact_id, normalise_number(number) or "", Proof.NAME, find)


async def identify_by_phone(
    tx: Transaction, contact_id: int, number: str, phone: str
) -> LinkOutcome:
    """By the account's number and a phone that the messenger has proved to be the sender's."""

    async def find(session: AsyncSession, claimed: str) -> Account | None:
        found = await queries.account_by_number(session, claimed) if claimed else None
        household = found is not None and found.category == Category.HOUSEHOLD
        return found if household and found and same_phone(phone, found.phone) else None

    return await _prove(tx, contact_id, normalise_number(number) or "", Proof.PHONE, find)


async def identify_by_address(
    tx: Transaction, contact_id: int, address: str, name: str
) -> LinkOutcome:
    """By the address and the holder's name, not the surname alone: neighbours know that. Of two
    accounts that fit neither is taken."""

    async def find(session: AsyncSession, claimed: str) -> Account | None:
        numbers = numbers_in(address)
        if len(name.split()) < LEAST_NAME_WORDS:
            return None
        rows = await session.scalars(
            select(Account)
            .where(
                Account.house.in_(house_forms(numbers)),
                or_(Account.flat.is_(None), Account.flat.in_(numbers[1:])),
                Account.closed_on.is_(None),
            )
            .limit(MOST_CANDIDATES)
        )
        fitting = [
            account
            for account in rows
            if _is_held_by(name, account)
            and is_address(address, queries.account_facts(account).address)
        ]
        return fitting[0] if len(fitting) == 1 else None

    claimed = "@" + " ".join(sorted(fold(address).split()))[:100]
    return await _prove(tx, contact_id, claimed, Proof.NAME, find)


async def not_accepted(tx: Transaction, contact_id: int, claimed: str) -> LinkOutcome:
    """A proof that the profile does not take: like one that is wrong, and counted."""

    async def find(session: AsyncSession, claimed: str) -> Account | None:
        return None

    return await _prove(tx, contact_id, normalise_number(claimed) or "", Proof.NAME, find)


async def _prove(
    tx: Transaction, contact_id: int, claimed: str, proof: Proof, find: Find
) -> LinkOutcome:
    """``find`` gives the account if the proof holds. Failures are counted alike for what exists
    and for what does not."""
    await lock(tx, f"contact:{contact_id}")
    linked = await queries.links_of(tx.session, contact_id)
    for link, account in linked:
        if account.number == claimed:
            return LinkOutcome(queries.linked_account(link, account), attempts_left=MOST_FAILURES)
    if claimed:
        await lock(tx, f"number:{claimed}")
    own, others = await _failures(tx.session, contact_id, claimed, tx.now - FAILURE_WINDOW)
    if max(own, others) >= MOST_FAILURES:
        return LinkOutcome(blocked=True)

    found = await find(tx.session, claimed)
    await note_attempt(tx, contact_id, claimed, AttemptPurpose.LINK, ok=found is not None)
    if found is None:
        left = MOST_FAILURES - own - 1
        return LinkOutcome(blocked=left == 0, attempts_left=left)
    link = await link_account(tx, contact_id, found.id, proof)
    return LinkOutcome(queries.linked_account(link, found), attempts_left=MOST_FAILURES - own)


def _is_held_by(name: str, account: Account) -> bool:
    """An organisation is confirmed by an operator, not by anybody's name."""
    holder = Holder(account.surname, account.name, account.patronymic)
    return account.category == Category.HOUSEHOLD and is_holder(name, holder)


async def held_by(session: AsyncSession, number: str, holder: str) -> Account | None:
    """The account with this number, if it is that person's or the organisation's with that ИНН.
    For an operator to whom the customer has shown it."""
    normal = normalise_number(number)
    if normal is None:
        return None
    for spelling in sorted(number_spellings(normal)):
        account = await queries.account_by_number(session, spelling)
        if account is None or account.closed_on is not None:
            continue
        if account.category == Category.BUSINESS:
            fits = account.inn is not None and account.inn == "".join(holder.split())
        else:
            fits = _is_held_by(holder, account)
        return account if fits else None
    return None


_OPEN_LINKS = select(AccountLink).where(
    AccountLink.contact_id == bindparam("contact"), AccountLink.unlinked_at.is_(None)
)


async def link_account(
    tx: Transaction,
    contact_id: int,
    account_id: int,
    proof: Proof,
    *,
    shown: Sequence[str] = (),
    by: int | None = None,
) -> AccountLink:
    """The contact's link to the account, the one that is open already if there is one. ``shown``
    and ``by``: of a proof that an operator was given."""
    linked = (await tx.session.scalars(_OPEN_LINKS, {"contact": contact_id})).all()
    for same in linked:
        if same.account_id == account_id:
            return same
    link = AccountLink(
        contact_id=contact_id,
        account_id=account_id,
        proof=proof,
        is_default=not any(other.is_default for other in linked),
        linked_at=tx.now,
        shown=list(shown),
        confirmed_by=by,
    )
    tx.session.add(link)
    await tx.session.flush()
    return link


_BY_CONTACT = LinkAttempt.contact_id == bindparam("contact")
_BY_NUMBER = (LinkAttempt.number == bindparam("number")) & (LinkAttempt.number != "")
_FAILURES = select(func.count().filter(_BY_CONTACT), func.count().filter(_BY_NUMBER)).where(
    LinkAttempt.purpose == AttemptPurpose.LINK,
    LinkAttempt.at > bindparam("since"),
    LinkAttempt.ok.is_(False),
    or_(_BY_CONTACT, _BY_NUMBER),
)


async def _failures(
    session: AsyncSession, contact_id: int, number: str, since: datetime
) -> tuple[int, int]:
    """Wrong tries since then: of this contact, and of anybody at this number."""
    asked = {"contact": contact_id, "number": number, "since": since}
    row = (await session.execute(_FAILURES, asked)).one()
    return row[0], row[1]


_NOTE = insert(cast(Table, LinkAttempt.__table__))


async def note_attempt(
    tx: Transaction, contact_id: int, number: str, purpose: AttemptPurpose, *, ok: bool
) -> None:
    await tx.connection.execute(
        _NOTE,
        {"contact_id": contact_id, "purpose": purpose, "number": number, "at": tx.now, "ok": ok},
    )


async def lock(tx: Transaction, key: str) -> None:
    """Hold ``key`` until the end of ``tx``, so that counting and adding are one step.

    SQLite's write transactions follow one another anyway.
    """
    if not tx.is_sqlite:
        await tx.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
            {"key": f"billing/{key}"},
        )
