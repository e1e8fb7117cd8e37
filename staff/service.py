"""What other rooms do with people: add them, log them in, find who is behind a session."""

import re
import secrets
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from staff import audit, passwords, second_factor, sessions, throttle
from staff.devices import device_of
from staff.errors import (
    LoginTaken,
    LoginUnsuitable,
    PersonUnknown,
    SessionUnknown,
    WrongCredentials,
)
from staff.models import Person, Role, StaffSession
from staff.passwords import Passwords
from staff.presence import set_break
from staff.sealing import Seal
from staff.second_factor import Pending
from staff.sessions import OpenSession, SignedIn
from storage.database import Database, Transaction

LOGIN = re.compile(r"\w[\w.@+-]{1,63}")


class StaffService:
    def __init__(
        self,
        database: Database,
        hashing: Passwords | None = None,
        *,
        secret: Callable[[], bytes] | None = None,
    ) -> None:
        """``secret`` of the installation: what secrets at rest are sealed with. Without it they
        can be read by this process alone."""
        self._database = database
        self._passwords = hashing or Passwords()
        once = secrets.token_bytes(32)
        self._seal = Seal(secret or (lambda: once))

    async def add(
        self, *, login: str, display_name: str, role: Role, password: str, by: int | None = None
    ) -> int:
        """The new person's id. Raises LoginTaken, LoginUnsuitable, PasswordTooWeak."""
        login = _fold(login)
        if LOGIN.fullmatch(login) is None:
            raise LoginUnsuitable(login)
        passwords.check_strength(password, login=login)
        password_hash = await self._passwords.hash(password)
        try:
            async with self._database.write() as tx:
                person = Person(
                    login=login,
                    display_name=display_name.strip(),
                    password_hash=password_hash,
                    role=role,
                    created_at=tx.now,
                )
                tx.session.add(person)
                await tx.session.flush()
                _log(tx, by, "staff.added", person.id, role=role.value)
        except IntegrityError as error:
            raise LoginTaken(login) from error
        return person.id

    async def reset_password(self, login: str, password: str, *, by: int | None = None) -> None:
        """Set a new password and end every session. Raises PersonUnknown, PasswordTooWeak."""
        passwords.check_strength(password, login=_fold(login))
        password_hash = await self._passwords.hash(password)
        async with self._database.write() as tx:
            person_id = await _change(tx, Person.login == _fold(login), password_hash=password_hash)
            await sessions.revoke(tx, StaffSession.person_id == person_id)
            _log(tx, by, "staff.password_reset", person_id)

    async def change_password(self, me: SignedIn, *, current: str, new: str, address: str) -> None:
        """Set one's own password and end the other sessions.

        Raises WrongCredentials (``current``), TooManyAttempts, PasswordTooWeak.
        """
        passwords.check_strength(new, login=me.login)
        await self._authenticate(me.login, current, address)
        password_hash = await self._passwords.hash(new)
        async with self._database.write() as tx:
            await _change(tx, Person.id == me.person_id, password_hash=password_hash)
            await sessions.revoke(
                tx, StaffSession.person_id == me.person_id, StaffSession.id != me.session_id
            )
            await throttle.forgive(tx, login=me.login, address=address)
            _log(tx, me.person_id, "staff.password_changed", me.person_id)

    async def set_active(self, login: str, active: bool, *, by: int | None = None) -> None:
        """Let a person in or out; whoever is out is out at once. Raises PersonUnknown."""
        async with self._database.write() as tx:
            person_id = await _change(tx, Person.login == _fold(login), active=active)
            if not active:
                await sessions.revoke(tx, StaffSession.person_id == person_id)
            _log(tx, by, "staff.activated" if active else "staff.deactivated", person_id)

    async def log_in(
        self,
        login: str,
        password: str,
        *,
        address: str,
        user_agent: str = "",
        replacing: str | None = None,
    ) -> str:
        """The token of a new session; ``replacing`` is the browser's former one, which ends;
        ``user_agent`` is what that browser calls itself.
        Where a second factor is wanted, ``session()`` knows it only after ``confirm``.

        Raises WrongCredentials, TooManyAttempts.
        """
        person = await self._authenticate(login, password, address)
        rehashed = (
            await self._passwords.hash(password)
            if self._passwords.is_outdated(person.password_hash)
            else None
        )
        needs_code = person.totp_required or person.totp_step > 0
        async with self._database.write() as tx:
            if not needs_code:  # else who has the password would guess codes without end
                await throttle.forgive(tx, login=person.login, address=address)
            if rehashed is not None:
                await _change(tx, Person.id == person.id, password_hash=rehashed)
            if replacing is not None:
                await sessions.revoke(tx, StaffSession.token_hash == sessions.hash_token(replacing))
            await set_break(tx, person.id, on=False)
            token = await sessions.open_session(
                tx, person.id, device=device_of(user_agent, address), pending=needs_code
            )
            if not needs_code:
                _log(tx, person.id, "staff.logged_in", person.id)
        return token

    async def session(self, token: str, *, touch: bool = True) -> SignedIn | None:
        """Who is behind the token; ``touch=False`` when the person did nothing himself."""
        return await sessions.find(self._database, token, touch=touch)

    async def pending(self, token: str) -> Pending | None:
        """The login behind the token that waits for its second factor. Raises SecretUnreadable."""
        return await second_factor.pending(self._database, self._seal, token)

    async def seal_secrets(self) -> None:
        """Before serving: nothing lies open."""
        await second_factor.seal_all(self._database, self._seal)

    async def unreadable_secrets(self) -> int:
        """How many people can't log in, for the installation's secret is not what it was."""
        return await second_factor.unreadable(self._database, self._seal)

    async def confirm(self, token: str, code: str, *, address: str, user_agent: str = "") -> str:
        """The token that takes the place of the half login's. Raises WrongCode, TooManyAttempts,
        SecretUnreadable."""
        device = device_of(user_agent, address)
        return await second_factor.confirm(
            self._database, self._seal, token, code, address=address, device=device
        )

    async def everybody(self) -> Sequence[Person]:
        """Active people first, each by name."""
        async with self._database.read() as session:
            rows = await session.execute(select(Person))
            return sorted(rows.scalars(), key=lambda p: (not p.active, _fold(p.display_name)))

    async def change(
        self,
        person_id: int,
        *,
        display_name: str,
        role: Role,
        capacity: int,
        totp_required: bool,
        by: int,
    ) -> None:
        """A changed role ends every session: pages of the old one would stay open.

        Raises PersonUnknown.
        """
        async with self._database.write() as tx:
            before = await tx.session.get(Person, person_id)
            if before is None:
                raise PersonUnknown
            had, required = before.role, before.totp_required
            await _change(
                tx, Person.id == person_id, display_name=display_name.strip(), role=role,
                capacity=capacity, totp_required=totp_required,
            )  # fmt: skip
            if had != role or (totp_required and not required):
                await sessions.revoke(
                    tx, StaffSession.person_id == person_id, StaffSession.person_id != by
                )
            _log(tx, by, "staff.changed", person_id, role=role.value)

    async def forget_second_factor(self, person_id: int, *, by: int) -> None:
        async with self._database.write() as tx:
            await second_factor.forget(tx, person_id, by=by)

    async def reset_second_factor(self, login: str) -> None:
        """From the command line, for whom nobody else can let in. Raises PersonUnknown."""
        async with self._database.write() as tx:
            person_id = await tx.session.scalar(
                select(Person.id).where(Person.login == _fold(login))
            )
            if person_id is None:
                raise PersonUnknown
            await second_factor.forget(tx, person_id, by=None)

    async def log_out(self, token: str) -> None:
        async with self._database.write() as tx:
            for person_id in await sessions.revoke(
                tx, StaffSession.token_hash == sessions.hash_token(token)
            ):
                _log(tx, person_id, "staff.logged_out", person_id)

    async def log_out_myself_everywhere(self, me: SignedIn, *, password: str, address: str) -> None:
        """End all of one's own sessions. Raises WrongCredentials, TooManyAttempts."""
        await self._is_himself(me, password, address)
        await self.log_out_everywhere(me.person_id, by=me.person_id)

    async def log_out_everywhere(self, person_id: int, *, by: int | None) -> None:
        async with self._database.write() as tx:
            ended = await sessions.revoke(tx, StaffSession.person_id == person_id)
            _log(tx, by, "staff.logged_out_everywhere", person_id, sessions=len(ended))

    async def open_sessions(self, me: SignedIn) -> Sequence[OpenSession]:
        """Where he is logged in, the present session first."""
        return await sessions.opened(self._database, me)

    async def end_session(
        self, me: SignedIn, session_id: int, *, password: str, address: str
    ) -> None:
        """End another one of his own sessions.

        Raises SessionUnknown, WrongCredentials, TooManyAttempts.
        """
        if session_id not in {one.id for one in await self.open_sessions(me) if not one.present}:
            raise SessionUnknown
        await self._is_himself(me, password, address)
        async with self._database.write() as tx:
            ended = await sessions.revoke(
                tx,
                StaffSession.id == session_id,
                StaffSession.person_id == me.person_id,
            )
            if not ended:  # by another page of his meanwhile
                raise SessionUnknown
            _log(tx, me.person_id, "staff.session_ended", me.person_id, session=session_id)

    async def people(self, roles: Iterable[Role] = tuple(Role)) -> Sequence[Person]:
        """Active people of these roles, by name."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(Person).where(Person.active, Person.role.in_(list(roles)))
            )
            return sorted(rows.scalars(), key=lambda person: _fold(person.display_name))

    async def names(self, ids: Iterable[int]) -> dict[int, str]:
        """Display names, of inactive people too."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(Person.id, Person.display_name).where(Person.id.in_(set(ids)))
            )
            return {row.id: row.display_name for row in rows}

    def close(self) -> None:
        self._passwords.close()

    async def _is_himself(self, me: SignedIn, password: str, address: str) -> None:
        """Who sits down at an open page is not asked for nothing."""
        await self._authenticate(me.login, password, address)
        async with self._database.write() as tx:
            await throttle.forgive(tx, login=me.login, address=address)

    async def _authenticate(self, login: str, password: str, address: str) -> Person:
        login = _fold(login)
        await throttle.count_attempt(self._database, login=login, address=address)
        async with self._database.read() as session:
            person = (
                await session.execute(select(Person).where(Person.login == login, Person.active))
            ).scalar_one_or_none()
        right = await self._passwords.verify(person.password_hash if person else None, password)
        if person is not None and right:
            return person
        if person is not None:
            async with self._database.write() as tx:
                _log(tx, None, "staff.login_failed", person.id)
        raise WrongCredentials


def _fold(login: str) -> str:
    return login.strip().casefold()


def _log(tx: Transaction, by: int | None, action: str, person_id: int, **data: int | str) -> None:
    audit.record(tx, by, action, object_kind="person", object_id=person_id, **data)


async def _change(tx: Transaction, *which: ColumnElement[bool], **values: object) -> int:
    changed = await tx.session.execute(
        update(Person)
        .where(*which)
        .values(**values)
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    )
    person_id = changed.scalar_one_or_none()
    if person_id is None:
        raise PersonUnknown
    return person_id
