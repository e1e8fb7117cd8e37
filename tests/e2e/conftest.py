"""A real process and a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from nlu.embedded import EmbeddedEngine
from tests.needs import browser as browser_path
from tests.running import RunningOkno, prepare

# The machine that runs the tests may be busy; what is late is not wrong.
expect.set_options(timeout=60_000)


@pytest.fixture
async def okno(
    sqlite_url: str, tmp_path: Path, engine: EmbeddedEngine
) -> AsyncIterator[RunningOkno]:
    await prepare(tmp_path, sqlite_url, engine)
    running = RunningOkno(tmp_path, sqlite_url)
    await running.start()
    yield running
    running.end()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browser_path(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        await chromium.close()
