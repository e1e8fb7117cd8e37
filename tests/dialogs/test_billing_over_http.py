"""The company's own billing system behind the assistant: its accounts, its figures, its outage."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import stamina

from billing.demo import filling as demo
from billing.embedded import EmbeddedGateway
from conversations.service import bot_account_id
from dialogs import phrases
from knowledge_base.markdown_files import import_dir
from okno import profile as profiles
from okno.assemble import assemble
from okno.demo import ARTICLES
from okno.doctor_billing import billing_findings
from okno.money import confirmed_accounts, reading_courier
from okno.services import Services
from okno.settings import Settings
from storage.database import Database
from tests.conftest import FakeClock
from tests.dialogs.conftest import Customer, House
from tests.fakes.billing_system import SECRET, BillingSystem

TODAY = date(2026, 11, 18)
IVANOVA = "440012345678"


@dataclass(frozen=True, slots=True)
class Company:
    system: BillingSystem
    services: Services
    customer: Customer


@pytest.fixture
def far_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "far.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
async def company(
    database_url: str, far_url: str, tmp_path: Path, clock: FakeClock, engine: Any
) -> AsyncIterator[Company]:
    """Our tables are empty; the far system has the demo's accounts in a base of its own."""
    far = Database(far_url, clock)
    await demo.fill(far, today=TODAY, accounts=12)
    stamina.set_testing(True)
    base = EmbeddedGateway(far, ZoneInfo("Europe/Moscow"))
    async with BillingSystem(base, clock).running() as system:
        settings = Settings(
            database_url=database_url, secret_key="x" * 40, media_dir=tmp_path / "media",
            billing_url=system.url, billing_secret=SECRET.decode(), _env_file=None,
        )  # fmt: skip
        services = assemble(settings, profiles.load("demo"), clock=clock)
        values = services.variables()
        await import_dir(services.database, services.media, ARTICLES, values=values)
        await services.knowledge_base.load()
        worker = services.worker(services.assistant(engine))
        account = await bot_account_id(services.database, "telegram")
        yield Company(system, services, House(services, worker, engine, account).customer())
        await services.close()
    await far.close()
    stamina.set_testing(False)


async def test_an_account_of_the_far_system_is_linked_and_its_debt_told(company: Company) -> None:
    said = await company.customer.writes(f"привяжи счёт {IVANOVA} Иванова")
    assert "…5678" in said.text, said.text
    assert "к оплате" in (await company.customer.writes("сколько я должен?")).text
    assert "× 5,47\u00a0₽" in (await company.customer.writes("за что начислили?")).text
    assert "Всего" in (await company.customer.writes("история платежей")).text
    assert company.system.unsigned == 0


async def test_a_wrong_name_and_an_unknown_number_sound_alike(company: Company) -> None:
    wrong = await company.customer.writes(f"привяжи счёт {IVANOVA} Петрова")
    unknown = await company.customer.writes("440099999999 Петрова")
    assert wrong.text == unknown.text


async def test_billings_own_bill_is_sent(company: Company) -> None:
    company.system.documents[IVANOVA, "2026-10"] = b"%PDF-1.7 own"
    await company.customer.writes(f"привяжи счёт {IVANOVA} Иванова")
    assert "Квитанция за октябрь\u00a02026" in (await company.customer.writes("квитанция")).text


async def test_an_outage_is_said_and_a_reading_is_taken_and_delivered_later(
    company: Company, clock: FakeClock
) -> None:
    await company.customer.writes(f"привяжи счёт {IVANOVA} Иванова")
    clock.advance(minutes=11)
    company.system.fail(1000, status=503)
    said = await company.customer.writes("сколько я должен?")
    assert said.text == phrases.BILLING_DOWN
    assert "Оператор" in said.buttons
    taken = await company.customer.writes("показания 12330")
    assert "12\u00a0330" in taken.text
    courier = reading_courier(company.services)
    assert courier is not None
    clock.advance(minutes=10)
    assert await courier.deliver_due() == 0
    assert company.system.readings == {}
    company.system.recover()
    clock.advance(minutes=15)
    assert await courier.deliver_due() == 1
    (reading,) = company.system.readings.values()
    assert (reading["account"], reading["values"]) == (IVANOVA, [12_330_000])
    assert await courier.deliver_due() == 0


async def test_an_account_that_is_not_here_yet_waits_for_billing(company: Company) -> None:
    company.system.fail(1000, status=503)
    said = await company.customer.writes(f"привяжи счёт {IVANOVA} Иванова")
    assert said.text == phrases.BILLING_DOWN


async def test_the_operator_sees_the_far_systems_debt_or_that_it_is_away(company: Company) -> None:
    await company.customer.writes(f"привяжи счёт {IVANOVA} Иванова")
    contact_id = (await company.customer.conversation()).contact_id
    accounts = confirmed_accounts(company.services)
    (shown,) = await accounts(contact_id)
    assert shown.balance.startswith("Долг")
    company.system.fail(1000, status=503)
    (shown,) = await accounts(contact_id)
    assert shown.balance == "Система расчётов не отвечает"


async def test_the_doctor_says_how_it_stands(company: Company) -> None:
    async def said() -> list[tuple[str, bool]]:
        found = [finding async for finding in billing_findings(company.services)]
        return [(finding.what, bool(finding.mend)) for finding in found]

    assert await said() == [("the billing system answers", False)]
    company.system.secret = b"another" * 8
    ((what, mend),) = await said()
    assert "HTTP 401" in what
    assert mend
