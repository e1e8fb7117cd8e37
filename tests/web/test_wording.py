from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage.clock import SystemClock
from web import wording
from web.static_files import Static
from web.templating import make_templates


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 секунду"),
        (0.4, "1 секунду"),
        (1.2, "2 секунды"),
        (21, "21 секунду"),
        (59.5, "1 минуту"),
        (60, "1 минуту"),
        (61, "2 минуты"),
        (300, "5 минут"),
        (660, "11 минут"),
        (3600, "1 час"),
        (7201, "3 часа"),
        (18_000, "5 часов"),
    ],
)
def test_duration_is_rounded_up(seconds: float, words: str) -> None:
    assert wording.duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "клиент"), (3, "клиента"), (5, "клиентов"), (11, "клиентов"), (12, "клиентов"),
     (21, "клиент"), (111, "клиентов"), (0, "клиентов")],
)  # fmt: skip
def test_plural(number: int, word: str) -> None:
    assert wording.plural(number, "клиент", "клиента", "клиентов") == word


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-18T20:59:00+00:00", "сегодня, 23:59"),
        ("2026-11-17T21:00:00+00:00", "сегодня, 00:00"),
        ("2026-11-17T20:59:00+00:00", "вчера, 23:59"),
        ("2026-11-02T09:05:00+00:00", "2 ноября, 12:05"),
        ("2025-12-31T21:00:00+00:00", "1 января, 00:00"),
        ("2025-12-31T20:59:00+00:00", "31 декабря 2025, 23:59"),
    ],
)
def test_moments_are_told_in_the_company_s_time(moment: str, words: str) -> None:
    class Noon(SystemClock):
        def now(self) -> datetime:
            return datetime.fromisoformat("2026-11-18T09:00:00+00:00")

    templates = make_templates(
        company="", zone=ZoneInfo("Europe/Moscow"), clock=Noon(), static=Static()
    )
    template = templates.env.from_string("{{ at | moment }}")
    assert template.render(at=datetime.fromisoformat(moment)) == words
