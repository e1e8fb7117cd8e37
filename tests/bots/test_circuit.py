"""When a platform counts as not answering, and how long it is left alone."""

from datetime import UTC, datetime, timedelta

from bots.circuit import FAILURES, FIRST_PAUSE, Circuit
from bots.outcome import Sent, Unknown

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def test_what_was_on_its_way_together_is_one_failure() -> None:
    circuit = Circuit()
    for _ in range(FAILURES + 40):
        circuit.note(Unknown("reset"), NOW)
    assert circuit.room(NOW + FIRST_PAUSE - timedelta(seconds=1), 50) == 0
    assert circuit.room(NOW + FIRST_PAUSE, 50) == 1
    circuit.note(Unknown("reset"), NOW + FIRST_PAUSE)
    assert circuit.room(NOW + FIRST_PAUSE * 3 - timedelta(seconds=1), 50) == 0
    circuit.note(Sent(), NOW + FIRST_PAUSE * 3)
    assert circuit.room(NOW + FIRST_PAUSE * 3, 50) == 50
