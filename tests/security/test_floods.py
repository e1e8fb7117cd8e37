"""A flood: from one chat, from one address. Nobody else waits for it, and nothing is lost."""

import itertools
import json
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from bots.buckets import Rate
from bots.flood import Floods, Verdict
from bots.webhooks import MAX_BODY
from conversations.models import Author, Conversation, Message, Quarantine
from dialogs import phrases
from okno.errors import WrongSetting
from okno.settings import load
from tests.conftest import FakeClock
from tests.fakes.telegram_updates import Numbers, Person, Update
from tests.security.conftest import ANYBODY, SECRETS, VK_GROUP, House

TELEGRAM = {"x-telegram-bot-api-secret-token": SECRETS["telegram_webhook_secret"]}
FOUR = Rate(4, timedelta(seconds=10))


def test_a_chat_is_heard_again_when_it_has_become_quieter(clock: FakeClock) -> None:
    floods = Floods(FOUR, clock)
    verdicts = [floods.look("a", clock.now()) for _ in range(7)]
    assert verdicts == [Verdict.PASSES] * 4 + [Verdict.TOLD] + [Verdict.SILENT] * 2
    assert floods.look("b", clock.now()) is Verdict.PASSES
    clock.advance(seconds=19)
    assert floods.look("a", clock.now()) is Verdict.SILENT
    clock.advance(seconds=1)
    assert [floods.look("a", clock.now()) for _ in range(3)] == [
        Verdict.PASSES, Verdict.PASSES, Verdict.TOLD,
    ]  # fmt: skip


def test_what_waited_through_an_outage_is_no_flood(clock: FakeClock) -> None:
    """It comes at once, and was written over hours; a clock ahead of ours gains nothing."""
    floods = Floods(FOUR, clock)
    start = clock.now() - timedelta(hours=1)
    hour = [floods.look("a", start + timedelta(seconds=10 * n)) for n in range(300)]
    assert set(hour) == {Verdict.PASSES}
    ahead = [floods.look("b", clock.now() + timedelta(days=n)) for n in range(6)]
    assert ahead.count(Verdict.PASSES) == 4


def test_a_press_between_late_messages_makes_no_flood_of_them(clock: FakeClock) -> None:
    """Telegram tells no moment of a press: it has ours; what was written before may come after."""
    floods = Floods(FOUR, clock)
    written = clock.now() - timedelta(minutes=10)
    moments = (written, clock.now(), written + timedelta(seconds=5), written, written)
    assert {floods.look("a", at) for at in moments} == {Verdict.PASSES}
    assert floods.look("a", written) is Verdict.TOLD, "the limit itself stays"


