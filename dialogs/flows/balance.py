"""«Сколько я должен»: debt or overpayment of an identified customer's account [22]."""

from dataclasses import dataclass, replace
from datetime import date

from billing.money import roubles
from billing.payments.balance import Balance as Facts
from dialogs.actions import intent_button
from dialogs.flow import (
    AccountFacts,
    Balance,
    Done,
    FlowTurn,
    Known,
    Moment,
    Step,
)
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from dialogs.flows.money_words import day, month_name, named
from dialogs.flows.periods import day_of
from replies import Button, Reply

NAME = "balance"
VERSION = 1


@dataclass(slots=True)
class State(Identification):
    """``on``: the local day asked about (ISO); empty: today."""

    on: str = ""


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    on = day_of(turn.understanding)
    if on is not None:
        state.on = on.isoformat()
    return identification.absorb(state, turn) or on is not None


def advance(state: State, known: Known, moment: Moment) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    today = moment.now.date()
    # What will be owed nobody knows yet.
    owed = Balance(account, min(today, date.fromisoformat(state.on)) if state.on else today)
    for query in (AccountFacts(account), owed):
        if query not in known:
            return query
    reply = _answer(named(known[AccountFacts(account)].account), known[owed])
    other = identification.other_account(NAME, known)
    return Done((replace(reply, buttons=(*reply.buttons, *other)),))


_READING = intent_button("Передать показания", "submit_reading")
_CHARGES = intent_button("За что начислено", "charges")


def _answer(who: str, balance: Facts) -> Reply:
    when = day(balance.as_of)
    buttons: tuple[Button, ...] = (_CHARGES, _READING)
    if balance.kopecks > 0:
        text = f"{who}: на {when} к оплате **{roubles(balance.kopecks)}**."
        text += _parts(balance)
        buttons = (
            intent_button("Оплатить", "pay"),
            _CHARGES,
            intent_button("Рассрочка", "faq/installment"),
            _READING,
        )
        if balance.penalty_kopecks or balance.earlier:
            buttons = (buttons[0], buttons[1], intent_button("Мои пени", "penalty"), *buttons[2:])
    elif balance.kopecks < 0:
        text = f"{who}: на {when} долга нет, переплата **{roubles(-balance.kopecks)}**."
        text += " Она пойдёт в счёт следующих начислений."
    else:
        text = f"{who}: на {when} долга нет, всё оплачено."
    if balance.last_payment is not None:
        paid = balance.last_payment
        text += f"\n\nПоследний платёж: {roubles(paid.kopecks)}, {day(paid.paid_at.date())}."
    return Reply(text, buttons)


def _parts(balance: Facts) -> str:
    """Of what the debt consists, and by when the last bill is due."""
    lines = ""
    if balance.earlier > 0:
        lines += f"\n\nДолг прошлых месяцев: {roubles(balance.earlier)}, срок оплаты прошёл."
    if balance.bill is not None and balance.current > 0:
        late = balance.as_of > balance.bill.pay_by
        due = "срок оплаты был" if late else "оплатите, пожалуйста, до"
        lines += (
            f"\n\nНачисление за {month_name(balance.bill.month)}: {roubles(balance.current)}, "
            f"{due} {day(balance.bill.pay_by)}."
        )
        if balance.penalty_kopecks:
            lines += f" В нём пени: {roubles(balance.penalty_kopecks)}."
    return lines
