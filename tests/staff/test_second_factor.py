"""The second factor: set up at the first login, asked at each, a code works once."""

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from staff.errors import PersonUnknown, SecretUnreadable, TooManyAttempts, WrongCode
from staff.models import Person, Role
from staff.passwords import Passwords
from staff.service import StaffService
from storage.database import Database
from tests.conftest import FakeClock

PASSWORD = "зимний-счётчик-1"
HERE = "192.0.2.7"


@pytest.fixture
async def staff(database: Database) -> StaffService:
    staff = StaffService(database, Passwords(PasswordHasher(1, 8, 1)))
    person = await staff.add(
        login="olga", display_name="Ольга", role=Role.OPERATOR, password=PASSWORD
    )
    await staff.change(
        person, display_name="Ольга", role=Role.OPERATOR, capacity=5, totp_required=True, by=person
    )
    return staff


async def half_in(staff: StaffService) -> tuple[str, pyotp.TOTP]:
    token = await staff.log_in("olga", PASSWORD, address=HERE)
    found = await staff.pending(token)
    assert found is not None
    return token, pyotp.TOTP(found.secret)


def code(totp: pyotp.TOTP, clock: FakeClock) -> str:
    return totp.at(clock.now())


async def test_the_password_alone_is_not_enough(staff: StaffService, clock: FakeClock) -> None:
    token, totp = await half_in(staff)
    assert await staff.session(token) is None
    with pytest.raises(WrongCode):
        await staff.confirm(token, "000000", address=HERE)
    assert await staff.session(token) is None
    whole = await staff.confirm(token, code(totp, clock), address=HERE)
    me = await staff.session(whole)
    assert me is not None
    assert me.login == "olga"
    assert await staff.session(token) is None
    assert await staff.pending(token) is None


async def test_a_code_works_once(staff: StaffService, clock: FakeClock) -> None:
    token, totp = await half_in(staff)
    used = code(totp, clock)
    await staff.confirm(token, used, address=HERE)
    again, same = await half_in(staff)
    assert same.secret == totp.secret
    with pytest.raises(WrongCode):
        await staff.confirm(again, used, address=HERE)
    clock.advance(seconds=30)
    whole = await staff.confirm(again, code(totp, clock), address=HERE)
    assert await staff.session(whole) is not None


async def test_guessing_is_throttled(staff: StaffService) -> None:
    token, _ = await half_in(staff)
    refused: list[type[Exception]] = []
    for number in range(20):
        with pytest.raises((WrongCode, TooManyAttempts)) as error:
            await staff.confirm(token, f"{number:06}", address=HERE)
        refused.append(error.type)
    assert refused[0] is WrongCode
    assert refused[-1] is TooManyAttempts


async def test_who_knows_the_password_does_not_guess_codes_without_end(
    staff: StaffService, clock: FakeClock
) -> None:
    """A right password gives no new attempts at the code, from however many addresses."""
    refused: list[type[Exception]] = []
    for number in range(5):
        try:
            token = await staff.log_in("olga", PASSWORD, address=f"192.0.2.{number}")
            await staff.confirm(token, "000000", address=f"192.0.2.{number}")
        except (WrongCode, TooManyAttempts) as error:
            refused.append(type(error))
    assert refused == [WrongCode, WrongCode] + [TooManyAttempts] * 3


async def test_a_half_login_ends_by_itself(staff: StaffService, clock: FakeClock) -> None:
    token, totp = await half_in(staff)
    clock.advance(minutes=11)
    with pytest.raises(WrongCode):
        await staff.confirm(token, code(totp, clock), address=HERE)


async def test_a_lost_telephone(staff: StaffService, clock: FakeClock) -> None:
    token, totp = await half_in(staff)
    await staff.confirm(token, code(totp, clock), address=HERE)
    await staff.forget_second_factor(1, by=1)
    _, fresh = await half_in(staff)
    assert fresh.secret != totp.secret


async def test_secrets_lie_sealed_and_a_wrong_key_says_so(
    database: Database, clock: FakeClock
) -> None:
    def served(key: bytes) -> StaffService:
        return StaffService(database, Passwords(PasswordHasher(1, 8, 1)), secret=lambda: key)

    async def stored() -> list[str | None]:
        async with database.read() as session:
            rows = await session.execute(select(Person.totp_secret).order_by(Person.id))
            return list(rows.scalars())

    staff = served(b"a" * 32)
    for login in ("olga", "ivan"):
        person = await staff.add(
            login=login, display_name=login, role=Role.OPERATOR, password=PASSWORD
        )
        await staff.change(
            person, display_name=login, role=Role.OPERATOR, capacity=5, totp_required=True, by=1
        )
    token, totp = await half_in(staff)
    sealed = (await stored())[0]
    assert sealed is not None
    assert totp.secret not in sealed
    await staff.confirm(token, code(totp, clock), address=HERE)

    open_secret = pyotp.random_base32()
    async with database.write() as tx:
        await tx.session.execute(
            update(Person).where(Person.login == "ivan").values(totp_secret=open_secret)
        )
    await staff.seal_secrets()
    first, second = await stored()
    assert first == sealed, "sealed once"
    assert second is not None
    assert open_secret not in second
    token = await staff.log_in("ivan", PASSWORD, address=HERE)
    found = await served(b"a" * 32).pending(token)
    assert found is not None
    assert found.secret == open_secret, "another process has the same key"
    assert await staff.unreadable_secrets() == 0

    other = served(b"b" * 32)
    await other.seal_secrets()
    assert await stored() == [first, second]
    assert await other.unreadable_secrets() == 2
    for doomed in (other.pending(token), other.confirm(token, "000000", address=HERE)):
        with pytest.raises(SecretUnreadable):
            await doomed
    async with database.write() as tx:
        await tx.session.execute(
            update(Person).where(Person.login == "ivan").values(totp_secret=first)
        )
    with pytest.raises(SecretUnreadable):
        await staff.pending(token)  # Ольга's secret is no good in Иван's row
    await other.reset_second_factor("Ivan")
    assert await other.pending(token) is not None
    with pytest.raises(PersonUnknown):
        await other.reset_second_factor("nobody")
