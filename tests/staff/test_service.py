from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from staff.errors import (
    LoginTaken,
    LoginUnsuitable,
    PasswordTooWeak,
    PersonUnknown,
    WrongCredentials,
)
from staff.models import AuditEntry, Person, Role, StaffSession
from staff.passwords import Passwords
from staff.service import StaffService
from staff.sessions import IDLE, SignedIn
from storage.database import Database
from tests.conftest import FakeClock

PASSWORD = "зимний-счётчик-1"
ADDRESS = "192.0.2.7"


async def add_olga(staff: StaffService, role: Role = Role.OPERATOR) -> int:
    return await staff.add(login="Olga", display_name="Ольга", role=role, password=PASSWORD)


async def log_in(staff: StaffService, login: str = "olga", password: str = PASSWORD) -> str:
    return await staff.log_in(login, password, address=ADDRESS)


async def who(staff: StaffService, token: str) -> SignedIn:
    found = await staff.session(token)
    assert found is not None
    return found


async def test_login_is_told_apart_by_letters_only(staff: StaffService) -> None:
    person_id = await add_olga(staff)
    me = await who(staff, await log_in(staff, " OLGA "))
    assert (me.person_id, me.login, me.display_name, me.role) == (
        person_id,
        "olga",
        "Ольга",
        Role.OPERATOR,
    )


async def test_same_login_cannot_be_added_twice(staff: StaffService) -> None:
    await add_olga(staff)
    with pytest.raises(LoginTaken):
        await staff.add(
            login="OLGA", display_name="Другая", role=Role.EDITOR, password="другой пароль 22"
        )


