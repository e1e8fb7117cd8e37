"""A small company: makers of contacts, accounts and readings."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.models import Account, Meter, Reading
from billing.service import BillingService
from conversations.models import Contact, Conversation
from conversations.service import bot_account_id
from storage.database import Database

TODAY = date(2026, 11, 18)


@dataclass(frozen=True, slots=True)
class Company:
    """Makes rows; returns their ids."""

    database: Database
    billing: BillingService

    async def contact(self) -> int:
        return await self._add(Contact(created_at=self.database.clock.now()))

    async def conversation(self, contact_id: int, chat: str = "7") -> int:
        bot = await bot_account_id(self.database, "telegram")
        now = self.database.clock.now()
        return await self._add(
            Conversation(contact_id=contact_id, bot_account_id=bot, channel="telegram",
                         chat_id=chat, state={}, last_message_at=now, created_at=now)
        )  # fmt: skip

    async def account(self, number: str = "440012345678", **columns: Any) -> int:
        values = {
            "surname": "Иванова", "name": "Мария", "patronymic": "Петровна",
            "locality": "г. Демоград", "street": "ул. Светлая", "house": "12", "flat": "45",
        }  # fmt: skip
        return await self._add(Account(number=number, **{**values, **columns}))

    async def meter(self, account_id: int, number: str = "101", **columns: Any) -> int:
        return await self._add(Meter(account_id=account_id, number=number, **columns))

    async def reading(self, meter_id: int, *kwh: int, on: date = date(2026, 10, 19)) -> int:
        t1, t2, t3 = (*(value * 1000 for value in kwh), None, None)[:3]
        return await self._add(
            Reading(
                meter_id=meter_id, t1=t1, t2=t2, t3=t3, taken_on=on, period=on.replace(day=1),
                received_at=datetime(on.year, on.month, on.day, tzinfo=UTC), channel="office",
            )
        )  # fmt: skip

    async def linked(self, account_id: int, number: str = "440012345678") -> int:
        """A new contact who has shown that he is the holder of this account."""
        contact_id = await self.contact()
        async with self.database.write() as tx:
            outcome = await self.billing.identify(tx, contact_id, number, "Иванова")
        assert outcome.account_id == account_id
        return contact_id

    async def _add(self, row: Any) -> int:
        async with self.database.write() as tx:
            tx.session.add(row)
            await tx.session.flush()
            key: int = row.id
        return key


@pytest.fixture
def company(database: Database) -> Company:
    return Company(database, BillingService())
