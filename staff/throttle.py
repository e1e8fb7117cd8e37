"""How often one may try to log in.

An attempt is counted before the password is looked at, in one conditional statement: fifty
attempts at once get no further than fifty in a row.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from staff.errors import TooManyAttempts
from staff.models import LoginThrottle
from storage.database import Database, Transaction

FORGET_AFTER = timedelta(hours=1)
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 900))


@dataclass(frozen=True, slots=True)
class Limit:
    """``free`` attempts without a pause; a whole office may share one address."""

    name: str
    free: int

    def pause_after(self, attempts: int) -> timedelta:
        """How long to wait after the attempt with this number."""
        if attempts < self.free:
            return timedelta()
        return PAUSES[min(attempts - self.free, len(PAUSES) - 1)]


BY_LOGIN = Limit("login", free=5)
BY_ADDRESS = Limit("address", free=30)


def network_of(address: str) -> str:
    """Who an address counts as: an IPv6 customer has a whole /64 to himself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)


async def count_attempt(database: Database, *, login: str, address: str) -> None:
    """Count one attempt; raises TooManyAttempts when it is not allowed yet."""
    wait = timedelta()
    async with database.write() as tx:
        for limit, subject in ((BY_ADDRESS, network_of(address)), (BY_LOGIN, login)):
            wait = await _count(tx, limit, _key(limit, subject))
            if wait:
                break  # a blocked address must not go on blocking logins
    if wait:
        raise TooManyAttempts(wait)


async def forgive(tx: Transaction, *, login: str, address: str) -> None:
    """The password was right: the login starts anew, the address gets this attempt back."""
    # In the order in which attempts are counted, so that the two never wait for each other.
    await tx.session.execute(
        update(LoginThrottle)
        .where(LoginThrottle.key == _key(BY_ADDRESS, network_of(address)))
        .values(attempts=LoginThrottle.attempts - 1, blocked_until=tx.now)
    )
    await tx.session.execute(
        delete(LoginThrottle).where(LoginThrottle.key == _key(BY_LOGIN, login))
    )
    forgotten = (
        select(LoginThrottle.key)
        .where(LoginThrottle.last_attempt_at < tx.now - FORGET_AFTER)
        .with_for_update(skip_locked=True)
    )
    await tx.session.execute(
        delete(LoginThrottle)
        .where(LoginThrottle.key.in_(forgotten))
        .execution_options(synchronize_session=False)
    )


async def _count(tx: Transaction, limit: Limit, key: str) -> timedelta:
    """Zero when the attempt is allowed and counted, else the time to wait."""
    sqlite = tx.is_sqlite
    fresh: dict[str, object] = {"attempts": 1, "blocked_until": tx.now, "last_attempt_at": tx.now}
    statement = (sqlite_insert if sqlite else postgres_insert)(LoginThrottle)
    counted = await tx.session.execute(
        statement.values(key=key, **fresh)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "attempts": case(
                    (LoginThrottle.last_attempt_at < tx.now - FORGET_AFTER, 1),
                    else_=LoginThrottle.attempts + 1,
                ),
                "last_attempt_at": tx.now,
            },
            where=LoginThrottle.blocked_until <= tx.now,
        )
        .returning(LoginThrottle.attempts)
    )
    attempts = counted.scalar_one_or_none()
    if attempts is None:
        blocked_until: datetime = (
            await tx.session.execute(
                select(LoginThrottle.blocked_until).where(LoginThrottle.key == key)
            )
        ).scalar_one()
        return blocked_until - tx.now
    pause = limit.pause_after(attempts)
    if pause:
        await tx.session.execute(
            update(LoginThrottle)
            .where(LoginThrottle.key == key)
            .values(blocked_until=tx.now + pause)
        )
    return timedelta()


def _key(limit: Limit, subject: str) -> str:
    return hashlib.sha256(f"{limit.name}:{subject}".encode()).hexdigest()