@pytest.mark.parametrize("login", ["", "o", "ol ga", "ol\nga", "<b>", "x" * 65])
async def test_login_has_to_be_typeable(staff: StaffService, login: str) -> None:
    with pytest.raises(LoginUnsuitable):
        await staff.add(login=login, display_name="О", role=Role.EDITOR, password=PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["короткий", "1111111111111", "я-olga-и-никто", "x1y2z3" * 40, "Password2026!", "qwertyuiop",
     "йцукен123456", "1q2w3e4r5t6y", "Энергосбыт-2026", "admin@admin1", "0123456789",
     "abcabcabcabc", "Зима2026Зима"],
)  # fmt: skip
async def test_weak_password_is_refused(staff: StaffService, password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        await staff.add(login="olga", display_name="Ольга", role=Role.EDITOR, password=password)


@pytest.mark.parametrize(
    ("login", "password"), [("olga", "не тот пароль"), ("petr", PASSWORD), ("olga", "п" * 5000)]
)
async def test_wrong_login_and_wrong_password_look_alike(
    staff: StaffService, login: str, password: str
) -> None:
    await add_olga(staff)
    with pytest.raises(WrongCredentials) as caught:
        await log_in(staff, login, password)
    assert str(caught.value) == ""


async def test_session_ends_twelve_hours_after_its_last_use(
    staff: StaffService, clock: FakeClock
) -> None:
    await add_olga(staff)
    token = await log_in(staff)
    for _ in range(3):
        clock.advance(hours=11)
        assert await staff.session(token) is not None
    clock.advance(hours=12)
    assert await staff.session(token) is None


async def test_session_ends_a_week_after_the_login_however_much_it_is_used(
    staff: StaffService, clock: FakeClock
) -> None:
    await add_olga(staff)
    token = await log_in(staff)
    for _ in range(7 * 24 // 8 - 1):
        clock.advance(hours=8)
        assert await staff.session(token) is not None
    clock.advance(hours=8)
    assert await staff.session(token) is None


async def test_unattended_use_does_not_keep_a_session_alive(
    staff: StaffService, clock: FakeClock
) -> None:
    await add_olga(staff)
    token = await log_in(staff)
    clock.advance(hours=11)
    assert await staff.session(token, touch=False) is not None
    clock.advance(hours=1)
    assert await staff.session(token, touch=False) is None


async def test_last_use_is_written_once_a_minute(
    staff: StaffService, database: Database, clock: FakeClock
) -> None:
    await add_olga(staff)
    token = await log_in(staff)
    started = clock.now()

    async def expires() -> timedelta:
        async with database.read() as session:
            return (await session.execute(select(StaffSession.expires_at))).scalar_one() - started

    clock.advance(seconds=59)
    await staff.session(token)
    assert await expires() == IDLE
    clock.advance(seconds=1)
    await staff.session(token)
    assert await expires() == IDLE + timedelta(minutes=1)


async def test_token_is_not_in_the_database(staff: StaffService, database: Database) -> None:
    await add_olga(staff)
    token = await log_in(staff)
    async with database.read() as session:
        stored = (await session.execute(select(StaffSession))).scalar_one()
    assert token not in (stored.token_hash, stored.csrf)
    assert await staff.session(stored.token_hash) is None


async def test_logout_ends_this_session_only(staff: StaffService) -> None:
    await add_olga(staff)
    desk, home = await log_in(staff), await log_in(staff)
    await staff.log_out(desk)
    assert await staff.session(desk) is None
    assert await staff.session(home) is not None


async def test_logout_everywhere_ends_all_of_one_person(staff: StaffService) -> None:
    person_id = await add_olga(staff)
    await staff.add(login="petr", display_name="Пётр", role=Role.EDITOR, password=PASSWORD)
    hers, also_hers, his = await log_in(staff), await log_in(staff), await log_in(staff, "petr")
    await staff.log_out_everywhere(person_id, by=person_id)
    assert await staff.session(hers) is None
    assert await staff.session(also_hers) is None
    assert await staff.session(his) is not None


async def test_login_replaces_the_session_of_the_same_browser(staff: StaffService) -> None:
    await add_olga(staff)
    former = await log_in(staff)
    token = await staff.log_in("olga", PASSWORD, address=ADDRESS, replacing=former)
    assert await staff.session(former) is None
    assert await staff.session(token) is not None


async def test_changed_password_ends_the_other_sessions(staff: StaffService) -> None:
    await add_olga(staff)
    desk, home = await log_in(staff), await log_in(staff)
    me = await who(staff, desk)
    await staff.change_password(me, current=PASSWORD, new="совсем-новый-2", address=ADDRESS)
    assert await staff.session(desk) is not None
    assert await staff.session(home) is None
    with pytest.raises(WrongCredentials):
        await log_in(staff)
    await log_in(staff, password="совсем-новый-2")


async def test_password_is_not_changed_without_the_current_one(staff: StaffService) -> None:
    await add_olga(staff)
    me = await who(staff, await log_in(staff))
    with pytest.raises(WrongCredentials):
        await staff.change_password(me, current="мимо-мимо", new="совсем-новый-2", address=ADDRESS)
    await log_in(staff)


async def test_reset_password_ends_every_session(staff: StaffService) -> None:
    await add_olga(staff)
    token = await log_in(staff)
    await staff.reset_password("Olga", "выдан-сегодня-3")
    assert await staff.session(token) is None
    await log_in(staff, password="выдан-сегодня-3")
    with pytest.raises(PersonUnknown):
        await staff.reset_password("nobody", "выдан-сегодня-3")


async def test_inactive_person_is_out_at_once(staff: StaffService) -> None:
    person_id = await add_olga(staff)
    token = await log_in(staff)
    await staff.set_active("olga", False)
    assert await staff.session(token) is None
    with pytest.raises(WrongCredentials):
        await log_in(staff)
    assert await staff.people() == []
    assert await staff.names([person_id]) == {person_id: "Ольга"}
    await staff.set_active("olga", True)
    assert await staff.session(token) is None
    await log_in(staff)


async def test_outdated_hash_is_renewed_at_login(staff: StaffService, database: Database) -> None:
    await add_olga(staff)
    stronger = StaffService(database, Passwords(PasswordHasher(2, 16, 1)))
    await stronger.log_in("olga", PASSWORD, address=ADDRESS)
    stronger.close()
    async with database.read() as session:
        stored = (await session.execute(select(Person.password_hash))).scalar_one()
    assert "m=16,t=2,p=1" in stored
    await log_in(staff)


async def test_audit_tells_who_did_what_without_content(
    staff: StaffService, database: Database
) -> None:
    boss = await add_olga(staff, Role.ADMINISTRATOR)
    petr = await staff.add(
        login="petr", display_name="Пётр", role=Role.EDITOR, password=PASSWORD, by=boss
    )
    with pytest.raises(WrongCredentials):
        await log_in(staff, "petr", "не тот пароль")
    await staff.log_out(await log_in(staff, "petr"))
    async with database.read() as session:
        rows = (await session.execute(select(AuditEntry).order_by(AuditEntry.id))).scalars()
        seen = [(row.person_id, row.action, row.object_id, row.data) for row in rows]
    assert seen == [
        (None, "staff.added", str(boss), {"role": "administrator"}),
        (boss, "staff.added", str(petr), {"role": "editor"}),
        (None, "staff.login_failed", str(petr), {}),
        (petr, "staff.logged_in", str(petr), {}),
        (petr, "staff.logged_out", str(petr), {}),
    ]
