"""A part of the flows that tell of months: whose account, and which time is asked about. No I/O."""

from dataclasses import dataclass
from datetime import date

from dialogs.flow import FlowTurn
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from dialogs.flows.periods import Period, period_of


@dataclass(slots=True)
class PeriodAsked(Identification):
    """``since`` and ``until`` are days (ISO), both included; empty: nothing was said of time."""

    since: str = ""
    until: str = ""

    @property
    def period(self) -> Period | None:
        if not self.since:
            return None
        return Period(date.fromisoformat(self.since), date.fromisoformat(self.until))


def absorb(state: PeriodAsked, turn: FlowTurn) -> bool:
    period = period_of(turn.understanding)
    if period is not None:
        state.since, state.until = period.since.isoformat(), period.until.isoformat()
    return identification.absorb(state, turn) or period is not None
