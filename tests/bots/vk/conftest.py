"""A VK over HTTP, and our side of it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bots.pace import Pace
from bots.vk.api import VkApi
from bots.vk.names import Names
from bots.vk.sender import VkSender
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
