"""How much the shift can answer, from what waits, who is here and how fast it goes. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import median

# How long an answer takes where nobody has answered lately.
USUAL_PACE = timedelta(minutes=4)
FASTEST, SLOWEST = timedelta(minutes=1), timedelta(minutes=20)
# Fewer answers than this say nothing of the pace.
ENOUGH = 5
# A later time is told in whole steps: nobody knows it to the minute.
STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that an operator gave: since when the customer waited for it, and when it came."""

    operator_id: int
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """``ahead``: customers who wait for an answer now; ``operators``: who can give one; ``pace``:
    how long one of them takes for an answer while others wait."""

    ahead: int = 0
    operators: int = 1
    pace: timedelta = USUAL_PACE


def pace(answers: Iterable[Answered]) -> timedelta:
    """The median time from one answer of an operator to his next, where the next customer waited
    already: only then was the operator at work on it all the time."""
    last: dict[int, datetime] = {}
    gaps: list[float] = []
    for one in sorted(answers, key=lambda answer: answer.ended_at):
        before = last.get(one.operator_id)
        if before is not None and one.started_at <= before:
            gaps.append((one.ended_at - before).total_seconds())
        last[one.operator_id] = one.ended_at
    if len(gaps) < ENOUGH:
        return USUAL_PACE
    return min(max(timedelta(seconds=median(gaps)), FASTEST), SLOWEST)


def honest(within: timedelta, load: Load) -> timedelta:
    """Working time in which whoever asks now will have an answer: ``within``, or more when more
    are due before than the shift can answer in it."""
    rounds = load.ahead // max(load.operators, 1) + 1
    expected = rounds * load.pace
    return within if expected <= within else ceil(expected / STEP) * STEP
