"""«Какие показания я передавал»: what is in force, what waits, consumption by month [21]."""

from dataclasses import dataclass

from billing.numbers import format_kwh
from billing.readings.history import by_month
from billing.views import AccountOverview, MeterOverview
from dialogs.actions import MENU_BUTTON, intent_button
from dialogs.flow import (
    AccountFacts,
    Done,
    FlowTurn,
    HistoryChart,
    Known,
    Moment,
    Step,
)
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from dialogs.flows.reading_texts import account_name, named
from replies import Reply

NAME = "history"
VERSION = 1

MOST_MONTHS = 12
LAST_READINGS = 6


@dataclass(slots=True)
class State(Identification):
    pass


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    return identification.absorb(state, turn)


def advance(state: State, known: Known, moment: Moment) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    if AccountFacts(account) not in known:
        return AccountFacts(account)
    facts: AccountOverview = known[AccountFacts(account)]
    meters = [one for one in facts.meters if one.history and one.facts.removed_on is None]
    buttons = (
        intent_button("Передать показания", "submit_reading"),
        *identification.other_account(NAME, known),
        MENU_BUTTON,
    )
    name = account_name(facts.account)
    head = f"{name[:1].upper()}{name[1:]}"
    if not meters:
        return Done((Reply(f"{head}: принятых показаний пока нет.", buttons),))
    chart = HistoryChart(account)
    if chart not in known:
        return chart
    files = tuple(known[chart])
    text = "\n\n".join([f"{head}.", *(_meter(meter, in_words=not files) for meter in meters)])
    return Done((Reply(text, buttons, files),))


def _meter(meter: MeterOverview, *, in_words: bool) -> str:
    """The last readings; consumption in words only where there is no picture of it."""
    lines = [f"Счётчик № {meter.number}:"]
    for past in list(reversed(meter.history))[:LAST_READINGS]:
        waits = "" if past.accepted else ", на проверке"
        lines.append(f"- {past.taken_on:%d.%m.%Y}: **{named(past.values)}**{waits}")
    months = by_month(meter.history, meter.facts)[-MOST_MONTHS:]
    if in_words and months:
        used = "; ".join(f"{month.period:%m.%Y} {format_kwh(month.total)}" for month in months)
        lines.append(f"\nРасход по месяцам: {used}.")
    return "\n".join(lines)
