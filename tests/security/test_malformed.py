"""What strangers send: a defined outcome for each, no fault of ours, no more work than allowed.

``OKNO_FUZZ_EXAMPLES=20000 python -m pytest tests/security/test_malformed.py`` tries more, and
other ones each time.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bots.incoming import MAX_NAME, MAX_TEXT, Incoming, Malformed, Unreadable
from bots.intake import cleaned
from bots.max.incoming import parse_update as parse_max
from bots.ok.incoming import parse_event as parse_ok
from bots.telegram.incoming import parse_update as parse_telegram
from bots.telegram.incoming import read_body
from bots.viber.incoming import event_id as viber_id
from bots.viber.incoming import parse_event as parse_viber
from bots.vk.incoming import parse_event as parse_vk
from conversations.models import Message, Quarantine
from nlu.embedded import EmbeddedEngine
from nlu.entities import extract
from nlu.normalise import MAX_CHARS, Normaliser
from tests.conftest import FakeClock
from tests.security import documented
from tests.security.conftest import ANYBODY, SECRETS, House

EXAMPLES = int(os.environ.get("OKNO_FUZZ_EXAMPLES", "0"))
FEW = settings(
    max_examples=EXAMPLES or 60, derandomize=not EXAMPLES, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


def _telegram(event: Any) -> Incoming | None:
    return parse_telegram(read_body(json.dumps(event).encode()), 1, NOW)


PARSERS: dict[str, Callable[[Any], Incoming | None]] = {
    "telegram": _telegram,
    "vk": lambda event: parse_vk(event, 1, NOW),
    "viber": lambda event: parse_viber(event, 1) if viber_id(event) else None,
    "max": lambda event: parse_max(event, 1, "token"),
    "ok": lambda event: parse_ok(event, 1),
}


@pytest.mark.parametrize("channel", sorted(PARSERS))
@FEW
@given(seed=st.integers(0, 2**32), number=st.integers(0, 20))
def test_an_event_of_any_shape_is_read_or_refused(channel: str, seed: int, number: int) -> None:
    events = documented.EVENTS[channel]
    event = documented.mutated(events[number % len(events)], random.Random(seed))
    try:
        found = PARSERS[channel](json.loads(json.dumps(event)))
    except (Malformed, Unreadable):
        return
    if found is not None:
        _check(cleaned(found))


@pytest.mark.parametrize("channel", sorted(PARSERS))
def test_the_documented_events_are_read(channel: str) -> None:
    """Else the test above would show nothing."""
    read = [PARSERS[channel](event) for event in documented.EVENTS[channel]]
    assert sum(one is not None for one in read) > len(read) // 2


@pytest.mark.parametrize("channel", sorted(PARSERS))
@pytest.mark.parametrize("moment", [10**14, 10**17, 2**62, -(10**17), 10**400])
def test_a_moment_that_no_clock_can_show_is_refused(channel: str, moment: int) -> None:
    """Found by the test above with more examples: the system's own errors came through."""
    for event in documented.EVENTS[channel]:
        for way in documented.places(event):
            if way[-1] in ("date", "edit_date", "timestamp", "update_time"):
                strange = json.loads(json.dumps(event))
                documented.put(strange, way, moment)
                with contextlib.suppress(Malformed, Unreadable):
                    PARSERS[channel](strange)


def _check(incoming: Incoming) -> None:
    """Fits both databases, and is no longer than it may be."""
    stored = json.dumps(incoming.data, ensure_ascii=False)
    for text in (incoming.text, incoming.chat_id, incoming.external_id, stored):
        assert "\x00" not in text
        text.encode()
    assert max(map(len, (incoming.text, incoming.chat_id, incoming.external_id))) <= MAX_TEXT
    assert len(incoming.sender_name or "") <= MAX_NAME


async def test_no_webhook_breaks_at_what_comes(house: House) -> None:
    """The whole way, with the right secret: stored, kept aside or refused, and never a fault."""
    chance, client = random.Random(EXAMPLES or 1), house.clients[ANYBODY]
    outcomes: dict[int, int] = {}
    async with asyncio.timeout(300 + EXAMPLES):
        for channel, events in documented.EVENTS.items():
            for number in range(EXAMPLES or 30):
                event = documented.mutated(events[number % len(events)], chance)
                path, headers, body = _signed(channel, event)
                answer = await client.post(path, content=body, headers=headers)
                outcomes[answer.status_code] = outcomes.get(answer.status_code, 0) + 1
                assert answer.status_code in (200, 400, 403, 413), (channel, event)
        for event in documented.EVENTS["viber"]:  # what can't be stored, in all of them
            strange = {**event, "message_token": "\ud800", "context": "\ud800"}
            path, headers, body = _signed("viber", strange)
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code == 200, event["event"]
        for body in (b"", b"[", b"null", b"[]", b"\xff", b'{"a":' * 9_000, b"1" * 9_000):
            for channel in documented.EVENTS:
                path, headers, body = _signed(channel, body)
                answer = await client.post(path, content=body, headers=headers)
                assert answer.status_code in (400, 403), (channel, body[:20])
    assert outcomes[200] > sum(outcomes.values()) / 3
    async with house.services.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Message))
        assert await session.scalar(select(func.count()).select_from(Quarantine))


