import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from staff import throttle
from staff.errors import TooManyAttempts, WrongCredentials
from staff.models import LoginThrottle, Role
from staff.service import StaffService
from storage.database import Database
from tests.conftest import FakeClock

PASSWORD = "зимний-счётчик-1"


async def guess(staff: StaffService, login: str = "olga", address: str = "192.0.2.7") -> None:
    with pytest.raises(WrongCredentials):
        await staff.log_in(login, "не тот пароль", address=address)


async def wait_told(staff: StaffService, login: str, address: str) -> timedelta:
    with pytest.raises(TooManyAttempts) as caught:
        await staff.log_in(login, PASSWORD, address=address)
    return caught.value.wait


@pytest.fixture(autouse=True)
async def olga(staff: StaffService) -> None:
    await staff.add(login="olga", display_name="Ольга", role=Role.OPERATOR, password=PASSWORD)


async def test_after_five_wrong_passwords_even_the_right_one_waits(
    staff: StaffService, clock: FakeClock
) -> None:
    for number in range(5):
        await guess(staff, address=f"192.0.2.{number}")
    assert await wait_told(staff, "olga", "192.0.2.99") == timedelta(seconds=30)
    clock.advance(seconds=29)
    assert await wait_told(staff, "OLGA", "192.0.2.99") == timedelta(seconds=1)
    clock.advance(seconds=1)
    await staff.log_in("olga", PASSWORD, address="192.0.2.99")


async def test_pauses_grow_to_a_quarter_of_an_hour(staff: StaffService, clock: FakeClock) -> None:
    for _ in range(5):
        await guess(staff)
    pauses = []
    for _ in range(6):
        pause = await wait_told(staff, "olga", "192.0.2.7")
        pauses.append(pause.total_seconds())
        clock.advance(seconds=pause.total_seconds())
        await guess(staff)
    assert pauses == [30, 60, 120, 300, 900, 900]


async def test_quiet_hour_is_forgotten(staff: StaffService, clock: FakeClock) -> None:
    for _ in range(5):
        await guess(staff)
    clock.advance(hours=1, seconds=1)
    for _ in range(5):
        await guess(staff)


async def test_success_starts_the_login_anew(staff: StaffService) -> None:
    for _ in range(4):
        await guess(staff)
    await staff.log_in("olga", PASSWORD, address="192.0.2.7")
    for _ in range(5):
        await guess(staff)


async def test_address_that_tries_many_logins_waits(staff: StaffService) -> None:
    for number in range(30):
        await guess(staff, login=f"nobody{number}")
    assert await wait_told(staff, "olga", "192.0.2.7") == timedelta(seconds=30)
    await staff.log_in("olga", PASSWORD, address="192.0.2.8")


async def test_blocked_address_does_not_block_logins(staff: StaffService) -> None:
    for number in range(30):
        await guess(staff, login=f"nobody{number}")
    for _ in range(10):
        await wait_told(staff, "olga", "192.0.2.7")
    await guess(staff, address="192.0.2.8")
    await staff.log_in("olga", PASSWORD, address="192.0.2.8")


async def test_own_login_does_not_give_an_address_new_attempts(staff: StaffService) -> None:
    for number in range(29):
        await guess(staff, login=f"nobody{number}")
        await staff.log_in("olga", PASSWORD, address="192.0.2.7")
    await guess(staff, login="nobody")
    assert await wait_told(staff, "olga", "192.0.2.7") == timedelta(seconds=30)


async def test_fifty_guesses_at_once_get_no_further_than_in_a_row(
    staff: StaffService,
) -> None:
    results = await asyncio.gather(
        *(
            staff.log_in("olga", "не тот пароль", address=f"192.0.2.{number}")
            for number in range(50)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, WrongCredentials) for result in results) == 5
    assert sum(isinstance(result, TooManyAttempts) for result in results) == 45


async def test_old_rows_go_away(staff: StaffService, database: Database, clock: FakeClock) -> None:
    for number in range(3):
        await guess(staff, login=f"nobody{number}", address=f"192.0.2.{number}")
    clock.advance(hours=2)
    await staff.log_in("olga", PASSWORD, address="192.0.2.50")
    async with database.read() as session:
        left = (await session.execute(select(func.count()).select_from(LoginThrottle))).scalar_one()
    assert left == 1  # the address that has just been used


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_ipv6_neighbours_count_as_one(address: str, network: str) -> None:
    assert throttle.network_of(address) == network
