"""Wrong combinations of a messenger's settings: one line that says how to mend it."""

import pytest

from okno import settings
from okno.errors import WrongSetting

PUBLIC = {"public_url": "https://okno.example"}
VK = {"vk_token": "vk1.a.x", "vk_group_id": "7"}


@pytest.fixture(autouse=True)
def no_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


def load(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> settings.Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"OKNO_{name.upper()}", value)
    return settings.load()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"vk_token": "vk1.a.x"}, "OKNO_VK_GROUP_ID"),
        ({"vk_group_id": "7"}, "OKNO_VK_GROUP_ID"),
        ({"vk_secret": "s"}, "OKNO_VK_SECRET"),
        ({**VK, "vk_group_id": "-7"}, "OKNO_VK_GROUP_ID"),
        ({**VK, **PUBLIC, "vk_confirmation": "c"}, "OKNO_VK_SECRET"),
        ({**VK, **PUBLIC, "vk_secret": "s"}, "OKNO_VK_CONFIRMATION"),
        ({"max_secret": "long-enough"}, "OKNO_MAX_SECRET"),
        ({"max_token": "t", **PUBLIC}, "OKNO_MAX_SECRET"),
        ({"max_token": "t", **PUBLIC, "max_secret": "a b c d e"}, "OKNO_MAX_SECRET"),
        ({"max_token": "t", "max_ca_file": "/nowhere.pem"}, "OKNO_MAX_CA_FILE"),
        ({"ok_path_secret": "s" * 16}, "OKNO_OK_PATH_SECRET"),
        ({"ok_token": "tkn", **PUBLIC, "ok_path_secret": "short"}, "OKNO_OK_PATH_SECRET"),
        ({"viber_token": "t", "viber_name": "Э" * 29}, "OKNO_VIBER_NAME"),
    ],
)
def test_what_is_missing_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    with pytest.raises(WrongSetting, match=named) as error:
        load(monkeypatch, values)
    assert "\n" not in str(error.value)
    assert "vk1.a.x" not in str(error.value)


@pytest.mark.parametrize("values", [VK, {**VK, **PUBLIC, "vk_secret": "s", "vk_confirmation": "c"}])
def test_what_is_complete_is_taken(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    load(monkeypatch, values)
