"""Organisations: what a customer names, and what an operator makes of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from billing.customers import claiming
from billing.customers.claiming import MOST_WAITING, ClaimDecision, Claims, Comparison
from billing.errors import ClaimDecided, ClaimUnfit
from billing.models import AccountLink, Category, Proof
from conversations.events import Events
from conversations.models import Event, Message
from conversations.service import Outbox
from staff.models import AuditEntry, Role
from staff.passwords import Passwords
from staff.service import StaffService
from storage.signals import Signals
from tests.billing.conftest import Company

CONTRACT, INN = "Э/201915", "500100732259"


@dataclass(frozen=True, slots=True)
class Scene:
    company: Company
    claims: Claims
    account_id: int
    contact_id: int
    conversation_id: int
    by: int

    async def claims_to_be(self, number: str = CONTRACT, inn: str = INN) -> None:
        async with self.company.database.write() as tx:
            await claiming.record(tx, self.contact_id, self.conversation_id, number, inn)

    async def decide(self, accept: bool, reason: str = "", contact_id: int = 0) -> str:
        (claim,) = await self.claims.waiting(self.contact_id)
        return await self.claims.decide(
            ClaimDecision(claim.id, contact_id or self.contact_id, self.by, accept, reason)
        )

    async def links(self) -> list[tuple[int, str]]:
        async with self.company.database.read() as session:
            rows = await session.execute(select(AccountLink.account_id, AccountLink.proof))
            return [(row.account_id, row.proof) for row in rows]

    async def told(self) -> list[str]:
        async with self.company.database.read() as session:
            return list(await session.scalars(select(Message.text).order_by(Message.id)))


@pytest.fixture
async def scene(company: Company) -> AsyncIterator[Scene]:
    account_id = await company.account(
        CONTRACT, category=Category.BUSINESS, organisation="ИП Егоров <П>", inn=INN
    )
    contact_id = await company.contact()
    conversation_id = await company.conversation(contact_id)
    signals = Signals(company.database)
    events = Events(signals)
    staff = StaffService(company.database, Passwords(PasswordHasher(1, 8, 1)))
    by = await staff.add(
        login="olga", display_name="Ольга", role=Role.OPERATOR, password="зимний-счётчик-1"
    )
    staff.close()
    claims = Claims(company.database, Outbox(events, signals), events)
    yield Scene(company, claims, account_id, contact_id, conversation_id, by)
    await signals.close()


async def test_one_press_opens_the_account_and_tells_the_customer(scene: Scene) -> None:
    await scene.claims_to_be(inn="7707083893")
    await scene.claims_to_be()  # again, with the right ИНН: still one claim
    (claim,) = await scene.claims.waiting(scene.contact_id)
    assert (claim.comparison, claim.organisation) == (Comparison.FITS, "ИП Егоров <П>")
    assert await scene.links() == []
    assert "Подтверждено" in await scene.decide(accept=True)
    assert await scene.links() == [(scene.account_id, Proof.OPERATOR)]
    (told,) = await scene.told()
    assert "Договор …1915 (ИП Егоров \\<П>) подтверждён" in told.replace("\\>", ">")
    async with scene.company.database.read() as session:
        actions = list(await session.scalars(select(AuditEntry.action)))
        kinds = list(await session.scalars(select(Event.kind)))
    assert "account.confirm" in actions
    assert claiming.EVENT in kinds
    assert await scene.claims.waiting(scene.contact_id) == []
    with pytest.raises(ClaimDecided):
        await scene.claims.decide(ClaimDecision(claim.id, scene.contact_id, scene.by, accept=True))


async def test_a_refusal_says_why_and_opens_nothing(scene: Scene) -> None:
    await scene.claims_to_be()
    stranger = await scene.company.contact()
    with pytest.raises(ClaimDecided):
        await scene.decide(accept=True, contact_id=stranger)
    await scene.decide(accept=False, reason="нужна доверенность")
    assert await scene.links() == []
    (told,) = await scene.told()
    assert "подтвердить не получилось: нужна доверенность." in told


@pytest.mark.parametrize(
    ("number", "inn", "says", "confirmed"),
    [
        (CONTRACT, "7707083893", Comparison.OTHER_INN, False),
        ("Э/201916", INN, Comparison.NO_CONTRACT, False),
        ("440012345678", INN, Comparison.NO_CONTRACT, False),  # a person's
        ("A/100", INN, Comparison.NOT_KNOWN, True),  # a Latin letter
    ],
)
async def test_what_does_not_fit_can_not_be_confirmed(
    scene: Scene, number: str, inn: str, says: Comparison, confirmed: bool
) -> None:
    await scene.company.account()
    await scene.company.account("А/100", category=Category.BUSINESS, organisation="ООО «А»")
    await scene.claims_to_be(number, inn)
    (claim,) = await scene.claims.waiting(scene.contact_id)
    assert claim.comparison is says
    if confirmed:
        await scene.decide(accept=True)
        return
    with pytest.raises(ClaimUnfit):
        await scene.decide(accept=True)
    assert await scene.links() == []


async def test_who_withdraws_his_consent_is_not_confirmed_afterwards(scene: Scene) -> None:
    await scene.claims_to_be()
    (claim,) = await scene.claims.waiting(scene.contact_id)
    async with scene.company.database.write() as tx:
        assert await scene.company.billing.withdraw_consent(tx, scene.contact_id) == 0
    assert await scene.claims.waiting(scene.contact_id) == []
    with pytest.raises(ClaimDecided):
        await scene.claims.decide(ClaimDecision(claim.id, scene.contact_id, scene.by, accept=True))
    assert await scene.links() == []


async def test_nobody_looks_for_contracts_this_way(scene: Scene) -> None:
    for n in range(MOST_WAITING + 3):
        await scene.claims_to_be(f"Э/{n}00")
    assert len(await scene.claims.waiting(scene.contact_id)) == MOST_WAITING
