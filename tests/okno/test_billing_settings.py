"""Wrong settings of billing: one line that names what to mend."""

import pytest

from okno import settings
from okno.errors import WrongSetting

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def no_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


def load(monkeypatch: pytest.MonkeyPatch, url: str, secret: str) -> settings.Settings:
    for name, value in (("OKNO_BILLING_URL", url), ("OKNO_BILLING_SECRET", secret)):
        if value:
            monkeypatch.setenv(name, value)
    return settings.load()


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("https://billing.example.ru/v1", "", "OKNO_BILLING_SECRET: required"),
        ("https://billing.example.ru/v1", "short", "OKNO_BILLING_SECRET: too short"),
        ("", "short", "OKNO_BILLING_SECRET: too short"),
        ("http://billing.example.ru", SECRET, "OKNO_BILLING_URL"),
        ("billing.example.ru", SECRET, "OKNO_BILLING_URL"),
        ("https://billing.example.ru/v1?x=1", SECRET, "OKNO_BILLING_URL"),
        ("ftp://billing.example.ru", SECRET, "OKNO_BILLING_URL"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, url: str, secret: str, named: str
) -> None:
    with pytest.raises(WrongSetting, match=named) as error:
        load(monkeypatch, url, secret)
    assert "\n" not in str(error.value)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    "url", ["https://b.example", "https://b.example/v1", "http://127.0.0.1:9/v1"]
)
def test_what_is_right_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert load(monkeypatch, url, SECRET).billing_url == url
