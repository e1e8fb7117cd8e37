"""``okno doctor`` on installations that are broken: what it says, and with which exit code."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from okno import doctor, doctor_running
from okno.settings import Settings
from tests.fakes.telegram import TOKEN, FakeTelegram

HIDDEN = "hidden-word"
OTHER = "123456789:" + "B" * 35


async def examined(database_url: str, folder: Path, **values: Any) -> tuple[int, str]:
    settings = Settings(
        database_url=database_url, secret_key="k" * 40, media_dir=folder / "media",
        _env_file=None, **values,
    )  # fmt: skip
    out = io.StringIO()
    code = await doctor.examine(settings, Console(file=out, width=200))
    return code, out.getvalue()


async def test_a_database_that_is_away(tmp_path: Path) -> None:
    code, told = await examined(f"postgresql://okno:{HIDDEN}@127.0.0.1:1/okno", tmp_path)
    assert code == 1
    assert "✗ the database does not answer" in told
    assert "OKNO_DATABASE_URL" in told
    assert HIDDEN not in told


async def test_a_schema_of_former_times(tmp_path: Path) -> None:
    code, told = await examined(f"sqlite:///{tmp_path}/empty.db", tmp_path)
    assert code == 1
    assert "run: okno db upgrade" in told


async def test_a_token_that_telegram_refuses(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_running, "LEAST_FREE", 0)
    with FakeTelegram() as telegram:
        for token, code in ((TOKEN, 0), (OTHER, 1)):
            found, told = await examined(
                sqlite_url, tmp_path, telegram_token=token, telegram_api_url=telegram.url
            )
            assert ("✗ Telegram refuses the token" in told) is bool(code)
            assert ("✓ Telegram: @" in told) is not bool(code)
            assert token not in told
            # Trained it may be or not, that is no matter of the token.
            assert found == code or "not trained" in told
