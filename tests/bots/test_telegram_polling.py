"""Long polling: an offset, which is the confirmation, is sent only after the store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiogram import Bot
from sqlalchemy import func, select

from bots import leased
from bots.incoming import Incoming
from bots.intake import Intake
from bots.telegram import polling
from bots.telegram.polling import TelegramPolling
from bots.telegram.sender import make_bot
from conversations.models import Message, Quarantine
from storage import leases
from storage.database import Database
from tests.bots.failing import failing
from tests.bots.polls import Polling
from tests.bots.stored import texts
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_failures import html_page, too_many
from tests.fakes.waiting import until

Poll = Callable[[], "Polling"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(leased, "PAUSE_SECONDS", 0.01)


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    bot = make_bot(TOKEN, telegram.url)
    yield bot
    await bot.session.close()


@pytest.fixture
async def poll(
    database: Database, intake: Intake, bot: Bot, account: int
) -> AsyncIterator[Callable[..., Polling]]:
    running: list[Polling] = []

    def start(holder: str = "a", through: Intake = intake) -> Polling:
        poller = TelegramPolling(database, through, bot, account_id=account, holder=holder)
        running.append(Polling(poller))
        return running[-1]

    yield start
    for one in running:
        await one.die()


def stored(database: Database, number: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return len(await texts(database)) >= number

    return check


def offsets(telegram: FakeTelegram) -> list[int]:
    return [int(c.params["offset"]) for c in telegram.called("getUpdates") if "offset" in c.params]


async def test_what_waits_is_stored_in_order_and_then_confirmed(
    database: Database, telegram: FakeTelegram, poll: Poll
) -> None:
    anna = telegram.customer(77)
    for n in range(5):
        last = anna.says(f"{n}")
    poll()
    await until(lambda: telegram.unconfirmed == 0, "everything is confirmed")
    assert await texts(database) == ["0", "1", "2", "3", "4"]
    assert offsets(telegram)[0] == last["update_id"] + 1


async def test_while_the_database_is_away_nothing_is_confirmed(
    database: Database, telegram: FakeTelegram, poll: Callable[..., Polling], intake: Intake
) -> None:
    down = failing(intake)
    telegram.customer(77).says("привет")
    poll(through=down)
    await until(lambda: len(telegram.called("getUpdates")) >= 3, "it is asked for again")
    assert offsets(telegram) == []
    assert telegram.unconfirmed == 1
    down.away = False
    await until(lambda: telegram.unconfirmed == 0, "it is confirmed")
    assert await texts(database) == ["привет"]


class DyingIntake(Intake):
    """Stores, but the process dies before anybody hears of it."""

    async def accept(self, incoming: Incoming, raw: bytes = b"") -> bool:
        await super().accept(incoming, raw)
        await asyncio.Event().wait()
        raise AssertionError


async def test_death_between_store_and_offset_brings_the_update_again_and_stores_it_once(
    database: Database, telegram: FakeTelegram, poll: Callable[..., Polling], intake: Intake
) -> None:
    telegram.customer(77).says("привет")
    first = poll(through=DyingIntake(database, intake._events, intake._signals))
    await until(stored(database, 1), "it is stored")
    await first.die()
    assert offsets(telegram) == []
    await leases.release(database, f"poller:{1}", "a")
    poll("b")
    await until(lambda: telegram.unconfirmed == 0, "it is confirmed")
    assert await texts(database) == ["привет"]


async def test_a_webhook_is_removed_and_what_waits_there_is_kept(
    database: Database, telegram: FakeTelegram, poll: Poll, bot: Bot
) -> None:
    await bot.set_webhook("https://nobody.invalid/hook", secret_token="s")
    telegram.customer(77).says("до перехода")
    poll()
    await until(stored(database, 1), "it came through the poll")
    assert telegram.webhook == {}
    removal = telegram.called("deleteWebhook")[0]
    assert removal.params.get("drop_pending_updates", "false").lower() == "false"


async def test_a_webhook_set_by_somebody_meanwhile_is_removed_again(
    database: Database, telegram: FakeTelegram, poll: Poll, bot: Bot
) -> None:
    poll()
    await until(lambda: bool(telegram.called("getUpdates")), "it polls")
    await bot.set_webhook("https://nobody.invalid/hook")
    telegram.customer(77).says("привет")
    await until(lambda: telegram.webhook == {}, "the webhook is removed")
    await until(stored(database, 1), "the message came")


async def test_an_update_against_the_bot_api_is_kept_aside_and_holds_nobody_back(
    database: Database, telegram: FakeTelegram, poll: Poll
) -> None:
    broken = telegram.customer(77).text("нечитаемое")
    del broken["message"]["date"]
    telegram.push(broken)
    telegram.push({"update_id": broken["update_id"] + 500, "an_event_of_2030": {}})
    telegram.customer(78).says("привет\ud800")
    poll()
    await until(lambda: telegram.unconfirmed == 0, "everything is confirmed")
    assert await texts(database) == ["привет\ufffd"]
    async with database.read() as session:
        kept = (await session.execute(select(Quarantine.external_id))).scalars().all()
    assert kept == [str(broken["update_id"])]


async def test_errors_of_the_platform_are_waited_out(
    database: Database, telegram: FakeTelegram, poll: Poll
) -> None:
    telegram.fail(html_page("getUpdates"), too_many("deleteWebhook", 1), html_page("getUpdates"))
    telegram.customer(77).says("привет")
    poll()
    await until(stored(database, 1), "it is stored")


async def test_only_the_holder_of_the_lease_polls(
    database: Database, telegram: FakeTelegram, poll: Callable[..., Polling], account: int
) -> None:
    first = poll("a")
    await until(lambda: bool(telegram.called("getUpdates")), "the first polls")
    second = poll("b")
    telegram.customer(77).says("раз")
    await until(stored(database, 1), "the first has stored it")
    assert len(telegram.called("deleteWebhook")) == 1, "the second has not begun"
    await first.stop()
    await until(lambda: len(telegram.called("deleteWebhook")) == 2, "the second takes over")
    telegram.customer(77).says("два")
    await until(stored(database, 2), "the second stores")
    await second.stop()
    async with database.read() as session:
        statement = select(func.count()).select_from(Message)
        assert (await session.execute(statement)).scalar_one() == 2
