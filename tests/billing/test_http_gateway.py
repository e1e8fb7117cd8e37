"""The HTTP gateway on bad days: what is repeated, what is not, and when nobody waits any more."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import stamina

from billing.circuit import Circuit
from billing.demo import filling as demo
from billing.embedded import EmbeddedGateway
from billing.errors import GatewayDown
from billing.gateway import OutgoingReading, ReadingVerdict
from billing.http_gateway import HttpGateway
from storage.database import Database
from tests.conftest import FakeClock
from tests.fakes.billing_system import SECRET, BillingSystem

TODAY = date(2026, 11, 18)
IVANOVA = "440012345678"
READING = OutgoingReading(
    "П-000001", IVANOVA, "1012345678", (12_345_000,), TODAY, date(2026, 11, 1),
    datetime(2026, 11, 18, 9, tzinfo=UTC), "web",
)  # fmt: skip


@dataclass(slots=True)
class Seconds:
    value: float = 100.0

    def __call__(self) -> float:
        return self.value


@dataclass(slots=True)
class Bench:
    system: BillingSystem
    gateway: HttpGateway
    seconds: Seconds = field(default_factory=Seconds)


@pytest.fixture
async def bench(database: Database, clock: FakeClock) -> AsyncIterator[Bench]:
    await demo.fill(database, today=TODAY, accounts=10)
    embedded = EmbeddedGateway(database, ZoneInfo("Europe/Moscow"))
    stamina.set_testing(True, attempts=3)
    seconds = Seconds()
    async with BillingSystem(embedded, clock).running() as system:
        gateway = HttpGateway(system.url, SECRET, clock, circuit=Circuit(clock=seconds))
        yield Bench(system, gateway, seconds)
        await gateway.close()
    stamina.set_testing(False)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_a_passing_fault_is_tried_again(bench: Bench, status: int) -> None:
    bench.system.fail(2, status=status)
    assert (await bench.gateway.balance(IVANOVA, TODAY)).kopecks > 0
    assert len(bench.system.asked) == 3


@pytest.mark.parametrize(("status", "body"), [(400, "{}"), (403, "no"), (302, ""), (204, "")])
async def test_a_misunderstanding_is_not_repeated(bench: Bench, status: int, body: str) -> None:
    bench.system.fail(1, status=status, body=body)
    with pytest.raises(GatewayDown):
        await bench.gateway.balance(IVANOVA, TODAY)
    assert len(bench.system.asked) == 1


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "[]", "{}", '{"account": "1", "as_of": "yesterday", "kopecks": 1}',
     '{"account": "1", "as_of": "2026-11-18", "kopecks": "много"}'],
)  # fmt: skip
async def test_an_unreadable_answer_is_no_answer(bench: Bench, body: str) -> None:
    bench.system.fail(1, status=200, body=body)
    with pytest.raises(GatewayDown):
        await bench.gateway.balance(IVANOVA, TODAY)


async def test_faults_in_a_row_open_the_circuit_and_one_try_closes_it(bench: Bench) -> None:
    bench.system.fail(15)
    for _ in range(5):
        with pytest.raises(GatewayDown):
            await bench.gateway.balance(IVANOVA, TODAY)
    asked = len(bench.system.asked)
    with pytest.raises(GatewayDown, match="a moment ago"):
        await bench.gateway.balance(IVANOVA, TODAY)
    assert len(bench.system.asked) == asked == 15
    bench.seconds.value += 16
    assert (await bench.gateway.balance(IVANOVA, TODAY)).kopecks > 0
    assert (await bench.gateway.balance(IVANOVA, TODAY)).kopecks > 0


def test_while_a_try_is_out_the_others_do_not_go() -> None:
    seconds = Seconds()
    circuit = Circuit(failures=2, pause=10, clock=seconds)
    circuit.failed()
    assert circuit.lets_through()
    circuit.failed()
    assert not circuit.lets_through()
    seconds.value += 10
    assert [circuit.lets_through() for _ in range(3)] == [True, False, False]
    circuit.failed()
    seconds.value += 9
    assert not circuit.lets_through()
    seconds.value += 1
    assert circuit.lets_through()
    circuit.succeeded()
    assert [circuit.lets_through() for _ in range(3)] == [True, True, True]


async def test_a_reading_whose_answer_was_lost_is_handed_over_once(bench: Bench) -> None:
    bench.system.fail(1, after=True)
    (result,) = await bench.gateway.deliver([READING])
    assert result.verdict is ReadingVerdict.ACCEPTED
    assert len(bench.system.asked) == 2
    assert list(bench.system.readings) == ["П-000001"]
    assert bench.system.readings["П-000001"]["values"] == [12_345_000]
    assert bench.system.readings["П-000001"]["period"] == "2026-11"


async def test_a_refused_reading_says_why(bench: Bench) -> None:
    bench.system.refused[IVANOVA] = "счётчик снят"
    (result,) = await bench.gateway.deliver([READING])
    assert (result.verdict, result.reason) == (ReadingVerdict.REFUSED, "счётчик снят")


async def test_billings_own_bill(bench: Bench) -> None:
    bench.system.documents[IVANOVA, "2026-10"] = b"%PDF-1.7 bill"
    assert await bench.gateway.document(IVANOVA, date(2026, 10, 1)) == b"%PDF-1.7 bill"
    bench.system.documents[IVANOVA, "2026-10"] = b"<html>login</html>"
    with pytest.raises(GatewayDown):
        await bench.gateway.document(IVANOVA, date(2026, 10, 1))


async def test_another_secret_is_refused_and_not_repeated(bench: Bench, clock: FakeClock) -> None:
    stranger = HttpGateway(bench.system.url, b"x" * 40, clock)
    with pytest.raises(GatewayDown, match="401"):
        await stranger.balance(IVANOVA, TODAY)
    assert (bench.system.unsigned, len(bench.system.asked)) == (1, 1)
    await stranger.close()


async def test_nobody_listens(clock: FakeClock) -> None:
    stamina.set_testing(True)
    gateway = HttpGateway("http://127.0.0.1:9", SECRET, clock)
    with pytest.raises(GatewayDown, match="ConnectError"):
        await gateway.balance(IVANOVA, TODAY)
    await gateway.close()
    stamina.set_testing(False)
