"""Two contacts become one, and one becomes two again: what goes with the conversations."""

from collections.abc import Sequence

from sqlalchemy import select, update

from billing.customers.claim_models import ClaimState, OrganisationClaim
from billing.customers.linking import link_account
from billing.customers.own_accounts import Change, change
from billing.models import AccountLink, Consent, LinkAttempt, Proof
from conversations.models import Contact, Conversation
from handoff.customer.join_models import ContactJoin
from handoff.models import ContactStop
from storage.database import Transaction


async def merge(tx: Transaction, source: int, target: int, how: str) -> Sequence[int]:
    """All of contact ``source`` is ``target``'s from now on; the conversations that went over."""
    moved = list(
        await tx.session.scalars(
            update(Conversation)
            .where(Conversation.contact_id == source)
            .values(contact_id=target)
            .returning(Conversation.id)
            .execution_options(synchronize_session="fetch")
        )
    )
    accounts = await _move_accounts(tx, source, target)
    await _move_consents(tx, source, target)
    await _move_claims(tx, source, target)
    # Whoever was stopped, or has guessed at accounts, did so in any messenger.
    for table in (ContactStop, LinkAttempt):
        await tx.session.execute(
            update(table)
            .where(table.contact_id == source)
            .values(contact_id=target)
            .execution_options(synchronize_session=False)
        )
    old = await tx.session.get_one(Contact, source)
    new = await tx.session.get_one(Contact, target)
    new.given_name = new.given_name or old.given_name
    new.phone = new.phone or old.phone
    tx.session.add_all(
        ContactJoin(
            conversation_id=conversation_id,
            from_contact_id=source,
            to_contact_id=target,
            how=how,
            accounts=accounts,
            at=tx.now,
        )
        for conversation_id in moved
    )
    await tx.session.flush()
    return moved


async def part(tx: Transaction, conversation: Conversation, by: int) -> bool:
    """The locked conversation is its own contact's again, with the accounts that came with it;
    False when it was never joined, or is parted already."""
    joined = await tx.session.scalar(
        select(ContactJoin)
        .where(
            ContactJoin.conversation_id == conversation.id,
            ContactJoin.to_contact_id == conversation.contact_id,
            ContactJoin.parted_at.is_(None),
        )
        .order_by(ContactJoin.id.desc())
        .limit(1)
        .with_for_update()
    )
    if joined is None:
        return False
    joined.parted_at, joined.parted_by = tx.now, by
    conversation.contact_id = joined.from_contact_id
    await tx.session.flush()
    shared = {int(account): bool(both) for account, both in joined.accounts}
    for link in await _links(tx, joined.to_contact_id):
        if link.account_id in shared:
            await _give_back(tx, link, joined.from_contact_id, shared=shared[link.account_id])
    return True


async def _move_accounts(tx: Transaction, source: int, target: int) -> list[tuple[int, bool]]:
    """The accounts that went over, and whether ``target`` had each before."""
    had = {link.account_id for link in await _links(tx, target)}
    links = await _links(tx, source)
    for link in links:
        await _move(tx, link, target)
    return [(link.account_id, link.account_id in had) for link in links]


async def _give_back(tx: Transaction, link: AccountLink, source: int, *, shared: bool) -> None:
    """As ``source`` had shown it before; who had shown it too keeps it."""
    before = await tx.session.scalar(
        select(AccountLink)
        .where(AccountLink.contact_id == source, AccountLink.account_id == link.account_id)
        .order_by(AccountLink.id.desc())
        .limit(1)
    )
    if not shared:
        await change(tx, link.contact_id, link.account_id, Change.DETACH)
    if before is not None:
        await _copy(tx, before, source)


async def _move(tx: Transaction, link: AccountLink, target: int) -> None:
    await change(tx, link.contact_id, link.account_id, Change.DETACH)
    await _copy(tx, link, target)


async def _copy(tx: Transaction, link: AccountLink, target: int) -> None:
    new = await link_account(
        tx, target, link.account_id, Proof(link.proof), shown=link.shown, by=link.confirmed_by
    )
    if link.nickname and not new.nickname:
        await change(tx, target, link.account_id, Change.RENAME, link.nickname)


async def _links(tx: Transaction, contact_id: int) -> list[AccountLink]:
    rows = await tx.session.scalars(
        select(AccountLink)
        .where(AccountLink.contact_id == contact_id, AccountLink.unlinked_at.is_(None))
        .order_by(AccountLink.is_default.desc(), AccountLink.id)
    )
    return list(rows)


async def _move_consents(tx: Transaction, source: int, target: int) -> None:
    """What the customer has agreed to in one messenger he has agreed to; his later word stands."""
    open_ones = Consent.withdrawn_at.is_(None)
    given = await tx.session.scalars(
        select(Consent.purpose).where(Consent.contact_id == target, open_ones)
    )
    purposes = list(given)
    await tx.session.execute(
        update(Consent)
        .where(Consent.contact_id == source, open_ones, Consent.purpose.not_in(purposes))
        .values(contact_id=target)
        .execution_options(synchronize_session=False)
    )


async def _move_claims(tx: Transaction, source: int, target: int) -> None:
    waiting = OrganisationClaim.state == ClaimState.WAITING
    known = await tx.session.scalars(
        select(OrganisationClaim.number).where(OrganisationClaim.contact_id == target, waiting)
    )
    numbers = list(known)
    await tx.session.execute(
        update(OrganisationClaim)
        .where(
            OrganisationClaim.contact_id == source,
            ~waiting | OrganisationClaim.number.not_in(numbers),
        )
        .values(contact_id=target)
        .execution_options(synchronize_session=False)
    )
