"""What an employee decides on readings that wait, and what the customer hears."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from billing.errors import CorrectionUnfit, ReadingDecided, ReasonMissing
from billing.models import Reading, ReadingStatus
from billing.readings.reviewing import Decision, Reviewing, Tab
from billing.readings.rules import Mark, Question
from billing.views import GivenReading, TakenReading, Unverified, UnverifiedReading
from conversations.events import Events
from conversations.models import Conversation, Message
from conversations.service import Outbox
from staff.models import AuditEntry, Role
from staff.passwords import Passwords
from staff.service import StaffService
from storage.signals import Signals
from tests.billing.conftest import TODAY, Company

NUMBER = "440012345678"


@dataclass(frozen=True, slots=True)
class Scene:
    company: Company
    reviewing: Reviewing
    meter_id: int
    account_id: int
    contact_id: int
    conversation_id: int
    by: int

    async def gives(self, kwh: int, message_id: int) -> TakenReading:
        """The holder's reading, every question answered with «yes»."""
        async with self.company.database.write() as tx:
            taken = await self.company.billing.take_reading(
                tx,
                GivenReading(
                    self.contact_id, self.account_id, self.meter_id, (kwh * 1000,), TODAY,
                    "telegram", message_id, self.conversation_id, tuple(Question),
                ),
            )  # fmt: skip
        assert isinstance(taken, TakenReading)
        return taken

    async def states(self) -> list[tuple[int, str]]:
        async with self.company.database.read() as session:
            rows = await session.execute(
                select(Reading.t1, Reading.status)
                .where(Reading.period == date(2026, 11, 1))
                .order_by(Reading.id)
            )
            return [(t1 // 1000, status) for t1, status in rows]

    async def told(self) -> list[str]:
        async with self.company.database.read() as session:
            rows = await session.scalars(
                select(Message.text).where(Message.author == "assistant").order_by(Message.id)
            )
            return [text.replace("\u00a0", " ") for text in rows]


@pytest.fixture
async def scene(company: Company) -> AsyncIterator[Scene]:
    account_id = await company.account()
    meter_id = await company.meter(account_id)
    await company.reading(meter_id, 12015, on=date(2026, 9, 19))
    await company.reading(meter_id, 12180)
    contact_id = await company.linked(account_id)
    conversation_id = await company.conversation(contact_id)
    signals = Signals(company.database)
    events = Events(signals)
    reviewing = Reviewing(company.database, Outbox(events, signals), events)
    staff = StaffService(company.database, Passwords(PasswordHasher(1, 8, 1)))
    by = await staff.add(
        login="olga", display_name="Ольга", role=Role.OPERATOR, password="зимний-счётчик-1"
    )
    staff.close()
    yield Scene(company, reviewing, meter_id, account_id, contact_id, conversation_id, by)
    await signals.close()


async def test_the_list_holds_all_that_is_needed(scene: Scene) -> None:
    taken = await scene.gives(14000, 11)
    async with scene.company.database.read() as session:
        (row,) = await scene.reviewing.waiting(session, Tab.REVIEW)
        assert await scene.reviewing.count(session, Tab.REVIEW) == 1
        assert await scene.reviewing.waiting(session, Tab.UNDELIVERED) == []
    assert (row.account, row.holder, row.meter) == (NUMBER, "Иванова Мария Петровна", "101")
    assert (row.number, row.values, row.marks) == (taken.number, (14000000,), (Mark.UNUSUAL,))
    assert [past.values for past in row.history] == [(12015000,), (12180000,)]


async def test_what_the_customer_wrote_up_to_it_is_shown(scene: Scene) -> None:
    database = scene.company.database
    now = database.clock.now()
    async with database.write() as tx:
        conversation = await tx.session.get_one(Conversation, scene.conversation_id)
        for n, (author, text) in enumerate(
            [("customer", "показания 14000"), ("assistant", "Всё верно?"), ("customer", "да"),
             ("customer", "спасибо")], start=1,
        ):  # fmt: skip
            tx.session.add(
                Message(
                    id=n,
                    conversation_id=conversation.id,
                    kind="text",
                    author=author,
                    bot_account_id=conversation.bot_account_id,
                    text=text,
                    sent_at=now,
                    created_at=now,
                )
            )
    await scene.gives(14000, 3)
    async with database.read() as session:
        (row,) = await scene.reviewing.waiting(session, Tab.REVIEW)
    assert row.words == ("показания 14000", "да")


async def test_accepting_puts_it_in_force_and_tells_the_customer(scene: Scene) -> None:
    await scene.gives(12300, 11)
    taken = await scene.gives(12250, 12)  # a lower correction waits
    outcome = await scene.reviewing.decide(Decision(taken.reading_id, scene.by, accept=True))
    assert outcome == "Принято, клиенту написали."
    assert await scene.states() == [(12300, "replaced"), (12250, "accepted")]
    assert await scene.told() == [
        f"✅ Показания {taken.number} (12 250) по счёту …5678 проверены и приняты."
    ]
    async with scene.company.database.read() as session:
        row = await session.get_one(Reading, taken.reading_id)
        entry = await session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()))
    assert (row.decided_by, row.decided_at) == (scene.by, scene.company.database.clock.now())
    assert entry is not None
    assert (entry.action, entry.object_id) == ("reading.accept", str(taken.reading_id))


