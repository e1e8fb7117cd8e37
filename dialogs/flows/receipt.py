"""«Пришлите квитанцию»: the bill as a PDF; a cash receipt comes from where one paid [23]."""

import re
from dataclasses import dataclass
from datetime import date

from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, intent_button
from dialogs.flow import AccountFacts, Done, FlowTurn, Known, Moment, Step
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from dialogs.flows.money_words import month_name, named
from dialogs.flows.periods import period_of
from dialogs.money import PaymentPaper
from replies import Reply

NAME = "receipt"
VERSION = 1

CASH_RECEIPT = (
    "Чек об оплате приходит оттуда, где Вы платили: из банка или с сайта, на почту или в "
    "приложение. Если платили в нашей кассе и чек потерялся, его копию найдёт оператор."
)
_CHEQUE = re.compile(r"\bчек", re.IGNORECASE)


@dataclass(slots=True)
class State(Identification):
    """``month`` is the first day of the asked month (ISO); empty: the last bill."""

    month: str = ""
    cheque: bool = False


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    period = period_of(turn.understanding)
    if period is not None:
        state.month = period.last_month.isoformat()
    if _CHEQUE.search(turn.text) and not state.asked:
        state.cheque = True
    return identification.absorb(state, turn) or period is not None


def advance(state: State, known: Known, moment: Moment) -> Step:
    if state.cheque:
        buttons = (
            OPERATOR_BUTTON, intent_button("История платежей", "payment_history"), MENU_BUTTON
        )  # fmt: skip
        return Done((Reply(CASH_RECEIPT, buttons),))
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    month = date.fromisoformat(state.month) if state.month else None
    paper = PaymentPaper(account, moment.now.date(), month)
    for query in (AccountFacts(account), paper):
        if query not in known:
            return query
    other = identification.other_account(NAME, known)
    who = named(known[AccountFacts(account)].account)
    file = known[paper]
    if file is None:
        when = f" за {month_name(month)}" if month else ""
        text = (
            f"{who}: документа{when} у меня нет. Его копию пришлёт оператор, "
            "или скачайте её в личном кабинете."
        )
        return Done((Reply(text, (OPERATOR_BUTTON, intent_button("Начисления", "charges"),
                                  MENU_BUTTON, *other)),))  # fmt: skip
    pay, charges = intent_button("Оплатить", "pay"), intent_button("Начисления", "charges")
    return Done((Reply(f"{who}: {file.alt}.", (pay, charges, MENU_BUTTON, *other), (file,)),))