def _signed(channel: str, event: Any) -> tuple[str, dict[str, str], bytes]:
    if channel == "vk" and isinstance(event, dict):
        event = {**event, "group_id": 7, "secret": SECRETS["vk_secret"]}
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    sign = hmac.new(SECRETS["viber_token"].encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "telegram": {"x-telegram-bot-api-secret-token": SECRETS["telegram_webhook_secret"]},
        "viber": {"x-viber-content-signature": sign},
        "max": {"x-max-bot-api-secret": SECRETS["max_secret"]},
    }
    path = f"/webhooks/{channel}"
    path += f"/{SECRETS['ok_path_secret']}" if channel == "ok" else ""
    return path, headers.get(channel, {}), body


async def test_the_site_chat_does_not_break_at_what_comes(house: House, clock: FakeClock) -> None:
    client, own = house.clients[ANYBODY], {"x-okno-chat": "1", "sec-fetch-site": "same-origin"}
    assert (await client.post("/chat/visitor", headers=own)).status_code == 201
    templates: list[tuple[str, dict[str, Any]]] = [
        ("/chat/messages", {"key": "a" * 8, "text": "привет"}),
        ("/chat/messages", {"key": "b" * 8, "action": "menu:money", "message": 1}),
        ("/chat/seen", {"message": 1}),
        ("/chat/phone", {"phone": "+7 916 123-45-67"}),
    ]
    chance = random.Random(EXAMPLES or 2)
    async with asyncio.timeout(300 + EXAMPLES):
        for number in range(EXAMPLES or 60):
            clock.advance(minutes=1)  # past the limits
            path, body = templates[number % len(templates)]
            content = json.dumps(documented.mutated(body, chance)).encode()
            json_headers = own | {"content-type": "application/json"}
            answer = await client.post(path, content=content, headers=json_headers)
            assert answer.status_code < 500, (path, content[:200])
        for path, _ in templates:
            for body in ({"message": True, "action": "a", "key": "c" * 8}, {"phone": True}):
                assert (await client.post(path, headers=own, json=body)).status_code == 422, path
        for path in ("/chat/history?before=-1", "/chat/history?after=1e9", "/chat/events?after=x"):
            assert (await client.get(path, headers=own)).status_code in (400, 401, 422), path


WORDS = ["показания", "т1", "12345", "день", "ночь", ",", ".", "-", "/", ":", "лицевой счёт", "№",
         "440012345678", "+7 916 123-45-67", "ул. Ленина, д. 5, кв. 1", "завтра", "сто двадцать",
         "руб", "2500", "\u202e", "\u200b", "\u0301", "\ud800", "\x00", "\n", "ааааа", "ghbdtn",
         "ИНН", "Иванов Иван", "09.11.2026", "👍", "ﷺ", "𝟜", "٣"]  # fmt: skip
MESSAGES = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=40).map(" ".join)
NORMALISER = Normaliser({"днем": 5, "ночью": 5})


@FEW
@given(text=MESSAGES, intent=st.sampled_from([None, "submit_reading", "balance", "out_of_scope"]))
def test_details_are_found_in_any_text(text: str, intent: str | None) -> None:
    for entity in extract(NORMALISER.normalise(text), now=NOW, intent=intent):
        assert 0 <= entity.start < entity.end <= len(text)
        assert entity.value


def test_any_text_is_understood(engine: EmbeddedEngine) -> None:
    @settings(FEW, max_examples=EXAMPLES or 25)
    @given(text=MESSAGES)
    def understood(text: str) -> None:
        found = engine.parse_many(text, NOW)
        assert 1 <= len(found) <= 3
        assert all(one.intent and 0 <= one.confidence <= 1 for one in found)

    understood()


def _steps(work: Callable[[], object]) -> int:
    """How many functions ``work`` calls, of Python and of C."""
    count = 0

    def look(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


PIECES = ["12345 ", "день 1 ", "ул. Ленина д. 5, ", "8 916 ", "а", "(((", "1.1.", "сто ", "1-",
          "счетчик1", "номер", "день показани", "кв 5 ", "девушка", "#1 ", "г "]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_the_work_on_a_text_grows_with_it_and_ends_where_reading_ends(piece: str) -> None:
    def work(length: int) -> Callable[[], object]:
        text = (piece * (length // len(piece) + 1))[:length]
        return lambda: extract(NORMALISER.normalise(text), now=NOW, intent="submit_reading")

    work(MAX_CHARS)()  # what is prepared once
    half, whole = _steps(work(MAX_CHARS // 2)), _steps(work(MAX_CHARS))
    assert whole < half * 3
    assert _steps(work(MAX_CHARS * 50)) < whole * 1.1 + 200


@pytest.mark.parametrize(
    "text",
    ["счетчик1" * 300, "счет номер " * 300 + "!", "показани" * 200 + "! 5", "трещ" * 500,
     "день - " * 300, "ёлкатыс" * 300],
)  # fmt: skip
def test_no_expression_goes_over_a_text_again_and_again(text: str) -> None:
    """The first of these took longer than anybody waited: each of its words could be read in two
    ways. A test without a measure of time: it ends, or the run's own limit ends it."""
    extract(NORMALISER.normalise(text), now=NOW, intent="submit_reading")
