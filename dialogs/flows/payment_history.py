"""«Какие платежи пришли»: the last payments, or those of the months asked for [22]."""

from collections.abc import Sequence
from datetime import timedelta

from billing.money import roubles
from billing.payments.bills import Paid
from dialogs.actions import MENU_BUTTON, intent_button
from dialogs.flow import AccountFacts, Done, Known, Moment, Step
from dialogs.flows import asked_period, identification
from dialogs.flows.asked_period import PeriodAsked
from dialogs.flows.money_words import day, named, place
from dialogs.flows.periods import Period
from dialogs.money import Payments
from replies import Reply, escape

NAME = "payment_history"
VERSION = 1

SHOWN = 12
DAYS = 365


State = PeriodAsked
absorb = asked_period.absorb


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def advance(state: State, known: Known, moment: Moment) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    today = moment.now.date()
    period = state.period or Period(today - timedelta(days=DAYS), today)
    payments = Payments(account, period.since)
    for query in (AccountFacts(account), payments):
        if query not in known:
            return query
    who = named(known[AccountFacts(account)].account)
    found = [paid for paid in known[payments] if paid.paid_at.date() <= period.until]
    buttons = (
        intent_button("Не вижу оплату", "payment_status"),
        intent_button("Сколько к оплате", "balance"),
        MENU_BUTTON,
        *identification.other_account(NAME, known),
    )
    return Done((Reply(_text(who, found, period, asked=state.period is not None), buttons),))


def _text(who: str, payments: Sequence[Paid], period: Period, *, asked: bool) -> str:
    when = f"с {day(period.since)} по {day(period.until)}" if asked else "за последний год"
    if not payments:
        return f"{who}: платежей {when} у нас нет."
    lines = "\n".join(f"- {_line(paid)}" for paid in payments[:SHOWN])
    total = roubles(sum(paid.kopecks for paid in payments))
    more = ""
    if len(payments) > SHOWN:
        more = f" Здесь последние {SHOWN}; другие покажу по месяцу: «платежи за март»."
    return f"{who}, платежи {when}:\n\n{lines}\n\nВсего **{total}**.{more}"


def _line(paid: Paid) -> str:
    text = f"{day(paid.paid_at.date())}: **{roubles(paid.kopecks)}**, {escape(place(paid.channel))}"
    if paid.received_at.date() > paid.paid_at.date():
        text += f", зачислен {day(paid.received_at.date())}"
    return text
