"""What a log holds of strangers: no line of their own, no token, no word."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from okno import logs
from tests.security.conftest import ANYBODY, SECRETS, House

FORGED = "x\n2026-11-18T09:00:00Z [info] staff.logged_in\r\x1b[2Jя\u202eб\u2028в\x85"


@pytest.fixture(params=["console", "json"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """The log, as the process writes it."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in logging.Logger.manager.loggerDict}
    logs.configure(request.param)
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    structlog.reset_defaults()
    structlog.configure(**before)


def test_nobody_writes_a_line_of_his_own(written: io.StringIO) -> None:
    structlog.get_logger("bots").info("bots.fetched", host=FORGED)
    structlog.get_logger("bots").warning(FORGED)
    logging.getLogger("library").error("broken: %s", FORGED)
    lines = written.getvalue().split("\n")
    assert len(lines) == 4
    assert lines[3] == ""
    for sign in "\r\u2028\x85\u202e":
        assert sign not in written.getvalue()
    assert "\x1b[2J" not in written.getvalue()


def test_tokens_and_what_customers_wrote_are_left_out(written: io.StringIO) -> None:
    token = SECRETS["telegram_token"]
    logging.getLogger("httpx").warning("POST https://api.telegram.org/bot%s/sendMessage", token)
    logging.getLogger("library").error("https://api.vk.ru/x?access_token=abc123&v=1")
    log = structlog.get_logger("bots")
    log.info("bots.polled", vk=SECRETS["vk_token"], ok=SECRETS["ok_token"])
    try:
        raise IntegrityError("INSERT …", {"text": "мой телефон 9161234567"}, ValueError("дубль"))
    except IntegrityError:
        log.exception("bots.not_stored")
    told = written.getvalue()
    for secret in (token, SECRETS["vk_token"], SECRETS["ok_token"], "abc123", "9161234567"):
        assert secret not in told
    assert "IntegrityError" in told
    assert "test_logs.py" in told


async def test_a_fault_does_not_log_the_secret_that_stands_in_the_address(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("bots.ok.webhook.store", breaks)
    event = {"webhookType": "MESSAGE_CREATED", "timestamp": 1, "message": {"mid": "m"}}
    with capture_logs() as told:
        answer = await house.clients[ANYBODY].post(
            f"/webhooks/ok/{SECRETS['ok_path_secret']}", json=event
        )
    assert answer.status_code == 500
    assert [one["event"] for one in told] == ["web.page_failed"]
    assert SECRETS["ok_path_secret"] not in repr(told)
