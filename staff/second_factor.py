"""The second factor at the login: codes of an authenticator, new every 30 seconds (RFC 6238)."""

import hmac
from dataclasses import dataclass

import pyotp
from sqlalchemy import select, update

from staff import audit, throttle
from staff.errors import WrongCode
from staff.models import Person, StaffSession
from staff.sessions import IDLE, hash_token
from storage.database import Database, Transaction

ISSUER = "Okno"
STEP_SECONDS = 30
# A clock that is half a minute off is forgiven.
STEPS_OFF = 1


@dataclass(frozen=True, slots=True)
class Pending:
    """A login that waits for its code. ``secret`` is to be set up where there is none yet."""

    session_id: int
    person_id: int
    login: str
    enrolled: bool
    secret: str

    @property
    def uri(self) -> str:
        """What the QR code holds for the authenticator."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=self.login, issuer_name=ISSUER)


async def pending(database: Database, token: str) -> Pending | None:
    """The login behind the token that still waits; makes the secret when it is first asked."""
    async with database.write() as tx:
        row = (
            await tx.session.execute(
                select(StaffSession.id, Person)
                .join(Person, Person.id == StaffSession.person_id)
                .where(
                    StaffSession.token_hash == hash_token(token),
                    StaffSession.pending,
                    StaffSession.revoked_at.is_(None),
                    StaffSession.expires_at > tx.now,
                    Person.active,
                )
            )
        ).one_or_none()
        if row is None:
            return None
        person: Person = row.Person
        if person.totp_secret is None:
            person.totp_secret = pyotp.random_base32()
        # The first code proves that the authenticator has the secret.
        return Pending(row.id, person.id, person.login, person.totp_step > 0, person.totp_secret)


async def confirm(database: Database, token: str, code: str, *, address: str) -> None:
    """Log in the pending session. Raises WrongCode, TooManyAttempts."""
    found = await pending(database, token)
    if found is None:
        raise WrongCode
    await throttle.count_attempt(database, login=found.login, address=address)
    step = _step(database, found.secret, code)
    async with database.write() as tx:
        # A code works once: whoever looked over the shoulder is late.
        used = await tx.session.execute(
            update(Person)
            .where(Person.id == found.person_id, Person.totp_step < step)
            .values(totp_step=step)
            .returning(Person.id)
            .execution_options(synchronize_session=False)
        )
        if step == 0 or used.scalar_one_or_none() is None:
            raise WrongCode
        await tx.session.execute(
            update(StaffSession)
            .where(StaffSession.id == found.session_id)
            .values(pending=False, last_seen_at=tx.now, expires_at=tx.now + IDLE)
        )
        await throttle.forgive(tx, login=found.login, address=address)
        action = "staff.logged_in" if found.enrolled else "staff.second_factor_set_up"
        audit.record(tx, found.person_id, action, object_kind="person", object_id=found.person_id)


async def forget(tx: Transaction, person_id: int, *, by: int) -> None:
    """A lost telephone: the next login sets the authenticator up anew."""
    await tx.session.execute(
        update(Person).where(Person.id == person_id).values(totp_secret=None, totp_step=0)
    )
    audit.record(tx, by, "staff.second_factor_reset", object_kind="person", object_id=person_id)


def _step(database: Database, secret: str, code: str) -> int:
    """The time step whose code this is; 0 for a wrong one."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal()):
        return 0
    totp = pyotp.TOTP(secret)
    current = int(database.clock.now().timestamp()) // STEP_SECONDS
    for step in range(current - STEPS_OFF, current + STEPS_OFF + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS), digits):
            return step
    return 0
