"""The second factor at the login: codes of an authenticator, new every 30 seconds (RFC 6238).

The secrets lie sealed in the database; see ``staff/sealing.py``.
"""

import hmac
from dataclasses import dataclass

import pyotp
from sqlalchemy import select, update

from staff import audit, throttle
from staff.devices import Device
from staff.errors import SecretUnreadable, WrongCode
from staff.models import Person, StaffSession
from staff.sealing import Seal, is_sealed
from staff.sessions import hash_token, open_session, revoke
from storage.database import Database, Transaction

ISSUER = "Okno"
STEP_SECONDS = 30
# A clock that is half a minute off is forgiven.
STEPS_OFF = 1

_SECRETS = select(Person.id, Person.totp_secret).where(Person.totp_secret.is_not(None))


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


async def pending(database: Database, seal: Seal, token: str) -> Pending | None:
    """The login behind the token that still waits; makes the secret when it is first asked.
    Raises SecretUnreadable."""
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
            person.totp_secret = seal.seal(pyotp.random_base32(), _about(person.id))
        secret = seal.open(person.totp_secret, _about(person.id))
        # The first code proves that the authenticator has the secret.
        return Pending(row.id, person.id, person.login, person.totp_step > 0, secret)


async def seal_all(database: Database, seal: Seal) -> None:
    """Seal what lies open, of installations that did not seal yet."""
    async with database.write() as tx:
        for person_id, secret in (await tx.session.execute(_SECRETS)).all():
            if secret is not None and not is_sealed(secret):
                sealed = seal.seal(secret, _about(person_id))
                await tx.session.execute(
                    update(Person).where(Person.id == person_id).values(totp_secret=sealed)
                )


async def unreadable(database: Database, seal: Seal) -> int:
    """How many people have a secret that was sealed under another key."""
    async with database.read() as session:
        rows = (await session.execute(_SECRETS)).all()
    return sum(not _opens(seal, person_id, secret or "") for person_id, secret in rows)


def _opens(seal: Seal, person_id: int, secret: str) -> bool:
    try:
        seal.open(secret, _about(person_id))
    except SecretUnreadable:
        return False
    return True


def _about(person_id: int) -> str:
    return f"totp:{person_id}"


async def confirm(
    database: Database, seal: Seal, token: str, code: str, *, address: str, device: Device
) -> str:
    """End the pending session and open a whole one; its token. Raises WrongCode, TooManyAttempts,
    SecretUnreadable."""
    found = await pending(database, seal, token)
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
        # A token that was good for half a login never becomes one for the whole.
        await revoke(tx, StaffSession.id == found.session_id)
        whole = await open_session(tx, found.person_id, device=device)
        await throttle.forgive(tx, login=found.login, address=address)
        action = "staff.logged_in" if found.enrolled else "staff.second_factor_set_up"
        audit.record(tx, found.person_id, action, object_kind="person", object_id=found.person_id)
    return whole


async def forget(tx: Transaction, person_id: int, *, by: int | None) -> None:
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
