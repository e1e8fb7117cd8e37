"""«Я оплатил, а платежа не видно»: is it there, when will it be, and what if not [22, 24]."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing.money import roubles
from billing.payments.bills import Paid
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, flow_button, intent_button
from dialogs.flow import AccountFacts, Asking, Done, Failed, FlowTurn, Known, Moment, Step
from dialogs.flows import identification
from dialogs.flows.bank_days import bank_days_after
from dialogs.flows.identification import Identification
from dialogs.flows.money_words import day, named, place
from dialogs.flows.periods import day_of
from dialogs.flows.sums import sum_of
from dialogs.money import MoneyRules, Payments
from replies import Reply, escape

NAME = "payment_status"
VERSION = 1

DAYS = 120
ASK_DAY = "Когда Вы платили? Напишите дату и сумму, например: «12 ноября 1500 рублей»."


@dataclass(slots=True)
class State(Identification):
    """``paid_on`` is a local day (ISO), ``kopecks`` what the customer says he paid.

    ``rejected``: the payment that was shown is not the one he asks about.
    """

    paid_on: str = ""
    kopecks: int | None = None
    rejected: bool = False


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    if turn.choice == "another":
        state.rejected = True
        return True
    intent = turn.understanding.intent if turn.understanding else ""
    if state.asked == "that" and intent in {"affirm", "deny"}:
        state.rejected = intent == "deny"
        state.asked = "" if state.rejected else "found"
        return True
    paid_on, kopecks = day_of(turn.understanding), sum_of(turn, bare=state.asked == "paid_on")
    if paid_on is not None:
        state.paid_on = paid_on.isoformat()
    if kopecks is not None:
        state.kopecks = kopecks
    found = paid_on is not None or kopecks is not None
    if found and state.asked == "that":
        state.rejected = True
    return identification.absorb(state, turn) or found


def advance(state: State, known: Known, moment: Moment, rules: MoneyRules) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    state.account_id = account
    today = moment.now.date()
    payments = Payments(account, today - timedelta(days=DAYS))
    for query in (AccountFacts(account), payments):
        if query not in known:
            return query
    who = named(known[AccountFacts(account)].account)
    found: Sequence[Paid] = known[payments]
    other = identification.other_account(NAME, known)
    if state.asked == "found":
        return Done((Reply("Хорошо, значит, всё на месте. Чем ещё помочь?", (MENU_BUTTON,)),))
    told = bool(state.paid_on or state.kopecks)
    match = _matching(state, found) if told else None
    if match is not None:
        return Done((Reply(f"{who}: {_arrived(match)}", (*_BUTTONS, *other)),))
    if not told and found and not state.rejected:
        state.asked = "that"
        text = f"{who}: последний платёж у нас такой. {_arrived(found[0])}\n\nЭто он?"
        buttons = (
            flow_button("Нет, другой", NAME, state.run, "another"),
            intent_button("История платежей", "payment_history"),
            *other,
            MENU_BUTTON,
        )
        return Asking(Reply(text, buttons))
    if not state.paid_on:
        state.asked = "paid_on"
        head = f"{who}: такого платежа пока не вижу." if told else f"{who}: новых платежей нет."
        return Asking(Reply(f"{head} {ASK_DAY}", (*other, OPERATOR_BUTTON)))
    return _missing(state, who, today, rules)


def _missing(state: State, who: str, today: date, rules: MoneyRules) -> Step:
    """Within the term: wait until a date. Past it: an operator looks for it with the receipt."""
    paid_on = date.fromisoformat(state.paid_on)
    due = bank_days_after(paid_on, rules.credit_days)
    money = f"{roubles(state.kopecks)} " if state.kopecks else ""
    if paid_on > today:
        state.paid_on, state.asked = "", "paid_on"
        return Asking(Reply("Эта дата ещё не наступила. Когда Вы платили?", (OPERATOR_BUTTON,)))
    if today <= due:
        text = (
            f"{who}: платёж {money}от {day(paid_on)} ещё в пути. Деньги приходят "
            f"{_term(rules.credit_days)}, то есть не позже {day(due)}. Сохраните чек. "
            "Если платежа не будет и после этой даты, напишите сюда, и его найдёт оператор."
        )
        return Done((Reply(text, (intent_button("История платежей", "payment_history"),
                                  MENU_BUTTON)),))  # fmt: skip
    collected = {"счёт": who, "дата платежа": day(paid_on)}
    if state.kopecks:
        collected["сумма"] = roubles(state.kopecks)
    return Failed(collected, "payment_missing")


def _term(days: int) -> str:
    return "за один рабочий день" if days == 1 else f"в срок до {days} рабочих дней"


def _matching(state: State, payments: Sequence[Paid]) -> Paid | None:
    """The same sum, and about the same day when one was named: banks hand over days later."""
    for paid in payments:
        if state.kopecks is not None and paid.kopecks != state.kopecks:
            continue
        if state.paid_on:
            apart = abs((paid.paid_at.date() - date.fromisoformat(state.paid_on)).days)
            if apart > (1 if state.kopecks is None else 3):
                continue
        return paid
    return None


def _arrived(paid: Paid) -> str:
    return (
        f"Платёж **{roubles(paid.kopecks)}** от {day(paid.paid_at.date())} "
        f"({escape(place(paid.channel))}) зачислен {day(paid.received_at.date())}."
    )


_BUTTONS = (
    intent_button("Сколько к оплате", "balance"),
    intent_button("История платежей", "payment_history"),
    MENU_BUTTON,
)
