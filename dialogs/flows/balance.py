"""«Сколько я должен»: debt or overpayment of an identified customer's account [22]."""

from dataclasses import dataclass

from billing.balance import Balance as Facts
from billing.models import ChargeKind
from billing.money import roubles
from dialogs.actions import intent_button
from dialogs.flow import AccountFacts, Balance, Done, FlowTurn, Known, Moment, Step
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from replies import Button, Reply

NAME = "balance"
VERSION = 1


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
    owed = Balance(account, moment.now.date())
    for query in (AccountFacts(account), owed):
        if query not in known:
            return query
    return Done((_answer(known[AccountFacts(account)].account.masked_number, known[owed]),))


def _answer(number: str, balance: Facts) -> Reply:
    when = f"{balance.as_of:%d.%m.%Y}"
    account = f"Лицевой счёт {number}"
    buttons: tuple[Button, ...]
    if balance.kopecks > 0:
        text = f"{account}: на {when} к оплате **{roubles(balance.kopecks)}**."
        text += _parts(balance)
        buttons = (
            intent_button("Как оплатить", "faq/payment_methods"),
            intent_button("Рассрочка", "faq/installment"),
            intent_button("Передать показания", "submit_reading"),
        )
    elif balance.kopecks < 0:
        overpaid = roubles(-balance.kopecks)
        text = f"{account}: на {when} долга нет, переплата **{overpaid}**."
        buttons = (intent_button("Передать показания", "submit_reading"),)
    else:
        text = f"{account}: на {when} долга нет, всё оплачено."
        buttons = (intent_button("Передать показания", "submit_reading"),)
    if balance.last_payment is not None:
        paid = balance.last_payment
        text += f"\n\nПоследний платёж: {roubles(paid.kopecks)}, {paid.paid_at:%d.%m.%Y}."
    return Reply(text, buttons)


def _parts(balance: Facts) -> str:
    """Of what the debt consists, and by when the last bill is due."""
    lines = ""
    if balance.earlier > 0:
        lines += f"\n\nДолг прошлых месяцев: {roubles(balance.earlier)}."
    if balance.bill is not None and balance.current > 0:
        month = f"{balance.bill.month:%m.%Y}"
        late = balance.as_of > balance.bill.pay_by
        due = "срок оплаты был" if late else "оплатите, пожалуйста, до"
        lines += (
            f"\n\nНачисление за {month}: {roubles(balance.current)}, "
            f"{due} {balance.bill.pay_by:%d.%m.%Y}."
        )
        penalty = [line for line in balance.bill.lines if line.kind is ChargeKind.PENALTY]
        if penalty:
            lines += f" В нём пени: {roubles(sum(line.kopecks for line in penalty))}."
    return lines
