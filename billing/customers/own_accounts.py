"""A customer's attached accounts: their names, the default, detaching [16]."""

import re
from enum import StrEnum

from sqlalchemy import select, update

from billing.customers.linking import lock
from billing.models import AccountLink
from storage.database import Transaction

LONGEST_NAME = 30
_NAME = re.compile(r"[\w\s.,№-]+")


class Change(StrEnum):
    RENAME = "rename"
    DEFAULT = "default"
    DETACH = "detach"


def tidy_name(text: str) -> str | None:
    """«  Дача  » → «Дача»; ``None`` for what is no name: too long, or a long number."""
    name = " ".join(text.strip(" «»\"'.,!").split())
    if not name or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        return None
    return None if re.search(r"\d{5}", name) else name


async def change(
    tx: Transaction, contact_id: int, account_id: int, what: Change, name: str = ""
) -> bool:
    """False when the account is not attached, or the name is not good or taken already."""
    await lock(tx, f"contact:{contact_id}")
    links = list(
        await tx.session.scalars(
            select(AccountLink)
            .where(AccountLink.contact_id == contact_id, AccountLink.unlinked_at.is_(None))
            .order_by(AccountLink.id)
        )
    )
    own = next((link for link in links if link.account_id == account_id), None)
    if own is None:
        return False
    match what:
        case Change.RENAME:
            tidy = tidy_name(name)
            taken = {(one.nickname or "").casefold() for one in links if one is not own}
            if tidy is None or tidy.casefold() in taken:
                return False
            own.nickname = tidy
        case Change.DEFAULT:
            await _make_default(tx, contact_id, own)
        case Change.DETACH:
            was_default, own.is_default, own.unlinked_at = own.is_default, False, tx.now
            await tx.session.flush()
            others = [link for link in links if link is not own]
            if was_default and others:
                await _make_default(tx, contact_id, others[0])
    await tx.session.flush()
    return True


async def _make_default(tx: Transaction, contact_id: int, link: AccountLink) -> None:
    # One statement after the other: at most one may be the default at any moment.
    await tx.session.execute(
        update(AccountLink)
        .where(AccountLink.contact_id == contact_id, AccountLink.is_default)
        .values(is_default=False)
        .execution_options(synchronize_session=False)
    )
    await tx.session.execute(
        update(AccountLink)
        .where(AccountLink.id == link.id)
        .values(is_default=True)
        .execution_options(synchronize_session=False)
    )
    await tx.session.refresh(link)
