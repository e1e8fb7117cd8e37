"""«Как посчитаны пени»: ЖК РФ ст. 155 ч. 14 on the customer's own debt [22]."""

from dataclasses import dataclass

from billing.money import roubles
from billing.payments.penalty import FREE_DAYS, FULL, MILD, MILD_DAYS, LateBill, Penalty, Step
from dialogs.actions import MENU_BUTTON, intent_button
from dialogs.flow import AccountFacts, Done, FlowTurn, Known, Moment
from dialogs.flow import Step as FlowStep
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from dialogs.flows.money_words import day, month_name, named
from dialogs.money import OwnPenalty
from replies import Reply

NAME = "penalty"
VERSION = 1

SHOWN = 6


@dataclass(slots=True)
class State(Identification):
    pass


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    return identification.absorb(state, turn)


def advance(state: State, known: Known, moment: Moment) -> FlowStep:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    own = OwnPenalty(account, moment.now.date())
    for query in (AccountFacts(account), own):
        if query not in known:
            return query
    buttons = (
        intent_button("Оплатить", "pay"),
        intent_button("Рассрочка", "faq/installment"),
        MENU_BUTTON,
        *identification.other_account(NAME, known),
    )
    return Done((Reply(_text(named(known[AccountFacts(account)].account), known[own]), buttons),))


def _text(who: str, penalty: Penalty) -> str:
    if not penalty.bills:
        text = f"{who}: на {day(penalty.on)} просроченного долга нет, пени не растут."
        if penalty.billed:
            text += f" Всего в квитанциях начислено пеней: {roubles(penalty.billed)}."
        return text
    rate = f"{penalty.rate / 100:g}".replace(".", ",")
    parts = [
        f"{who}: пени за просрочку на {day(penalty.on)} по закону — **{roubles(penalty.kopecks)}**."
    ]
    for bill in penalty.bills[:SHOWN]:
        head = (
            f"Счёт за {month_name(bill.month)}, срок оплаты {day(bill.pay_by)}, "
            f"не оплачено {roubles(bill.left)}:"
        )
        lines = "\n".join(f"- {_step(step, rate)}" for step in _worth_saying(bill))
        parts.append(f"{head}\n\n{lines}")
    if len(penalty.bills) > SHOWN:
        parts.append(f"И ещё счетов с просрочкой: {len(penalty.bills) - SHOWN}.")
    parts.append(
        f"Первые {FREE_DAYS} дней просрочки пеней нет, с {FREE_DAYS + 1}-го по {MILD_DAYS}-й день "
        f"берётся 1/{MILD} ставки {rate} % за каждый день, дальше 1/{FULL} "
        "(статья 155, часть 14 Жилищного кодекса)."
    )
    if penalty.billed:
        parts.append(f"В квитанции уже включено: {roubles(penalty.billed)}.")
    return "\n\n".join(parts)


def _worth_saying(bill: LateBill) -> list[Step]:
    return [step for step in bill.steps if step.divisor] or list(bill.steps[-1:])


def _step(step: Step, rate: str) -> str:
    days = f"дни {step.first}–{step.last}" if step.days > 1 else f"день {step.first}"
    if not step.divisor:
        return f"{days} просрочки: пеней ещё нет"
    return (
        f"{days}: {roubles(step.kopecks)} × {rate} % / {step.divisor} × {step.days} "
        f"= {roubles(step.penalty)}"
    )
