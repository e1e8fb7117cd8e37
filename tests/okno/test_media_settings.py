"""The settings of the bucket, and a start with one that does not work."""

from pathlib import Path

import pytest

from okno import process, settings
from okno import profile as profiles
from okno.assemble import assemble
from okno.errors import WrongSetting
from okno.settings import Settings
from tests.fakes.s3 import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, FakeS3

GIVEN = {
    "OKNO_MEDIA_URL": "s3://okno-files/okno",
    "OKNO_S3_ENDPOINT": "https://storage.example.ru",
    "OKNO_S3_ACCESS_KEY": "a",
    "OKNO_S3_SECRET_KEY": "b",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No .env of ours, no ``var`` of ours."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"OKNO_MEDIA_URL": "https://storage.example.ru/okno-files"}, "OKNO_MEDIA_URL: write s3:"),
        ({"OKNO_MEDIA_URL": "s3://"}, "OKNO_MEDIA_URL: write s3:"),
        ({"OKNO_S3_SECRET_KEY": None}, "OKNO_S3_SECRET_KEY: required with OKNO_MEDIA_URL"),
        ({"OKNO_S3_ENDPOINT": "storage.example.ru"}, "OKNO_S3_ENDPOINT: write the store's address"),
        ({"OKNO_MEDIA_URL": None}, "OKNO_S3_ENDPOINT: set without OKNO_MEDIA_URL"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    change: dict[str, str | None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**GIVEN, **change}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    if not says:
        assert settings.load().media_url == "s3://okno-files/okno"
        return
    with pytest.raises(WrongSetting, match=says):
        settings.load()


async def test_a_store_that_refuses_stops_the_start_and_a_silent_one_does_not(
    sqlite_url: str,
) -> None:
    with FakeS3() as server:
        right = Settings(
            database_url=sqlite_url, media_url=f"s3://{BUCKET}", s3_endpoint=server.url,
            s3_region=REGION, s3_access_key=ACCESS_KEY, s3_secret_key=SECRET_KEY, _env_file=None,
        )  # fmt: skip

        async def start(**change: str) -> None:
            services = assemble(right.model_copy(update=change), profiles.load("demo"))
            try:
                await process.check_files(services)
            finally:
                await services.close()

        await start()
        assert server.objects == {}
        with pytest.raises(WrongSetting, match=r"OKNO_S3_ACCESS_KEY.*refuses"):
            await start(s3_access_key="another")
        with pytest.raises(WrongSetting, match=r"OKNO_MEDIA_URL.*no such bucket"):
            await start(media_url="s3://another")
    await start(s3_endpoint="http://127.0.0.1:9")
