"""A bot account, intake and outbox over each test's database; a Bot API server over HTTP."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bots.intake import Intake
from conversations.events import Events
from conversations.service import Outbox, bot_account_id
from media.shelf import FolderShelf
from media.store import MediaStore
from storage.database import Database
from storage.signals import Signals
from tests.bots.sides import SIDES, House, Side
from tests.fakes.telegram import FakeTelegram


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def channel() -> str:
    """Whose bot it is; a messenger's own tests say otherwise."""
    return "telegram"


@pytest.fixture
async def account(database: Database, channel: str) -> int:
    return await bot_account_id(database, channel)


@pytest.fixture
def media(database: Database, tmp_path: Path) -> MediaStore:
    return MediaStore(database, FolderShelf(tmp_path / "media"))


@pytest.fixture
def signals(database: Database) -> Signals:
    return Signals(database)


@pytest.fixture
def events(signals: Signals) -> Events:
    return Events(signals)


@pytest.fixture
def intake(database: Database, events: Events, signals: Signals) -> Intake:
    return Intake(database, events, signals)


@pytest.fixture
def outbox(events: Events, signals: Signals) -> Outbox:
    return Outbox(events, signals)


@pytest.fixture
async def side(
    channel: str, database: Database, intake: Intake, events: Events, media: MediaStore,
    account: int,
) -> AsyncIterator[Side]:  # fmt: skip
    """A messenger's adapter and a fake server of its platform."""
    fake, connect = SIDES[channel]
    with fake() as server:
        side = connect(House(database, intake, events, media, account), server)
        yield side
        if side.close is not None:
            await side.close()
