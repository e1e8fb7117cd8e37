from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from staff.passwords import Passwords
from staff.service import StaffService
from storage.database import Database


@pytest.fixture
def staff(database: Database) -> Iterator[StaffService]:
    """With cheap hashes: their strength is not what is tested."""
    service = StaffService(database, Passwords(PasswordHasher(1, 8, 1)))
    yield service
    service.close()
