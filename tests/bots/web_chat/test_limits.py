"""Token buckets on an injected clock: how much, for whom, and what is said then."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from bots import buckets as buckets_module
from bots.buckets import Buckets, Rate, address_key, take_all
from bots.web_chat.limits import ChatLimits, Places
from storage.database import Database
from tests.bots.web_chat.conftest import Customer, stored
from tests.conftest import FakeClock

THREE = Rate(3, timedelta(seconds=10))


@pytest.fixture
def limits() -> ChatLimits:
    return ChatLimits(
        messages_per_visitor=THREE,
        messages_per_address=Rate(5, timedelta(seconds=2)),
        visitors_per_address=Rate(2, timedelta(minutes=1)),
        phones_per_visitor=Rate(1, timedelta(minutes=1)),
        reads_per_address=Rate(4, timedelta(seconds=1)),
    )


def test_a_bucket_gives_its_burst_then_one_at_a_time(clock: FakeClock) -> None:
    buckets = Buckets(THREE, clock)
    assert [take_all((buckets, "a")) for _ in range(3)] == [timedelta()] * 3
    assert take_all((buckets, "a")) == timedelta(seconds=10)
    clock.advance(seconds=9)
    assert take_all((buckets, "a")) == timedelta(seconds=1)
    clock.advance(seconds=1)
    assert take_all((buckets, "a")) == timedelta()
    assert take_all((buckets, "a")) == timedelta(seconds=10)
    clock.advance(hours=1)
    assert [bool(take_all((buckets, "a"))) for _ in range(4)] == [False] * 3 + [True]


def test_refused_by_one_bucket_nothing_is_taken_from_the_other(clock: FakeClock) -> None:
    small, large = Buckets(Rate(1, timedelta(seconds=5)), clock), Buckets(THREE, clock)
    assert not take_all((small, "a"), (large, "b"))
    for _ in range(5):
        assert take_all((small, "a"), (large, "b")) == timedelta(seconds=5)
    assert [bool(take_all((large, "b"))) for _ in range(3)] == [False, False, True]


def test_memory_is_bounded_and_the_latest_are_kept(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets_module, "MOST_KEYS", 10)
    buckets = Buckets(Rate(1, timedelta(hours=1)), clock)
    for number in range(50):
        buckets.take(str(number))
    assert len(buckets._full_at) == 10
    assert buckets.wait("49")
    assert not buckets.wait("0")


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:0db8:0001:0002::/64"),
        ("2001:db8:1:2:ffff::9", "2001:0db8:0001:0002::/64"),
        ("2001:db8:1:3::1", "2001:0db8:0001:0003::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_subscriber_is_one_address(host: str, key: str) -> None:
    assert address_key(host) == key


def test_places_are_given_back() -> None:
    places = Places()
    with places.taken("a", "b"), places.taken("a"):
        assert not places.are_free("a", 2)
        assert places.are_free("b", 2)
    assert places.are_free("a", 1)
    assert not places._taken


async def test_too_many_messages_are_refused_with_the_time_to_wait(
    customer: Customer, clock: FakeClock, database: Database
) -> None:
    for number in range(3):
        await customer.say(str(number))
    response = await customer.post({"text": "лишнее"})
    assert response.status_code == 429
    assert response.headers["retry-after"] == "10"
    body = response.json()
    assert (body["error"], body["wait"]) == ("too_often", 10)
    assert "через 10 секунд" in body["message"]
    clock.advance(seconds=10)
    await customer.say("лишнее")
    assert [m.text for m in await stored(database)] == ["0", "1", "2", "лишнее"]


async def test_an_address_is_limited_over_all_its_visitors(
    app: FastAPI, customer: Customer, stranger: Customer
) -> None:
    neighbour = Customer(app)  # the same address as the customer's
    await neighbour.begin()
    await stranger.begin()
    for number in range(3):
        await customer.say(str(number))
    await neighbour.say("3")
    await neighbour.say("4")
    assert (await neighbour.post({"text": "5"})).status_code == 429
    await stranger.say("с другого адреса")
    await neighbour.http.aclose()


async def test_an_address_cannot_make_visitors_without_end(app: FastAPI, clock: FakeClock) -> None:
    flood = Customer(app, embedded=True)
    statuses = [(await flood.http.post("/chat/visitor", json={})).status_code for _ in range(4)]
    assert statuses == [201, 201, 429, 429]
    clock.advance(minutes=1)
    assert (await flood.http.post("/chat/visitor", json={})).status_code == 201
    await flood.http.aclose()


async def test_reading_is_limited_too(customer: Customer, clock: FakeClock) -> None:
    statuses = [(await customer.http.get("/chat/history")).status_code for _ in range(5)]
    assert statuses == [200] * 4 + [429]
    clock.advance(seconds=1)
    assert (await customer.http.get("/chat/history")).status_code == 200


async def test_phones_are_limited(customer: Customer) -> None:
    await customer.say("оператор")
    first = await customer.http.post("/chat/phone", json={"phone": "+79001234567"})
    second = await customer.http.post("/chat/phone", json={"phone": "+79001234568"})
    assert (first.status_code, second.status_code) == (200, 429)
