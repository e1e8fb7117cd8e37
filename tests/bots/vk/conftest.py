"""A VK over HTTP, and our side of it."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from bots.intake import Intake
from bots.pace import Pace
from bots.reports import Reports
from bots.vk.api import VkApi
from bots.vk.names import Names
from bots.vk.receiving import Receiver
from bots.vk.seen import Seen
from bots.vk.sender import VkSender
from bots.vk.staff_replies import StaffReplies
from conversations.events import Events
from conversations.service import Outbox
from handoff.elsewhere import answered
from handoff.service import HandoffService
from handoff.working_time.calendar import WorkingHours
from media.store import MediaStore
from storage.database import Database
from tests.fakes.vk import TOKEN, FakeVk


@pytest.fixture
def vk() -> Iterator[FakeVk]:
    with FakeVk() as server:
        yield server


@pytest.fixture
def channel() -> str:
    return "vk"


@pytest.fixture
async def api(vk: FakeVk) -> AsyncIterator[VkApi]:
    api = VkApi(TOKEN, vk.url)
    yield api
    await api.close()


@pytest.fixture
def sender(api: VkApi, media: MediaStore) -> VkSender:
    return VkSender(api, media, Pace(1000))


@pytest.fixture
def names(database: Database, api: VkApi, account: int) -> Names:
    return Names(database, api, account)


@pytest.fixture
def replies(database: Database, events: Events, outbox: Outbox, account: int) -> StaffReplies:
    hours = WorkingHours.from_profile({"around_the_clock": True}, ZoneInfo("Europe/Moscow"))
    service = HandoffService(
        database, outbox, events, hours,
        answer_within=timedelta(minutes=15), idle_close=timedelta(hours=4),
    )  # fmt: skip
    return StaffReplies(database, events, partial(answered, service, events), account)


@pytest.fixture
def seen(api: VkApi) -> Seen:
    return Seen(api)


@pytest.fixture
def receiving(
    names: Names,
    replies: StaffReplies,
    seen: Seen,
    database: Database,
    events: Events,
    account: int,
) -> Callable[[Intake], Receiver]:
    """What stores through the given intake."""
    reports = Reports(database, events, account)
    return lambda intake: Receiver(intake, names, replies, seen, reports, account_id=account)
