"""The second factor: set up at the first login, asked at each, a code works once."""

import pyotp
import pytest
from argon2 import PasswordHasher

from staff.errors import TooManyAttempts, WrongCode
from staff.models import Role
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
    await staff.confirm(token, code(totp, clock), address=HERE)
    me = await staff.session(token)
    assert me is not None
    assert me.login == "olga"
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
    await staff.confirm(again, code(totp, clock), address=HERE)
    assert await staff.session(again) is not None


async def test_guessing_is_throttled(staff: StaffService) -> None:
    token, _ = await half_in(staff)
    refused: list[type[Exception]] = []
    for number in range(20):
        with pytest.raises((WrongCode, TooManyAttempts)) as error:
            await staff.confirm(token, f"{number:06}", address=HERE)
        refused.append(error.type)
    assert refused[0] is WrongCode
    assert refused[-1] is TooManyAttempts


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
