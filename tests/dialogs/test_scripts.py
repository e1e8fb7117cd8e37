"""The dialogs of ``tests/dialogs/scripts``, in the site's chat and in Telegram."""

import pytest

from okno import profile as profiles
from okno.profile import MailingsConsent, PersonalData
from tests.conftest import FakeClock
from tests.dialogs.conftest import BuildHouse
from tests.dialogs.scripts import Script, play, scripts

# Each channel over one of the databases: twice as much would take twice as long and say the same.
DATABASES = {"web": "sqlite", "telegram": "postgres"}
ASKING = PersonalData(
    service="consent",
    version="2",
    text="Чтобы найти Ваш счёт, нужны его номер и фамилия владельца. Согласны?",
    mailings=MailingsConsent(version="1", text="Присылать сюда новости компании?"),
)
CASES = [
    pytest.param(script, channel, DATABASES[channel], id=f"{script} ({channel})")
    for script in scripts()
    for channel in script.channels
]


@pytest.mark.parametrize(("script", "channel", "company_url"), CASES, indirect=["company_url"])
async def test_dialog(
    script: Script,
    channel: str,
    build_house: BuildHouse,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if script.asks_consent:
        asking = profiles.load("demo").model_copy(update={"personal_data": ASKING})
        monkeypatch.setattr(profiles, "load", lambda name: asking)
    house = await build_house()
    await play(script, channel, house.services, house.worker, clock)


def test_there_are_dialogs() -> None:
    assert len(list(scripts())) >= 10