async def test_correcting_keeps_the_customers_own_figures(scene: Scene) -> None:
    taken = await scene.gives(14000, 11)
    await scene.reviewing.decide(
        Decision(
            taken.reading_id, scene.by, accept=True, values=(12400000,), reason="лишняя тысяча"
        )
    )
    assert await scene.states() == [(14000, "replaced"), (12400, "accepted")]
    (told,) = await scene.told()
    assert "приняты с исправлением: **12 400**" in told
    assert "лишняя тысяча" in told


async def test_refusing_needs_a_reason_and_says_it(scene: Scene) -> None:
    taken = await scene.gives(14000, 11)
    with pytest.raises(ReasonMissing):
        await scene.reviewing.decide(
            Decision(taken.reading_id, scene.by, accept=False, reason="  ")
        )
    await scene.reviewing.decide(
        Decision(taken.reading_id, scene.by, accept=False, reason="пришлите фото *табло*")
    )
    assert await scene.states() == [(14000, "refused")]
    (told,) = await scene.told()
    assert "не приняты: пришлите фото \\*табло\\*." in told


async def test_who_named_no_holder_hears_only_his_own_words(scene: Scene) -> None:
    stranger = await scene.company.contact()
    chat = await scene.company.conversation(stranger, chat="8")
    ids = []
    for message, kwh in ((21, 12300), (22, 12310), (23, 12320)):
        async with scene.company.database.write() as tx:
            given = UnverifiedReading(
                stranger, NUMBER, (kwh * 1000,), TODAY, "telegram", message, chat
            )
            answer = await scene.company.billing.take_unverified_reading(tx, given)
        assert isinstance(answer, Unverified)
        async with scene.company.database.read() as session:
            ids.append(await session.scalar(select(Reading.id).order_by(Reading.id.desc())))
    decide = scene.reviewing.decide
    await decide(Decision(ids[0], scene.by, accept=True))
    await decide(Decision(ids[1], scene.by, accept=True, values=(12400000,), reason="секрет"))
    await decide(Decision(ids[2], scene.by, accept=False, reason="секрет"))
    assert await scene.states() == [
        (12300, "replaced"), (12310, "replaced"), (12320, "refused"), (12400, "accepted"),
    ]  # fmt: skip
    told = "\n".join(await scene.told())
    for secret in ("секрет", "12 400", "12 180", "Иванова"):
        assert secret not in told
    assert "не подошли к этому счёту" in told


async def test_one_decision_only(scene: Scene) -> None:
    taken = await scene.gives(14000, 11)
    decisions = [
        scene.reviewing.decide(Decision(taken.reading_id, scene.by, accept=True)) for _ in range(8)
    ]
    results: list[Any] = await asyncio.gather(*decisions, return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, ReadingDecided) for result in results) == 7
    assert len(await scene.told()) == 1


async def test_a_correction_fits_the_registers(scene: Scene) -> None:
    taken = await scene.gives(14000, 11)
    for values in ((), (1000, 2000), (100_000_000,)):
        with pytest.raises(CorrectionUnfit):
            await scene.reviewing.decide(
                Decision(taken.reading_id, scene.by, accept=True, values=values)
            )
    assert await scene.states() == [(14000, ReadingStatus.REVIEW)]
