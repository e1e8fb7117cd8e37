"""What ``okno doctor`` says of the messengers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from okno import profile as profiles
from okno.assemble import assemble
from okno.doctor_channels import channel_findings
from okno.findings import Finding
from okno.settings import Settings
from tests.fakes.max import TOKEN as MAX_TOKEN
from tests.fakes.max import FakeMax
from tests.fakes.ok import TOKEN as OK_TOKEN
from tests.fakes.ok import FakeOk
from tests.fakes.viber import TOKEN as VIBER_TOKEN
from tests.fakes.viber import FakeViber
from tests.fakes.vk import TOKEN, FakeVk, refused
from tests.fakes.vk_events import GROUP_ID


@pytest.fixture
def vk() -> Iterator[FakeVk]:
    with FakeVk() as server:
        yield server


async def findings(tmp_path: Path, word: str, **values: Any) -> list[Finding]:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/x.db", secret_key="k" * 40, _env_file=None, **values
    )
    services = assemble(settings, profiles.load("demo"))
    found = [one async for one in channel_findings(services)]
    await services.close()
    return [one for one in found if word in one.what]


def vk_settings(vk: FakeVk) -> dict[str, Any]:
    return {"vk_token": TOKEN, "vk_group_id": GROUP_ID, "vk_api_url": vk.url}


async def test_vk(tmp_path: Path, vk: FakeVk) -> None:
    (good,) = await findings(tmp_path, "VK", **vk_settings(vk))
    assert good == Finding("VK: community «Энергосбыт»")
    vk.events["message_event"] = 0
    _, off = await findings(tmp_path, "VK", **vk_settings(vk))
    assert "message_event" in off.what
    assert off.mend
    vk.fail(refused("groups.getById", 5))
    (bad,) = await findings(tmp_path, "VK", **vk_settings(vk))
    assert "error 5" in bad.what
    assert TOKEN not in bad.what + bad.mend


async def test_viber(tmp_path: Path) -> None:
    with FakeViber() as viber:
        values = {"viber_token": VIBER_TOKEN, "viber_api_url": f"{viber.url}/pa"}
        (off,) = await findings(tmp_path, "Viber", **values)
        assert "OKNO_PUBLIC_URL" in off.mend
        values["public_url"] = "https://okno.example"
        _, unknown = await findings(tmp_path, "Viber", **values)
        assert "does not know our webhook" in unknown.what
        viber.webhook = "https://okno.example/webhooks/viber"
        assert await findings(tmp_path, "Viber", **values) == [Finding("Viber: Энергосбыт")]
        (bad,) = await findings(tmp_path, "Viber", **values | {"viber_token": "other"})
        assert "status 2" in bad.what


async def test_max(tmp_path: Path) -> None:
    with FakeMax() as fake:
        values = {"max_token": MAX_TOKEN, "max_api_url": fake.url}
        assert await findings(tmp_path, "MAX", **values) == [Finding("MAX: Окно")]
        values |= {"public_url": "https://okno.example", "max_secret": "s" * 20}
        _, unknown = await findings(tmp_path, "MAX", **values)
        assert "does not know our webhook" in unknown.what
        (bad,) = await findings(tmp_path, "MAX", **values | {"max_token": "other"})
        assert "refuses the token" in bad.what
    (silent,) = await findings(tmp_path, "MAX", **values)
    assert "does not answer" in silent.what


async def test_odnoklassniki(tmp_path: Path) -> None:
    with FakeOk() as fake:
        values = {"ok_token": OK_TOKEN, "ok_api_url": f"{fake.url}/graph"}
        (off,) = await findings(tmp_path, "Odnoklassniki", **values)
        assert "OKNO_PUBLIC_URL" in off.mend
        values["public_url"] = "https://okno.example"
        (good,) = await findings(tmp_path, "Odnoklassniki", **values)
        assert good == Finding("Odnoklassniki: Энергосбыт")
        (bad,) = await findings(tmp_path, "Odnoklassniki", **values | {"ok_token": "tknother"})
        assert "error 102" in bad.what


async def test_nothing_is_configured(tmp_path: Path) -> None:
    found = await findings(tmp_path, "not configured")
    names = {one.what.split()[0] for one in found}
    assert names == {"Telegram", "VK", "Viber", "MAX", "Odnoklassniki"}
    assert not any(one.mend for one in found)
