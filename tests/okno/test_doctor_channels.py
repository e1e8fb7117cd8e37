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


async def test_nothing_is_configured(tmp_path: Path) -> None:
    found = await findings(tmp_path, "not configured")
    assert {one.what.split()[0] for one in found} >= {"Telegram", "VK"}
    assert not any(one.mend for one in found)
