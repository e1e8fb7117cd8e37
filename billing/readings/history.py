"""Consumption by month from the readings in force. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from billing.readings.rules import MeterFacts, PastReading, Values, consumed


@dataclass(frozen=True, slots=True)
class Month:
    """What was consumed until the reading of ``period``; ``kwh`` by register, in thousandths."""

    period: date
    kwh: Values

    @property
    def total(self) -> int:
        return sum(self.kwh)


def by_month(history: Sequence[PastReading], meter: MeterFacts) -> tuple[Month, ...]:
    """Oldest first. A stretch in which a register went far back (another meter, a wrong figure)
    is left out."""
    accepted = sorted((past for past in history if past.accepted), key=lambda past: past.period)
    half = 10**meter.digits * 1000 // 2 * meter.ratio
    months = []
    for earlier, later in pairwise(accepted):
        kwh = consumed(later.values, earlier, meter)
        if kwh and max(kwh) <= half:
            months.append(Month(later.period, kwh))
    return tuple(months)
