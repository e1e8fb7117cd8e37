"""The dialogs of ``tests/dialogs/scripts``, in the site's chat and in Telegram."""

import pytest

from tests.conftest import FakeClock
from tests.dialogs.conftest import House
from tests.dialogs.scripts import Script, play, scripts

# Each channel over one of the databases: twice as much would take twice as long and say the same.
DATABASES = {"web": "sqlite", "telegram": "postgres"}
CASES = [
    pytest.param(script, channel, DATABASES[channel], id=f"{script} ({channel})")
    for script in scripts()
    for channel in script.channels
]


@pytest.mark.parametrize(("script", "channel", "company_url"), CASES, indirect=["company_url"])
async def test_dialog(script: Script, channel: str, house: House, clock: FakeClock) -> None:
    await play(script, channel, house.services, house.worker, clock)


def test_there_are_dialogs() -> None:
    assert len(list(scripts())) >= 10