def test_the_memory_is_bounded(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.flood.MOST_KEYS", 10)
    floods = Floods(FOUR, clock)
    for number in range(100):
        floods.look(str(number), clock.now())
    assert len(floods._chats) == 10


async def test_a_flood_from_one_chat_is_stored_told_once_and_holds_nobody_up(
    house: House,
) -> None:
    numbers = Numbers()
    loud, quiet = Person(numbers, 77), Person(numbers, 78)
    nobody = house.clients[ANYBODY]
    most = house.services.settings.chat_burst
    for number in range(most + 20):
        answer = await _post(nobody, _now(loud.text(f"привет {number}"), house.clock))
        assert answer.status_code == 200
    assert (await _post(nobody, _now(quiet.text("привет"), house.clock))).status_code == 200
    services = house.services
    services.settings.worker_conversations = 2
    worker = services.worker(services.assistant(house.engine))
    await worker._turn()  # two places: the flood has one of them, whoever came last the other
    async with services.database.read() as session:
        busy = select(Conversation.chat_id).where(Conversation.claim_token.is_not(None))
        assert set((await session.scalars(busy)).all()) == {"77", "78"}
        everything = await session.scalar(select(func.count()).select_from(Message))
        assert everything == most + 21
        unhandled = select(func.count()).where(Message.handled_at.is_(None))
        assert await session.scalar(unhandled) == most + 2
    house.clock.advance(minutes=2)  # the claims above have ended
    await worker.handle_all()
    async with services.database.read() as session:
        said = select(Message.text, Conversation.chat_id).join(Conversation)
        rows = (await session.execute(said.where(Message.author == Author.ASSISTANT))).all()
        left = await session.scalar(unhandled)
    assert left == 0
    told = [chat for words, chat in rows if words == phrases.TOO_MANY_AT_ONCE]
    assert told == ["77"]
    assert any(chat == "78" for _, chat in rows)


async def test_who_knocks_with_a_wrong_secret_waits_and_is_stored_nowhere(house: House) -> None:
    """Each webhook, its right body with a wrong secret: refused, then not even read."""
    nobody = house.clients[ANYBODY]
    update = Person(Numbers(), 77).text("привет")
    vk = {"type": "message_new", "group_id": VK_GROUP, "event_id": "e", "secret": "no",
          "object": {}}  # fmt: skip
    event = {"event": "message", "message_token": 1, "timestamp": 1}
    knocks = {
        "/webhooks/telegram": (update, {"x-telegram-bot-api-secret-token": "no"}),
        "/webhooks/vk": (vk, {}),
        "/webhooks/viber": (event, {"x-viber-content-signature": "0" * 64}),
        "/webhooks/max": ({"update_type": "bot_started"}, {"x-max-bot-api-secret": "no"}),
        "/webhooks/ok/no": ({"webhookType": "MESSAGE_CREATED"}, {}),
        "/api/billing/payments": ({"payments": []}, {}),
    }
    for path, (body, headers) in knocks.items():
        answer = await nobody.post(path, json=body, headers=headers)
        assert answer.status_code in (401, 403, 404), path
        assert answer.content in (b"",) or path.startswith("/api/"), path
    most = house.services.settings.refused_burst
    for _ in range(most - len(knocks)):
        assert (await nobody.post("/webhooks/ok/no", json={})).status_code == 404
    refused = await nobody.post("/webhooks/viber", json=event)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "11")
    house.clock.advance(seconds=10)
    assert (await nobody.post("/webhooks/viber", json=event)).status_code == 403
    async with house.services.database.read() as session:
        for table in (Message, Quarantine):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_a_platform_is_never_held_up_by_strangers_behind_the_same_proxy(
    house: House,
) -> None:
    nobody = house.clients[ANYBODY]
    anna = Person(Numbers(), 77)
    assert (await _post(nobody, anna.text("раз"))).status_code == 200
    for _ in range(house.services.settings.refused_burst + 5):
        assert (await nobody.post("/webhooks/ok/no", json={})).status_code == 404
    assert (await _post(nobody, anna.text("два"))).status_code == 200


async def test_who_only_asks_for_vks_confirmation_is_held_up_like_anybody(house: House) -> None:
    """It is answered before any secret is shown, so it makes nobody a known platform."""
    nobody = house.clients[ANYBODY]
    asked = {"type": "confirmation", "group_id": VK_GROUP}
    assert (await nobody.post("/webhooks/vk", json=asked)).text == SECRETS["vk_confirmation"]
    for _ in range(house.services.settings.refused_burst):
        assert (await nobody.post("/webhooks/ok/no", json={})).status_code == 404
    assert (await nobody.post("/webhooks/ok/no", json={})).status_code == 429


async def test_a_body_too_large_is_not_read_to_its_end(house: House) -> None:
    """Announced as too large, not at all; without a length, up to the limit."""
    nobody, read = house.clients[ANYBODY], itertools.count()

    async def endless():  # type: ignore[no-untyped-def]
        while True:
            next(read)
            yield b" " * 100_000

    signed = {"x-viber-content-signature": "0" * 64}
    paths = {
        "/webhooks/telegram": TELEGRAM,
        "/webhooks/vk": {},
        "/webhooks/viber": signed,
        "/webhooks/max": {"x-max-bot-api-secret": SECRETS["max_secret"]},
        f"/webhooks/ok/{SECRETS['ok_path_secret']}": {},
        "/api/billing/payments": {},
    }
    for path, headers in paths.items():
        before = next(read)
        answer = await nobody.post(path, content=endless(), headers=headers)
        assert answer.status_code == 413, path
        assert next(read) - before - 1 <= MAX_BODY // 100_000 + 2, path
        announced = headers | {"content-length": str(MAX_BODY + 1)}
        before = next(read)
        answer = await nobody.post(path, content=endless(), headers=announced)
        assert answer.status_code == 413, path
        assert next(read) == before + 1, path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OKNO_CHAT_BURST", "0"),
        ("OKNO_REFUSED_SECONDS", "-1"),
        ("OKNO_WORKER_CONVERSATIONS", "0"),
    ],
)
def test_a_wrong_limit_is_refused_at_the_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=name):
        load()


def _now(update: Update, clock: FakeClock) -> Update:
    update["message"]["date"] = int(clock.now().timestamp())
    return update


async def _post(client: httpx.AsyncClient, update: Update) -> httpx.Response:
    content = json.dumps(update).encode()
    return await client.post("/webhooks/telegram", content=content, headers=TELEGRAM)
